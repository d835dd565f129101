// Publishing: every package, each after those that it needs.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { releaseOrder } from './order.js'

export interface PublishOptions {
  /** Folder of the repository; its packages are built. */
  readonly root: string
  /** Says what would be published, and publishes nothing. */
  readonly dryRun: boolean
  /** Whether npm signs where and from what the packages were built. */
  readonly provenance: boolean
  /** Called with each line that npm prints, and with what is left out. */
  readonly tell: (text: string) => void
  /** Environment of npm: its registry and its token. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv
}

/** Publishes what the registry lacks: a release that was interrupted goes on where it was. @throws {Error} of npm */
export function publish({ root, dryRun, provenance, tell, env = process.env }: PublishOptions): void {
  const npm = (...args: string[]) => execFileSync('npm', args, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' })
  for (const folder of releaseOrder(root)) {
    const manifest = readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')
    const { name, version } = JSON.parse(manifest) as { name: string; version: string }
    if (isPublished(npm, `${name}@${version}`)) tell(`${name}@${version} is published already`)
    else {
      const flags = [...(dryRun ? ['--dry-run'] : []), ...(provenance ? ['--provenance'] : [])]
      tell(npm('publish', '--workspace', `packages/${folder}`, ...flags).trimEnd())
    }
  }
}

/** @throws {Error} the registry does not answer */
function isPublished(npm: (...args: string[]) => string, spec: string): boolean {
  try {
    return npm('view', spec, 'version', '--json').trim() !== ''
  } catch (error) {
    if ((error as { stdout?: string }).stdout?.includes('E404')) return false
    throw error
  }
}

/** Whether npm can say who built the packages: it asks the identity of the workflow that runs it. */
export const canProve = (env: NodeJS.ProcessEnv): boolean =>
  env['ACTIONS_ID_TOKEN_REQUEST_URL'] !== undefined || env['SIGSTORE_ID_TOKEN'] !== undefined
