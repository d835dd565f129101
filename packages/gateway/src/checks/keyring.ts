import { existsSync, statSync } from 'node:fs'
import { settingOfPostgres } from '../adapters/store-postgres/index.js'
import { settingOfStore } from '../adapters/store-sqlite/offline.js'
import { keyringTrouble, PSEUDONYM_SECRET } from '../auth/secrets/keyring.js'
import { keyringFileOf, storeFileOf } from '../config/data-files.js'
import { keyringSource } from '../config/keyring-source.js'
import type { Config } from '../config/schema.js'
import type { Ciphertext } from '../ports/store/secrets.js'
import { type Finding, ok, problem, warning } from './finding.js'

const CHECK = 'keyring'
const OTHERS = 0o077

/** Whether secrets at rest can be decrypted. @throws {Error} the keyring is invalid, or cannot be read */
export async function checkKeyring(config: Pick<Config, 'dataDir' | 'keyring' | 'store'>): Promise<Finding> {
  const keyring = await keyringSource(config).load()
  const file = config.keyring.keys === undefined ? keyringFileOf(config) : undefined
  const trouble = keyringTrouble(keyring, await sealedSecret(config))
  if (trouble !== undefined) {
    return problem(
      CHECK,
      `${file ?? 'keyring.keys'}: ${trouble}`,
      'restore its copy: without it no sink credential can be decrypted',
    )
  }
  if (file === undefined) return ok(CHECK, 'set by the configuration')
  if (keyring === undefined) return ok(CHECK, 'there is none yet: `serve` creates one')
  if ((statSync(file).mode & OTHERS) !== 0) {
    return warning(CHECK, `${file} can be read by other users`, `chmod 600 ${file}, then \`rightofway keyring rotate\``)
  }
  return ok(CHECK, file)
}

/** The secrets that the keys must decrypt. None of a store that cannot be read: another check reports that. */
async function sealedSecret(config: Pick<Config, 'dataDir' | 'store'>): Promise<Ciphertext | undefined> {
  const file = storeFileOf(config)
  const { url } = config.store
  try {
    if (url !== undefined) return (await settingOfPostgres(url, PSEUDONYM_SECRET)) as Ciphertext | undefined
    return existsSync(file) ? (settingOfStore(file, PSEUDONYM_SECRET) as Ciphertext | undefined) : undefined
  } catch {
    return undefined
  }
}
