import { open, readFile, rename } from 'node:fs/promises'
import { Keyring, type KeyringSource } from '../auth/keyring.js'

/** A keyring that the environment gives. */
export const givenKeyring = (text: string): KeyringSource => ({ load: async () => Keyring.parse(text) })

/** A keyring in a file that only its owner can read. */
export const fileKeyring = (file: string): KeyringSource => ({
  async load() {
    try {
      return Keyring.parse(await readFile(file, 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw new Error(`the keyring ${file} cannot be used: ${(error as Error).message}`, { cause: error })
    }
  },
  async save(keyring) {
    // Whole and on the disk, or not at all: without it every secret at rest is lost.
    const fresh = `${file}.new`
    const handle = await open(fresh, 'w', 0o600)
    try {
      await handle.writeFile(keyring.toText())
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(fresh, file)
  },
})
