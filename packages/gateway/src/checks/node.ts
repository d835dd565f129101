import { type Finding, ok, problem, warning } from './finding.js'

const OLDEST = [20, 19] as const
const MAINTAINED = 22

/** @param version as in `process.versions.node` */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return problem('Node', `${version} is too old: at least ${OLDEST.join('.')} is required`, 'install Node 22 or 24')
  }
  if (major < MAINTAINED) {
    return warning('Node', `${version} works, but no longer gets security fixes`, 'install Node 22 or 24')
  }
  return ok('Node', version)
}
