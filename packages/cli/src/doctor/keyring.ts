import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, Keyring } from '@rightofway/gateway'
import { type Finding, ok, problem, warning } from './finding.js'

const CHECK = 'keyring'
const OTHERS = 0o077

/** Whether secrets at rest can be read. */
export function checkKeyring({ dataDir, keyring, store }: Pick<Config, 'dataDir' | 'keyring' | 'store'>): Finding {
  if (keyring.keys !== undefined) return parsed(keyring.keys, 'given by the configuration')
  const file = keyring.file ?? join(dataDir, 'keyring')
  if (!existsSync(file)) {
    return existsSync(join(dataDir, 'store.db')) || store.url !== undefined
      ? problem(
          CHECK,
          `${file} is gone, and the store needs it`,
          'put back the copy of it: without it no sink credential can be read',
        )
      : ok(CHECK, 'there is none yet: `serve` makes one')
  }
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return problem(CHECK, `${file} cannot be read: ${(error as Error).message}`, `chown it to the user of the gateway`)
  }
  if ((statSync(file).mode & OTHERS) !== 0) {
    return warning(CHECK, `${file} can be read by other users`, `chmod 600 ${file}, then \`rightofway keyring rotate\``)
  }
  return parsed(text, file)
}

function parsed(text: string, where: string): Finding {
  try {
    Keyring.parse(text)
    return ok(CHECK, where)
  } catch (error) {
    return problem(CHECK, `${where}: ${(error as Error).message}`, 'put back the copy of it')
  }
}
