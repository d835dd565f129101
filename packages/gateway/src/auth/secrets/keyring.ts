// Secrets at rest: sink credentials, and the secret that pseudonyms are made with. AES-256-GCM; every ciphertext names
// its key, so that keys can be rotated while old ciphertext is still about.

import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import type { Ciphertext } from '../../ports/store/secrets.js'
import type { Store } from '../../ports/store/store.js'

const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/
const IV_BYTES = 12
const TAG_BYTES = 16

interface Key {
  readonly id: string
  readonly secret: Buffer
}

/** Why a secret cannot be read or written. The gateway continues without: sessions do not depend on it. */
export class KeyMissing extends Error {
  override readonly name = 'KeyMissing'
}

/** The keys are kept outside of the gateway, and so it cannot change them. */
export class KeysGiven extends Error {
  override readonly name = 'KeysGiven'
}

/** One or more keys; the first one encrypts, all of them decrypt. */
export class Keyring {
  readonly #keys: readonly [Key, ...Key[]]

  private constructor(keys: readonly [Key, ...Key[]]) {
    this.#keys = keys
  }

  /**
   * Reads what {@link toText} writes: one key a line or between commas, 32 bytes in base64, the current one first.
   * @throws {Error} not a single key, or one that is not 32 bytes in base64
   */
  static parse(text: string): Keyring {
    const keys = text
      .split(/[\s,]+/)
      .filter((line) => line !== '')
      .map((line, index) => {
        // Node skips characters that are not base64: a mistyped key would be another key.
        const secret = Buffer.from(BASE64.test(line) ? line : '', 'base64')
        if (secret.length !== KEY_BYTES) {
          throw new Error(`key ${index + 1} of the keyring is not ${KEY_BYTES} bytes in base64`)
        }
        return toKey(secret)
      })
    const [first, ...rest] = keys
    if (first === undefined) throw new Error('the keyring has no key')
    return new Keyring([first, ...rest])
  }

  static generate(): Keyring {
    return new Keyring([toKey(randomBytes(KEY_BYTES))])
  }

  /** The same keys behind a new one. */
  withNewKey(): Keyring {
    return new Keyring([toKey(randomBytes(KEY_BYTES)), ...this.#keys])
  }

  /** The current key, and the one before it. */
  withoutOldKeys(): Keyring {
    const [current, ...older] = this.#keys
    return new Keyring([current, ...older.slice(0, 1)])
  }

  toText(): string {
    return `${this.#keys.map(({ secret }) => secret.toString('base64')).join('\n')}\n`
  }

  /** Name of the current key: ciphertext that begins with it needs no other. */
  get currentId(): string {
    return this.#keys[0].id
  }

  encrypt(plain: string): Ciphertext {
    const { id, secret } = this.#keys[0]
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(ALGORITHM, secret, iv)
    const data = Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `${id}.${data.toString('base64url')}` as Ciphertext
  }

  /** @throws {KeyMissing} the key it names is not on the ring, or is not the key that made it */
  decrypt(ciphertext: Ciphertext): string {
    const dot = ciphertext.indexOf('.')
    const id = ciphertext.slice(0, dot)
    const key = this.#keys.find((candidate) => candidate.id === id)
    if (key === undefined) throw new KeyMissing(`key ${id} is not in the keyring`)
    const data = Buffer.from(ciphertext.slice(dot + 1), 'base64url')
    try {
      const decipher = createDecipheriv(ALGORITHM, key.secret, data.subarray(0, IV_BYTES))
      decipher.setAuthTag(data.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(data.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
    } catch (error) {
      throw new KeyMissing(`key ${id} does not decrypt a secret that names it`, { cause: error })
    }
  }
}

/** A key is named by its hash: the same key has the same name on every gateway. */
const toKey = (secret: Buffer): Key => ({
  id: createHash('sha256').update(secret).digest('hex').slice(0, 8),
  secret,
})

/** Where the keys are kept. */
export interface KeyringSource {
  /** The keys; undefined if there are none. */
  load(): Promise<Keyring | undefined>
  /** Replaces them, durably. Absent where the keys are given from outside. */
  save?(keyring: Keyring): Promise<void>
}

/** Setting of the store with the secret that pseudonyms are made with. Every store has one since its first start. */
export const PSEUDONYM_SECRET = 'pseudonym-secret'

/** Why the secrets of a store cannot be read with these keys, for people; undefined where they can. */
export function keyringTrouble(keyring: Keyring | undefined, sealed: Ciphertext | undefined): string | undefined {
  if (sealed === undefined) return undefined
  if (keyring === undefined) return 'there is no keyring, but the store has secrets that need one'
  try {
    keyring.decrypt(sealed)
    return undefined
  } catch (error) {
    if (!(error instanceof KeyMissing)) throw error
    return `the secrets in the store cannot be decrypted: ${error.message}`
  }
}

/** Encrypts, decrypts and hashes secrets. Every method throws {@link KeyMissing} while the key is missing. */
export class Secrets {
  readonly #store: Store
  readonly #source: KeyringSource
  #keyring: Keyring | undefined
  #pseudonymSecret: Buffer | undefined
  #problem: string | undefined
  #rotating: Promise<unknown> = Promise.resolve()

  private constructor(store: Store, source: KeyringSource) {
    this.#store = store
    this.#source = source
  }

  /**
   * Loads the keys. Only a store that has never seen a key gets a new one: a key made over existing ciphertext would
   * hide that the old one is lost.
   */
  static async open(store: Store, source: KeyringSource): Promise<Secrets> {
    const secrets = new Secrets(store, source)
    let sealed = (await store.settings.get(PSEUDONYM_SECRET)) as Ciphertext | undefined
    let keyring = await source.load()
    if (keyring === undefined && sealed === undefined && source.save !== undefined) {
      keyring = Keyring.generate()
      await source.save(keyring)
    }
    secrets.#keyring = keyring
    if (keyring !== undefined && sealed === undefined) {
      const fresh = keyring.encrypt(randomBytes(KEY_BYTES).toString('base64'))
      // Another gateway on the same store may be starting too, and be first.
      if (await store.settings.add(PSEUDONYM_SECRET, fresh)) sealed = fresh
      else sealed = (await store.settings.get(PSEUDONYM_SECRET)) as Ciphertext
    }
    secrets.#problem = keyringTrouble(keyring, sealed)
    if (keyring !== undefined && sealed !== undefined && secrets.#problem === undefined) {
      secrets.#pseudonymSecret = Buffer.from(keyring.decrypt(sealed), 'base64')
    }
    return secrets
  }

  /** What is wrong with the keys, for people; undefined while all is well. */
  get problem(): string | undefined {
    return this.#problem
  }

  encrypt(plain: string): Ciphertext {
    return this.#ready().encrypt(plain)
  }

  decrypt(ciphertext: Ciphertext): string {
    if (this.#keyring === undefined) throw new KeyMissing(this.#problem)
    return this.#keyring.decrypt(ciphertext)
  }

  /** A name for `text` that only holders of the key can make: equal texts have equal names. */
  pseudonym(...text: string[]): string {
    this.#ready()
    const hmac = createHmac('sha256', this.#pseudonymSecret as Buffer)
    for (const part of text) hmac.update(`${part.length}:${part}`)
    return hmac.digest('base64url')
  }

  /**
   * Puts a new key first, encrypts everything anew, then drops all keys but the one before: requests that began under it
   * may still be on their way to the store, and what they bring is encrypted anew the next time. A crash in between
   * leaves more keys on the ring, and nothing that cannot be read. Rotations follow one another.
   * @returns how many secrets were encrypted anew
   * @throws {KeyMissing} there is no key to rotate
   * @throws {KeysGiven} the keys are not ours to change
   */
  rotate(): Promise<number> {
    const rotation = this.#rotating.then(() => this.#rotate())
    this.#rotating = rotation.catch(() => undefined)
    return rotation
  }

  async #rotate(): Promise<number> {
    const before = this.#ready()
    const save = this.#source.save?.bind(this.#source)
    if (save === undefined) {
      throw new KeysGiven('the keyring is set by keyring.keys: put the new key first in it and restart every gateway')
    }
    const all = before.withNewKey()
    await save(all)
    this.#keyring = all
    const rewritten = await this.#store.rewriteSecrets(`${all.currentId}.`, (old) => all.encrypt(all.decrypt(old)))
    const after = all.withoutOldKeys()
    await save(after)
    this.#keyring = after
    return rewritten
  }

  #ready(): Keyring {
    if (this.#keyring === undefined || this.#pseudonymSecret === undefined) throw new KeyMissing(this.#problem)
    return this.#keyring
  }
}
