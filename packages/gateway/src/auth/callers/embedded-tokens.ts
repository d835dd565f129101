// Tokens of our own authorization server. They hold no identifier: the client's id leads to its application, the
// subject's to the device. What has been revoked since they were made is looked up, and so counts.

import { type ApplicationId, instant, type Mutable, type SubjectId } from '@rightofway/camara'
import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { Caller } from '../../domain/caller.js'
import type { PublicUrl } from '../../ports/public-url.js'
import type { ApplicationStore } from '../../ports/store/applications.js'
import type { SigningKeys } from '../secrets/signing-keys.js'
import { scopesOf, type TokenIssuer, verifyJwt } from './access-tokens.js'
import { isGood } from './application-keys.js'
import type { Subjects } from './subjects.js'

export interface EmbeddedTokensDeps {
  readonly applications: ApplicationStore
  readonly subjects: Subjects
  readonly keys: SigningKeys
  readonly realNow: () => number
  /** Base URL of the gateway as applications know it: the audience, and where the issuer is. */
  readonly publicUrl: PublicUrl
}

/** Where the authorization server is, below the gateway's URL. */
export const OAUTH_PATH = '/oauth2'

export class EmbeddedTokens implements TokenIssuer {
  readonly #deps: EmbeddedTokensDeps

  constructor(deps: EmbeddedTokensDeps) {
    this.#deps = deps
  }

  get issuer(): string {
    return this.#deps.publicUrl.value + OAUTH_PATH
  }

  async verify(token: string): Promise<Caller | undefined> {
    const { applications, keys, realNow, publicUrl } = this.#deps
    const published = createLocalJWKSet((await keys.publicKeys()) as JSONWebKeySet)
    const claims = await verifyJwt(token, published, realNow(), {
      issuer: this.issuer,
      audience: publicUrl.value,
      typ: 'at+jwt',
    })
    if (claims === undefined) return undefined
    const { client_id: client, scope, exp = 0, sub } = claims
    const key = await applications.findKey(String(client))
    if (key === undefined || !(await isGood(applications, key, realNow()))) return undefined
    const caller: Mutable<Caller> = {
      application: key.application,
      compatibility: key.compatibility,
      scopes: scopesOf(scope),
      expiresAt: instant(Math.min(exp * 1000, key.expiresAt ?? Number.POSITIVE_INFINITY)),
    }
    // With client credentials the client itself is the subject (RFC 9068 section 2.2).
    return sub === client ? caller : this.#speakingFor(sub, key.application, caller)
  }

  async #speakingFor(
    sub: string | undefined,
    application: ApplicationId,
    caller: Mutable<Caller>,
  ): Promise<Caller | undefined> {
    const subject = sub === undefined ? undefined : await this.#deps.subjects.find(sub)
    if (subject?.application !== application) return undefined
    caller.subject = sub as SubjectId
    caller.device = { kind: 'id', id: subject.device }
    return caller
  }
}
