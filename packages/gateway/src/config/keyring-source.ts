import { readFileSync } from 'node:fs'
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Keyring, type KeyringSource } from '../auth/secrets/keyring.js'
import { keyringFileOf } from './data-files.js'
import type { Config } from './schema.js'

/** Where the keys of a gateway are kept. */
export function keyringSource(config: Pick<Config, 'dataDir' | 'keyring' | 'store'>): KeyringSource {
  if (config.keyring.keys !== undefined) return givenKeyring(config.keyring.keys)
  const file = keyringFileOf(config)
  return config.store.url === undefined ? fileKeyring(file) : sharedKeyring(file)
}

/** A keyring from the environment. */
export const givenKeyring = (text: string): KeyringSource => ({
  async load() {
    try {
      return Keyring.parse(text)
    } catch (error) {
      throw new Error(`keyring.keys cannot be used: ${(error as Error).message}`, { cause: error })
    }
  },
})

/**
 * The keyring in a file; undefined if there is none.
 * @throws {Error} it cannot be read, or is none
 */
export function readKeyring(file: string): Keyring | undefined {
  try {
    return Keyring.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    const { code, message } = error as NodeJS.ErrnoException
    const advice = code === 'EACCES' ? '. It must be readable for the user of the gateway, and for no other user.' : ''
    throw new Error(`the keyring ${file} cannot be used: ${message}${advice}`, { cause: error })
  }
}

/** A keyring in a file that only its owner can read. */
export const fileKeyring = (file: string): KeyringSource => ({
  load: async () => readKeyring(file),
  async save(keyring) {
    // Atomically and synced to disk: without it every secret at rest is lost.
    const fresh = `${file}.new`
    await withHandle(fresh, 'w', async (handle) => {
      // A file that a crash left behind may have other permissions.
      await handle.chmod(0o600)
      await handle.writeFile(keyring.toText())
      await handle.sync()
    })
    await rename(fresh, file)
    await withHandle(dirname(file), 'r', (folder) => folder.sync())
  },
})

/**
 * The keyring in a file that all gateways of a store share.
 * @throws {Error} there is none; otherwise as {@link readKeyring}
 */
export function readSharedKeyring(file: string): Keyring {
  const keyring = readKeyring(file)
  if (keyring !== undefined) return keyring
  throw new Error(
    `there is no keyring at ${file}: gateways that share a store need the same keyring; put it there; ` +
      '`rightofway keyring create` makes the first one',
  )
}

/** No gateway creates or changes it. */
const sharedKeyring = (file: string): KeyringSource => ({ load: async () => readSharedKeyring(file) })

/**
 * Writes a new keyring that only its owner can read.
 * @throws {Error} the file exists, or cannot be written
 */
export async function createKeyring(file: string): Promise<void> {
  const fresh = `${file}.new`
  try {
    await fileKeyring(fresh).save?.(Keyring.generate())
    // Unlike a rename, it never replaces a keyring: without the old one every secret at rest would be lost.
    await link(fresh, file)
    await withHandle(dirname(file), 'r', (folder) => folder.sync())
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'EEXIST' ? 'it exists already, and is not replaced' : message
    throw new Error(`the keyring ${file} cannot be created: ${reason}`, { cause: error })
  } finally {
    await rm(fresh, { force: true })
  }
}

async function withHandle(path: string, flags: string, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, flags, 0o600)
  try {
    await use(handle)
  } finally {
    await handle.close()
  }
}
