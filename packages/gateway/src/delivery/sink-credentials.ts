// The headers that authenticate an attempt to the sink: the credential of the session's sink, and the signature
// that its application has asked for.

import type { ApplicationId } from '@rightofway/camara'
import { KeyMissing, type Secrets } from '../auth/secrets/keyring.js'
import { signatureHeaders } from '../auth/secrets/webhook-signature.js'
import { StoreUnavailable } from '../domain/store-unavailable.js'
import type { Delivery } from '../ports/store/events.js'
import type { StoredCredential } from '../ports/store/sessions.js'
import type { SinkCredentialStore } from '../ports/store/sink-credentials.js'
import { eventId } from '../usecases/events/cloud-event.js'
import type { SinkTokenSource } from './sink-token-source.js'

export type SinkCredentialHeaders =
  | { readonly headers: Readonly<Record<string, string>> }
  /** Not available now; a later attempt may get it. */
  | { readonly failure: string }
  /** Never available: nothing is sent. */
  | { readonly hopeless: string }

export interface SinkCredentialsDeps {
  readonly sinkCredentials: SinkCredentialStore
  readonly secrets: Secrets
  readonly tokens: SinkTokenSource
  readonly realNow: () => number
}

const NONE: SinkCredentialHeaders = { headers: {} }

export class SinkCredentials {
  readonly #deps: SinkCredentialsDeps
  /** Opened, by application: most have none, and are asked for with every attempt. */
  readonly #signingSecrets = new Map<ApplicationId, Promise<readonly string[]>>()
  readonly #unwatch: () => void

  constructor(deps: SinkCredentialsDeps) {
    this.#deps = deps
    this.#unwatch = deps.sinkCredentials.watch(() => this.#signingSecrets.clear())
  }

  close(): void {
    this.#unwatch()
  }

  /** The headers that an attempt to deliver `body` needs. */
  async of({ event, sink: { credential } }: Delivery, body: string): Promise<SinkCredentialHeaders> {
    try {
      const sent = credential === undefined ? NONE : await this.#credential(event.owner, credential)
      const secrets = await this.#secretsOf(event.owner)
      if (!('headers' in sent) || secrets.length === 0) return sent
      const signed = { id: eventId(event), now: this.#deps.realNow(), body }
      return { headers: { ...sent.headers, ...signatureHeaders(signed, secrets) } }
    } catch (error) {
      if (error instanceof StoreUnavailable) return { failure: 'the store could not be asked for the credential' }
      if (!(error instanceof KeyMissing)) throw error
      return { hopeless: `a secret cannot be decrypted: ${error.message}` }
    }
  }

  /** The sink has answered 401 to what it was sent with these headers. */
  async refused({ event, sink: { credential } }: Delivery, headers: Readonly<Record<string, string>>): Promise<void> {
    if (credential?.type !== 'PRIVATE_KEY_JWT') return
    const { sinkCredentials, tokens } = this.#deps
    const client = await sinkCredentials.tokenClient(event.owner)
    const token = headers['authorization']?.replace('Bearer ', '')
    if (client !== undefined && token !== undefined) tokens.refused(event.owner, client, token)
  }

  async #credential(owner: ApplicationId, credential: StoredCredential): Promise<SinkCredentialHeaders> {
    const { sinkCredentials, secrets, tokens, realNow } = this.#deps
    if (credential.type === 'ACCESSTOKEN') {
      const { token, expiresAt } = credential
      if (expiresAt <= realNow()) return { hopeless: 'the access token of the sink has expired' }
      if (token === undefined) return { hopeless: 'the access token was erased after the last event of the session' }
      return bearer(secrets.decrypt(token))
    }
    const client = await sinkCredentials.tokenClient(owner)
    if (client === undefined) return { hopeless: 'PRIVATE_KEY_JWT is no longer configured for the application' }
    const answer = await tokens.get(owner, client)
    return 'token' in answer ? bearer(answer.token) : answer
  }

  #secretsOf(owner: ApplicationId): Promise<readonly string[]> {
    const known = this.#signingSecrets.get(owner)
    if (known !== undefined) return known
    const { sinkCredentials, secrets } = this.#deps
    const opened = sinkCredentials
      .signingSecrets(owner)
      .then((sealed) => sealed.map(({ secret }) => secrets.decrypt(secret)))
    this.#signingSecrets.set(owner, opened)
    // A failed read is not cached.
    opened.catch(() => this.#signingSecrets.delete(owner))
    return opened
  }
}

const bearer = (token: string): SinkCredentialHeaders => ({ headers: { authorization: `Bearer ${token}` } })
