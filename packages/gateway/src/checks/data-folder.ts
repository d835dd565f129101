import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Finding, ok, warning } from './finding.js'

const CHECK = 'data folder'
const LOW_BYTES = 512 * 1024 * 1024
const OTHERS = 0o077

/**
 * Whether a gateway can keep its data there, and no other user can read it.
 * @throws {Error} it cannot
 */
export function checkDataFolder(dataDir: string): Finding[] {
  const folder = resolve(dataDir)
  if (!existsSync(folder)) {
    let parent = dirname(folder)
    while (!existsSync(parent)) parent = dirname(parent)
    if (isWritable(parent)) return [ok(CHECK, `${folder} does not exist yet: \`serve\` creates it`)]
    throw new Error(
      `dataDir ${folder} cannot be created: ${parent} is not writable. Create it, and chown it to the user of ` +
        'the gateway.',
    )
  }
  const stats = statSync(folder)
  if (!stats.isDirectory()) throw new Error(`dataDir ${folder} is a file: it must be a folder.`)
  if (!isWritable(folder)) {
    throw new Error(`dataDir ${folder} is not writable: chown it to the user of the gateway.`)
  }
  const findings: Finding[] = []
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < LOW_BYTES) {
    const says = `${folder} has ${Math.floor((bavail * bsize) / 1e6)} MB left`
    findings.push(warning(CHECK, says, 'free some space: without it no session is granted'))
  }
  if ((stats.mode & OTHERS) !== 0) {
    findings.push(warning(CHECK, `${folder} can be opened by other users`, `chmod 700 ${folder}`))
  }
  return findings.length === 0 ? [ok(CHECK, folder)] : findings
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
