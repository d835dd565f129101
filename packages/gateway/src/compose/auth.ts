// Authentication of callers: applications by keys and tokens, operators by sign-in.

import { QodError } from '@rightofway/camara'
import type { FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { accessTokens } from '../auth/callers/access-tokens.js'
import { prefixOf } from '../auth/callers/application-keys.js'
import { Authenticator, type Credentials, tokenOf } from '../auth/callers/authenticator.js'
import { EmbeddedTokens } from '../auth/callers/embedded-tokens.js'
import { type ExternalIssuer, ExternalTokens } from '../auth/callers/external-tokens.js'
import { KeyUses } from '../auth/callers/key-uses.js'
import { RateLimiter } from '../auth/callers/rate-limiter.js'
import { Subjects } from '../auth/callers/subjects.js'
import { SigningKeys } from '../auth/secrets/signing-keys.js'
import { SecurityLog } from '../auth/security-log.js'
import { KnownBrowsers } from '../auth/users/known-browsers.js'
import { type OpenIdDeps, OpenIdProvider } from '../auth/users/openid-provider.js'
import { Users } from '../auth/users/users.js'
import type { Config } from '../config/schema.js'
import { readNamedFile } from '../config/tls-files.js'
import type { Caller } from '../domain/caller.js'
import type { Gate } from '../http/route.js'
import type { PublicUrl } from '../ports/public-url.js'
import { Trouble } from '../ports/trouble.js'
import type { LimitsCache } from '../views/limits-cache.js'
import { Closing } from './closing.js'
import type { OpenedStore } from './store.js'

const HOUR_MS = 3_600_000

interface Parts extends Pick<OpenedStore, 'store' | 'secrets' | 'realNow'> {
  readonly monotonicNow: () => number
  readonly log: Logger
  readonly limits: LimitsCache
  readonly publicUrl: PublicUrl
}

export interface OpenedCallers {
  /** Authenticates applications, and counts their requests. */
  readonly admit: Gate['admit']
  /** Whether an application that was admitted still would be. */
  readonly recheck: NonNullable<Gate['recheck']>
  readonly subjects: Subjects
  /** Logs refused callers. */
  readonly security: SecurityLog
  /** Called when a client was refused. */
  readonly onRefusal: (address: string, client: string | undefined) => void
  /** Sign the tokens of the embedded authorization server. */
  readonly tokenKeys: SigningKeys
  close(): Promise<void>
}

/** Applications, by their keys and access tokens. */
export function openCallers(config: Config, parts: Parts): OpenedCallers {
  const { store, secrets, realNow, monotonicNow, limits, publicUrl, log } = parts
  const { applications, grants, settings } = store
  const closing = new Closing()
  const uses = closing.push(
    new Trouble(log, {
      broken: 'the last uses of keys could not be written: trying again',
      mended: 'the last uses of keys are written again',
      mendedBySilence: true,
    }),
  )
  const subjects = new Subjects({ grants, secrets, realNow })
  const tokenKeys = new SigningKeys(
    { settings, secrets, realNow },
    { setting: 'token-keys', lifetimeS: config.oauth.tokenLifetime },
  )
  const external = config.oauth.issuers.map(
    (issuer) => new ExternalTokens(issuer as ExternalIssuer, { applications, secrets, realNow }),
  )
  const embedded = new EmbeddedTokens({ applications, subjects, keys: tokenKeys, realNow, publicUrl })
  const tokens = accessTokens(oauthOf(config).server ? [embedded, ...external] : external)
  const authenticator = closing.push(new Authenticator({ applications, grants, tokens, realNow, monotonicNow }))
  const keyUses = closing.push(new KeyUses(applications, realNow, (error) => uses.failed(error)))
  const limiter = new RateLimiter({ limits, monotonicNow, parts: () => store.gateways.alive })
  const limited = (caller: Caller, operation: string): Caller | Promise<Caller> => {
    const counted = limiter.count(caller.application, operation)
    return counted instanceof Promise ? counted.then(() => caller) : caller
  }
  const security = new SecurityLog({
    log,
    monotonicNow,
    applicationOf: async (prefix) => (await applications.findKey(prefix))?.application,
  })
  const onRefusal = (address: string, prefix: string | undefined) => {
    security.refused(address, prefix).catch((err: unknown) => {
      log.warn({ err }, 'the owner of a refused key or client could not be read')
    })
  }
  const recheck = (request: FastifyRequest): Caller | Promise<Caller> =>
    authenticator.authenticate(credentialsOf(request))
  /** A request without credentials is no guess. */
  const hear = (error: unknown, request: FastifyRequest): void => {
    if (!(error instanceof QodError && error.code === 'UNAUTHENTICATED')) return
    const token = tokenOf(credentialsOf(request))
    if (token !== undefined) onRefusal(request.ip, prefixOf(token))
  }
  const admit: Gate['admit'] = (request, operation) => {
    const noted = (known: Caller) => limited(keyUses.noted(known), operation.operationId)
    try {
      const caller = recheck(request)
      if (!(caller instanceof Promise)) return noted(caller)
      return caller.then(noted, (error: unknown) => {
        hear(error, request)
        throw error
      })
    } catch (error) {
      hear(error, request)
      throw error
    }
  }
  return { admit, recheck, subjects, tokenKeys, security, onRefusal, close: () => closing.close() }
}

const credentialsOf = ({ headers }: FastifyRequest): Credentials => ({
  authorization: headers.authorization,
  rapidApiKey: headers['x-rapidapi-key'] as string | undefined,
})

/** The embedded authorization server is on in a sandbox, where consent is given automatically. */
export const oauthOf = ({ oauth, sandbox }: Config) => ({
  server: oauth.server ?? sandbox,
  consent: oauth.consent ?? (sandbox ? ('automatic' as const) : ('recorded' as const)),
})

/** Operators, and their sign-in. */
export function openUsers(
  config: Config,
  {
    store,
    secrets,
    realNow,
    monotonicNow,
    log,
    security,
  }: Omit<Parts, 'limits' | 'publicUrl'> & Pick<OpenedCallers, 'security'>,
): { users: Users; provider: OpenIdProvider | undefined } {
  const signInMs = config.dashboard.signInHours * HOUR_MS
  return {
    users: new Users({
      users: store.users,
      browsers: new KnownBrowsers(secrets),
      realNow,
      monotonicNow,
      signInMs,
      onLockOut: (address) => security.lockedOut(address),
    }),
    provider: openIdProvider(config, {
      secrets,
      realNow,
      onFailure: (failure) => log.warn(failure, 'the OpenID provider of the dashboard cannot be used'),
    }),
  }
}

/** Sign-in to the dashboard by single sign-on. */
function openIdProvider({ dashboard }: Config, deps: OpenIdDeps): OpenIdProvider | undefined {
  const { issuer, clientId, clientSecretFile: file, viewers, operators, admins } = dashboard.oidc
  if (!dashboard.enabled || issuer === undefined || clientId === undefined) return undefined
  const clientSecret =
    file === undefined ? dashboard.oidc.clientSecret : readNamedFile('dashboard.oidc.clientSecretFile', file).trim()
  const values = { viewer: viewers, operator: operators, admin: admins }
  return new OpenIdProvider(
    { ...dashboard.oidc, issuer, clientId, values, ...(clientSecret && { clientSecret }) },
    deps,
  )
}
