// Keys that the gateway signs with: kept in a setting, encrypted, and rotated so that whoever keeps a key set for a while
// never meets a signature whose key it does not know. Their public halves are published.

import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Ciphertext } from '../../ports/store/secrets.js'
import type { SettingStore } from '../../ports/store/settings.js'
import type { Secrets } from './keyring.js'

export const SIGNING_ALGORITHM = 'ES256'
/** A new key is published that long before it signs: servers keep a key set for a while. Milliseconds. */
const PUBLISHED_BEFORE_MS = 3_600_000
/** An old key is published that long after the last thing it signed, for clocks that differ. Milliseconds. */
const PUBLISHED_AFTER_MS = 3_600_000

interface StoredKey {
  readonly kid: string
  /** Private. */
  readonly jwk: JWK
  readonly createdAt: number
  /** Real time, in milliseconds since the epoch. */
  readonly signsFrom: number
}

export interface SigningKey {
  readonly kid: string
  readonly createdAt: number
  readonly signsFrom: number
  /** `next`: published, and not used yet. `retired`: published, and not used any more. */
  readonly state: 'next' | 'current' | 'retired'
}

export interface SigningKeysDeps {
  readonly settings: SettingStore
  readonly secrets: Secrets
  /** Milliseconds since the epoch that no sandbox moves. */
  readonly realNow: () => number
}

export interface SigningKeysOptions {
  /** Name of the setting that holds them: one of those that stores count among the secrets. */
  readonly setting: string
  /** Maximum validity of what they sign, in seconds. */
  readonly lifetimeS: number
}

/** All of it throws `KeyMissing` while the keyring is not there. */
export class SigningKeys {
  protected readonly deps: SigningKeysDeps
  readonly #options: SigningKeysOptions
  #ensuring: Promise<void> | undefined

  constructor(deps: SigningKeysDeps, options: SigningKeysOptions) {
    this.deps = deps
    this.#options = options
  }

  /** Makes the first key, if there is none: one, however many want it at the same time. */
  ensure(): Promise<void> {
    this.#ensuring ??= this.#makeFirst().finally(() => {
      this.#ensuring = undefined
    })
    return this.#ensuring
  }

  /**
   * Makes a new key. It is published now, and signs an hour from now on; the old one is published for another hour.
   * @param immediately the new key signs now, and the old one is gone: for a key that somebody else knows
   */
  async rotate(immediately: boolean): Promise<void> {
    const now = this.deps.realNow()
    const fresh = await this.#newKey(immediately ? now : now + PUBLISHED_BEFORE_MS)
    await this.#save(immediately ? [fresh] : [...(await this.#load()), fresh])
  }

  /** Those that are published, oldest first. */
  async list(): Promise<readonly SigningKey[]> {
    const keys = await this.#load()
    const current = this.#current(keys)
    return keys.map((key) => {
      const { kid, createdAt, signsFrom } = key
      const state = key === current ? 'current' : signsFrom > this.deps.realNow() ? 'next' : 'retired'
      return { kid, createdAt, signsFrom, state }
    })
  }

  /** The public halves (RFC 7517 section 5). */
  async publicKeys(): Promise<{ keys: JWK[] }> {
    const keys = await this.#load()
    return {
      keys: keys.map(({ kid, jwk: { kty = 'EC', crv = '', x = '', y = '' } }) => ({
        kid,
        kty,
        crv,
        x,
        y,
        alg: SIGNING_ALGORITHM,
        use: 'sig',
      })),
    }
  }

  /** The key to sign with now; made, if there is none. */
  protected async signing(): Promise<{ kid: string; jwk: JWK }> {
    await this.ensure()
    const key = this.#current(await this.#load())
    if (key === undefined) throw new Error('there is no signing key yet')
    return key
  }

  /** All that are published, with their private halves, the one to sign with first; made, if there is none. */
  async privateKeys(): Promise<readonly [JWK, ...JWK[]]> {
    const current = await this.signing()
    const others = (await this.#load()).filter(({ kid }) => kid !== current.kid)
    const [first, ...rest] = [current, ...others].map(({ kid, jwk }) => ({
      ...jwk,
      kid,
      alg: SIGNING_ALGORITHM,
      use: 'sig',
    }))
    return [first as JWK, ...rest]
  }

  /** The newest that signs by now. */
  #current(keys: readonly StoredKey[]): StoredKey | undefined {
    return keys.findLast(({ signsFrom }) => signsFrom <= this.deps.realNow())
  }

  async #makeFirst(): Promise<void> {
    if ((await this.#load()).length > 0) return
    const { settings, secrets, realNow } = this.deps
    const first = secrets.encrypt(JSON.stringify([await this.#newKey(realNow())]))
    // Another gateway on the same store may be first: then its key is ours.
    await settings.add(this.#options.setting, first)
  }

  async #newKey(signsFrom: number): Promise<StoredKey> {
    const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true })
    const jwk = await exportJWK(privateKey)
    return { kid: await calculateJwkThumbprint(jwk), jwk, createdAt: this.deps.realNow(), signsFrom }
  }

  /** Without those that have been replaced for long enough. */
  async #load(): Promise<readonly StoredKey[]> {
    const { settings, secrets, realNow } = this.deps
    const sealed = await settings.get(this.#options.setting)
    const keys = sealed === undefined ? [] : (JSON.parse(secrets.decrypt(sealed as Ciphertext)) as StoredKey[])
    const gone = this.#options.lifetimeS * 1000 + PUBLISHED_AFTER_MS
    return keys.filter((_, index) => {
      const successor = keys[index + 1]
      return successor === undefined || successor.signsFrom + gone > realNow()
    })
  }

  async #save(keys: readonly StoredKey[]): Promise<void> {
    const { settings, secrets } = this.deps
    await settings.set(this.#options.setting, secrets.encrypt(JSON.stringify(keys)))
  }
}
