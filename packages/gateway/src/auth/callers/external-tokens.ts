// Tokens of authorization servers that are not ours: an operator's own, as configured. Their clients are applications
// here without being registered, and are known from their first request on.

import { createHash } from 'node:crypto'
import { type ApplicationId, instant, type Mutable, QodError, type SubjectId } from '@rightofway/camara'
import { createRemoteJWKSet, type JWTPayload } from 'jose'
import type { Caller } from '../../domain/caller.js'
import { type DeviceName, type IdentifierKind, identifiersOf } from '../../domain/device.js'
import type { ApplicationStore } from '../../ports/store/applications.js'
import type { Secrets } from '../secrets/keyring.js'
import { displayName } from '../users/names.js'
import { scopesOf, type TokenIssuer, verifyJwt } from './access-tokens.js'
import { nameOnePurpose } from './purposes.js'

export interface ExternalIssuer {
  /** Our name for it, in the ids of its applications. */
  readonly id: string
  readonly issuer: string
  readonly audience: string
  readonly jwksUri: string
  readonly applicationClaim: string
  readonly scopeClaim: string
  readonly subjectClaim: string
  /** Whether each token has to name one purpose in its scopes. */
  readonly purpose: 'optional' | 'required'
  /** Which claim names the device that a token speaks for, and how. Absent: none does. */
  readonly device?: { readonly claim: string; readonly kind: IdentifierKind }
}

/**
 * RFC 6749 appendix A.1 has ASCII alone; some issuers have more. No store has a place for control characters, and two
 * texts with halves of surrogate pairs are one and the same in UTF-8.
 */
const CLIENT = /^[^\p{Cc}\p{Cs}]+$/u
const SUBJECT = /^\P{Cs}+$/u

export interface ExternalTokensDeps {
  readonly applications: ApplicationStore
  readonly secrets: Secrets
  readonly realNow: () => number
  /** How soon the issuer's keys may be asked for again, in milliseconds. Default: 30 000. */
  readonly keysCooldownMs?: number
}

/** The issuer has that long to answer with its keys, in milliseconds. */
const KEYS_TIMEOUT_MS = 5_000
/** Its keys are asked for anew after that long, or where a token names one that is not known yet. */
const KEYS_MAX_AGE_MS = 600_000
/** But not more often than that: anybody can write a token with an unknown key. */
const KEYS_COOLDOWN_MS = 30_000

const PLAIN_CLIENT_ID = /^[A-Za-z0-9_.-]{1,40}$/

export class ExternalTokens implements TokenIssuer {
  readonly #config: ExternalIssuer
  readonly #deps: ExternalTokensDeps
  readonly #keys: ReturnType<typeof createRemoteJWKSet>

  constructor(config: ExternalIssuer, deps: ExternalTokensDeps) {
    this.#config = config
    this.#deps = deps
    this.#keys = createRemoteJWKSet(new URL(config.jwksUri), {
      timeoutDuration: KEYS_TIMEOUT_MS,
      cooldownDuration: deps.keysCooldownMs ?? KEYS_COOLDOWN_MS,
      cacheMaxAge: KEYS_MAX_AGE_MS,
    })
  }

  get issuer(): string {
    return this.#config.issuer
  }

  async verify(token: string): Promise<Caller | undefined> {
    const { issuer, audience, applicationClaim, scopeClaim, purpose } = this.#config
    const claims = await verifyJwt(token, this.#keys, this.#deps.realNow(), { issuer, audience })
    const client = claims?.[applicationClaim]
    if (claims === undefined || typeof client !== 'string' || !CLIENT.test(client)) return undefined
    const application = await this.#application(client)
    if (application === undefined) return undefined
    const scopes = scopesOf(claims[scopeClaim])
    const caller: Mutable<Caller> = {
      application,
      compatibility: 'camara',
      scopes,
      expiresAt: instant((claims.exp ?? 0) * 1000),
    }
    if (purpose === 'required' && !nameOnePurpose(scopes)) caller.withoutPurpose = true
    return this.#speakingFor(claims, caller)
  }

  /** Without the claim that names a device the token is a two-legged one. */
  #speakingFor(claims: JWTPayload, caller: Mutable<Caller>): Caller | undefined {
    const { id, device, subjectClaim } = this.#config
    const named = device && claims[device.claim]
    if (device === undefined || named === undefined || named === null) return caller
    const subject = claims[subjectClaim]
    const name = deviceNamed(device.kind, named)
    if (name === undefined || typeof subject !== 'string' || !SUBJECT.test(subject)) return undefined
    // Sessions remember it, and what an issuer calls a subscriber may be a phone number.
    caller.subject = this.#deps.secrets.pseudonym('subject', id, subject) as SubjectId
    caller.device = name
    return caller
  }

  /** The application of a client, added if it was never seen; undefined while it is suspended. */
  async #application(client: string): Promise<ApplicationId | undefined> {
    const { applications, realNow } = this.#deps
    const id = applicationIdOf(this.#config.id, client)
    const known = await applications.find(id)
    if (known !== undefined) return known.suspendedAt === undefined ? id : undefined
    try {
      await applications.create({ id, name: displayName(client) || id, createdAt: instant(realNow()) })
    } catch (error) {
      // Another request of the same client was faster.
      if ((await applications.find(id)) === undefined) throw error
    }
    return id
  }
}

/** Readable where the client's id allows it; the two forms differ in the character behind the issuer's name. */
export function applicationIdOf(issuer: string, client: string): ApplicationId {
  const id = PLAIN_CLIENT_ID.test(client)
    ? `${issuer}.${client}`
    : `${issuer}_${createHash('sha256').update(client).digest('hex').slice(0, 32)}`
  return id as ApplicationId
}

/** The device that a claim names; undefined if it has not the form that it must have. */
function deviceNamed(kind: IdentifierKind, value: unknown): DeviceName | undefined {
  switch (kind) {
    case 'phoneNumber': {
      const digits = typeof value === 'string' ? /^(?:tel:)?\+?([1-9][0-9]{4,14})$/.exec(value)?.[1] : undefined
      return digits === undefined ? undefined : { kind, phoneNumber: `+${digits}` }
    }
    case 'networkAccessIdentifier':
    case 'ipv6Address':
      return typeof value === 'string' ? parsed({ [kind]: value }) : undefined
    case 'ipv4Address':
      return isIpv4(value) ? parsed({ ipv4Address: value }) : undefined
  }
}

type Ipv4 = { publicAddress: string; publicPort: number } | { publicAddress: string; privateAddress: string }

/** As the contract writes it (schema `DeviceIpv4Addr`). */
function isIpv4(value: unknown): value is Ipv4 {
  if (typeof value !== 'object' || value === null) return false
  const { publicAddress, publicPort, privateAddress } = value as Record<string, unknown>
  const right = (given: unknown, type: string) => given === undefined || typeof given === type
  const enough = publicPort !== undefined || privateAddress !== undefined
  return typeof publicAddress === 'string' && enough && right(publicPort, 'number') && right(privateAddress, 'string')
}

function parsed(device: Parameters<typeof identifiersOf>[0]): DeviceName | undefined {
  try {
    return identifiersOf(device)[0]?.identifier
  } catch (error) {
    if (error instanceof QodError) return undefined
    throw error
  }
}
