// The keys that the gateway signs client assertions with (RFC 7523), towards the authorization servers of sinks. They
// are kept in the settings, encrypted; their public halves are published, so that a server can tell that it is us.

import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import type { Secrets } from '../auth/keyring.js'
import type { Ciphertext, SettingStore } from '../ports/store.js'

const SETTING = 'assertion-keys'
const ALGORITHM = 'ES256'
/** A new key is published that long before it signs: servers keep a key set for a while. Milliseconds. */
const PUBLISHED_BEFORE_MS = 3_600_000
/** An assertion is good for that long, in seconds. */
const ASSERTION_LIFETIME_S = 60
/** An old key is published that long after its last assertion, for clocks that differ. Milliseconds. */
const PUBLISHED_AFTER_MS = 3_600_000

interface StoredKey {
  readonly kid: string
  /** Private. */
  readonly jwk: JWK
  readonly createdAt: number
  /** Real time, in milliseconds since the epoch. */
  readonly signsFrom: number
}

export interface AssertionKey {
  readonly kid: string
  readonly createdAt: number
  readonly signsFrom: number
  /** `next`: published, and not used yet. `retired`: published, and not used any more. */
  readonly state: 'next' | 'current' | 'retired'
}

export interface Assertion {
  readonly clientId: string
  readonly audience: string
}

export interface AssertionKeysDeps {
  readonly settings: SettingStore
  readonly secrets: Secrets
  /** Milliseconds since the epoch that no sandbox moves. */
  readonly realNow: () => number
}

/** All of it throws `KeyMissing` while the keyring is not there. */
export class AssertionKeys {
  readonly #deps: AssertionKeysDeps

  constructor(deps: AssertionKeysDeps) {
    this.#deps = deps
  }

  /** Makes the first key, if there is none. */
  async ensure(): Promise<void> {
    if ((await this.#load()).length === 0) await this.#save([await this.#newKey(this.#deps.realNow())])
  }

  /**
   * Makes a new key. It is published now, and signs an hour from now on; the old one is published for another hour.
   * @param immediately the new key signs now, and the old one is gone: for a key that somebody else knows
   */
  async rotate(immediately: boolean): Promise<void> {
    const now = this.#deps.realNow()
    const fresh = await this.#newKey(immediately ? now : now + PUBLISHED_BEFORE_MS)
    await this.#save(immediately ? [fresh] : [...(await this.#load()), fresh])
  }

  /** Those that are published, oldest first. */
  async list(): Promise<readonly AssertionKey[]> {
    const keys = await this.#load()
    const current = this.#current(keys)
    return keys.map((key) => {
      const { kid, createdAt, signsFrom } = key
      const state = key === current ? 'current' : signsFrom > this.#deps.realNow() ? 'next' : 'retired'
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
        alg: ALGORITHM,
        use: 'sig',
      })),
    }
  }

  /** A client assertion (RFC 7523 section 3), to be used once. */
  async assert({ clientId, audience }: Assertion): Promise<string> {
    await this.ensure()
    const key = this.#current(await this.#load())
    if (key === undefined) throw new Error('no assertion key signs yet')
    const nowS = Math.floor(this.#deps.realNow() / 1000)
    return new SignJWT({})
      .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: 'JWT' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setJti(crypto.randomUUID())
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + ASSERTION_LIFETIME_S)
      .sign(await importJWK(key.jwk, ALGORITHM))
  }

  /** The newest that signs by now. */
  #current(keys: readonly StoredKey[]): StoredKey | undefined {
    return keys.findLast(({ signsFrom }) => signsFrom <= this.#deps.realNow())
  }

  async #newKey(signsFrom: number): Promise<StoredKey> {
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
    const jwk = await exportJWK(privateKey)
    return { kid: await calculateJwkThumbprint(jwk), jwk, createdAt: this.#deps.realNow(), signsFrom }
  }

  /** Without those that have been replaced for long enough. */
  async #load(): Promise<readonly StoredKey[]> {
    const { settings, secrets, realNow } = this.#deps
    const sealed = await settings.get(SETTING)
    const keys = sealed === undefined ? [] : (JSON.parse(secrets.decrypt(sealed as Ciphertext)) as StoredKey[])
    const gone = ASSERTION_LIFETIME_S * 1000 + PUBLISHED_AFTER_MS
    return keys.filter((_, index) => {
      const successor = keys[index + 1]
      return successor === undefined || successor.signsFrom + gone > realNow()
    })
  }

  async #save(keys: readonly StoredKey[]): Promise<void> {
    const { settings, secrets } = this.#deps
    await settings.set(SETTING, secrets.encrypt(JSON.stringify(keys)))
  }
}
