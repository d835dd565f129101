// How events authenticate to their sinks: token clients and signing secrets.

import type { ApplicationId, Instant } from '@rightofway/camara'
import type { Ciphertext } from './secrets.js'

/** What was agreed on with an application for credentials of type PRIVATE_KEY_JWT. */
export interface TokenClient {
  /** Our name at its authorization server. */
  readonly clientId: string
  readonly tokenUri: string
  /** `aud` of our assertions. Default: `tokenUri`. */
  readonly audience?: string
  /** `scope` to ask for. Default: none. */
  readonly scope?: string
}

/** A secret that events of an application are signed with. */
export interface SigningSecret {
  readonly id: string
  readonly application: ApplicationId
  readonly secret: Ciphertext
  readonly createdAt: Instant
}

/** Every event is signed with each of them. A rotation takes two. */
export const MAX_SIGNING_SECRETS = 10

/** How events authenticate to their sinks, by application. */
export interface SinkCredentialStore {
  tokenClient(application: ApplicationId): Promise<TokenClient | undefined>
  /** Replaces the token client; undefined: removes it. */
  setTokenClient(application: ApplicationId, client: TokenClient | undefined): Promise<void>
  /** Oldest first, {@link MAX_SIGNING_SECRETS} at most. */
  signingSecrets(application: ApplicationId): Promise<readonly SigningSecret[]>
  /** @returns false if the application has {@link MAX_SIGNING_SECRETS} of them already; then nothing is added */
  addSigningSecret(secret: SigningSecret): Promise<boolean>
  /** @returns false if the application has no such secret */
  deleteSigningSecret(application: ApplicationId, id: string): Promise<boolean>
  /** Calls `listener` whenever something was changed. Returns the function that stops it. */
  watch(listener: () => void): () => void
}
