// What an attempt carries to prove where it comes from: the credential that the sink was given with.

import { KeyMissing, type Secrets } from '../auth/keyring.js'
import type { Delivery, StoredCredential } from '../ports/store.js'

export type Proof =
  | { readonly headers: Readonly<Record<string, string>> }
  /** Not to be had now; it may be later. */
  | { readonly failure: string }
  /** Not to be had at all: there is no use in sending. */
  | { readonly hopeless: string }

export interface ProofsDeps {
  readonly secrets: Secrets
  readonly realNow: () => number
}

export class Proofs {
  readonly #deps: ProofsDeps

  constructor(deps: ProofsDeps) {
    this.#deps = deps
  }

  /** The headers that an attempt to deliver `body` needs. */
  async of({ sink: { credential } }: Delivery, _body: string): Promise<Proof> {
    try {
      return credential === undefined ? { headers: {} } : this.#credential(credential)
    } catch (error) {
      if (!(error instanceof KeyMissing)) throw error
      return { hopeless: `a secret cannot be read: ${error.message}` }
    }
  }

  #credential(credential: StoredCredential): Proof {
    if (credential.type === 'PRIVATE_KEY_JWT') {
      return { hopeless: 'credentials of type PRIVATE_KEY_JWT are not supported' }
    }
    const { token, expiresAt } = credential
    if (expiresAt <= this.#deps.realNow()) return { hopeless: 'the access token of the sink has expired' }
    if (token === undefined) return { hopeless: 'the access token was erased after the last event of the session' }
    return { headers: { authorization: `Bearer ${this.#deps.secrets.decrypt(token)}` } }
  }
}
