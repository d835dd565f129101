// The embedded authorization server: oidc-provider with our applications as clients, subscribers by login hint, and
// consent. It has no pages: the consent that operators have recorded decides whether a token for a subscriber is
// issued.

import { type ApplicationId, QodError, type SubjectId } from '@rightofway/camara'
import { API_SCOPES } from '@rightofway/camara/schemas'
import type { Configuration, JWK, KoaContextWithOIDC, Provider } from 'oidc-provider'
import { isSecretOf } from '../../auth/callers/application-keys.js'
import { CLIENT_ALGORITHMS } from '../../auth/callers/client-keys.js'
import type { Subjects } from '../../auth/callers/subjects.js'
import type { Secrets } from '../../auth/secrets/keyring.js'
import { SIGNING_ALGORITHM } from '../../auth/secrets/signing-keys.js'
import { JWT_BEARER } from '../../domain/application.js'
import type { DeviceDirectory } from '../../ports/device-directory.js'
import type { Store } from '../../ports/store/store.js'
import { assertedSubject, assertionTrouble, CLOCK_TOLERANCE_S, requestTrouble, usedAssertions } from './assertions.js'
import { clientAdapter } from './client-adapter.js'
import { GrantAdapter } from './grant-adapter.js'
import { identifierIn } from './login-hint.js'
import type { PublishedKeys } from './published-keys.js'
import { scopeTrouble } from './scopes.js'

/** Grant type for a three-legged token in one request, in sandboxes only. */
const SANDBOX_GRANT_TYPE = 'urn:rightofway:params:oauth:grant-type:login-hint'

/** Lifetimes, in seconds. */
const CODE_S = 60
const BACKCHANNEL_REQUEST_S = 120
const ID_TOKEN_S = 300
/** A browser session is only needed during one request. */
const SESSION_S = 60
const MAX_BINDING_MESSAGE = 200

/** `sub` of an assertion with a token of the operator (TS.43), which is not supported. */
const OPERATOR_TOKEN = 'operatortoken:'

/** Some libraries send a `purpose` beside it, or nothing. */
const SCOPE_REQUIRED =
  'scope is required: one purpose and what it is for, such as ' +
  '"dpv:RequestedServiceProvision quality-on-demand:sessions:create"'

export interface ProviderDeps {
  readonly store: Pick<Store, 'applications' | 'grants'>
  readonly secrets: Secrets
  readonly subjects: Subjects
  readonly directory: DeviceDirectory
  readonly realNow: () => number
  /** `automatic`: every subscriber has consented to everything; `recorded`: those with a recorded consent. */
  readonly consent: 'automatic' | 'recorded'
  readonly tokenLifetimeS: number
  /** Whether client credentials require a scope (CAMARA), or default to all scopes of the client (RFC 6749). */
  readonly scopeRequired: boolean
  /** Whether {@link SANDBOX_GRANT_TYPE} is supported. */
  readonly sandbox: boolean
  /** The keys that clients publish at their `jwks_uri`. */
  readonly published: Pick<PublishedKeys, 'of'>
  /** Called with internal errors. */
  readonly onFault: (error: QodError) => void
}

export interface ProviderTerms {
  readonly issuer: string
  readonly audience: string
  /** Private keys; the first one signs. */
  readonly keys: readonly [JWK, ...JWK[]]
}

/** An authorization server that signs with these keys. Loads its code: most gateways need none. */
export async function openProvider(deps: ProviderDeps, terms: ProviderTerms): Promise<Provider> {
  const { Provider, errors, interactionPolicy } = await import('oidc-provider')
  const { store, secrets, subjects, directory, realNow, consent, tokenLifetimeS, scopeRequired, sandbox, onFault } =
    deps
  const unique = usedAssertions({ grants: store.grants, secrets })
  const { issuer, audience, keys } = terms
  const resource = {
    scope: API_SCOPES.join(' '),
    audience,
    accessTokenFormat: 'jwt' as const,
    accessTokenTTL: tokenLifetimeS,
    jwt: { sign: { alg: SIGNING_ALGORITHM, kid: keys[0].kid as string } as const },
  }
  const clients = clientAdapter({
    applications: store.applications,
    published: deps.published,
    realNow,
    grantTypesOfAll: sandbox ? [SANDBOX_GRANT_TYPE] : [],
  })

  const applicationOf = async (ctx: KoaContextWithOIDC): Promise<ApplicationId> => {
    const key = await store.applications.findKey(ctx.oidc.client?.clientId ?? '')
    if (key === undefined) throw new errors.InvalidClient('client not found')
    return key.application
  }

  /** The subject of a hint's subscriber, as this client knows it. */
  const subjectOf = async (
    ctx: KoaContextWithOIDC,
    hint: string | undefined,
    name = 'login_hint',
  ): Promise<SubjectId> => {
    const identifier = hint === undefined ? undefined : identifierIn(hint)
    if (identifier === undefined) {
      throw new errors.InvalidRequest(
        `${name} must be tel:+<number>, or ipport:<address> with a port where a NAT shares it`,
      )
    }
    const device = await directory.resolve(identifier)
    if (device === undefined) throw new errors.UnknownUserId('there is no such subscriber')
    const subject = { application: await applicationOf(ctx), device: device.id }
    const known = consent === 'automatic' ? await subjects.consent(subject) : await subjects.nameOf(subject)
    if (known === undefined) throw new errors.AccessDenied('the subscriber has not consented')
    return known
  }

  /** The class of that name has no description of the error. */
  const invalidGrant = (description: string) => new errors.CustomOIDCProviderError('invalid_grant', description)

  /** RFC 7523 section 3.1: every error in an assertion is an invalid grant. */
  const asInvalidGrant = (error: unknown): never => {
    if (!(error instanceof errors.OIDCProviderError) || error instanceof errors.InvalidClient) throw error
    throw invalidGrant(`assertion: ${error.error_description}`)
  }

  /** Grants all requested scopes: consent is for an application, and limited by its scopes. */
  const grantTo = async (ctx: KoaContextWithOIDC, accountId: string, scope: string) => {
    const grant = new ctx.oidc.provider.Grant({ accountId, clientId: ctx.oidc.client?.clientId as string })
    grant.addOIDCScope('openid')
    grant.addResourceScope(audience, scope)
    await grant.save()
    return grant
  }

  /** oidc-provider itself ignores unknown scopes, and grants the rest. */
  const checkScope = ({ oidc: { params, client, route } }: KoaContextWithOIDC): void => {
    const asked = params?.['scope'] as string | undefined
    if (asked === undefined) return
    const trouble = scopeTrouble(asked, {
      allowed: new Set(client?.scope?.split(' ')),
      idToken: route !== 'token',
      purposeRequired: scopeRequired,
    })
    if (trouble !== undefined) throw new errors.InvalidScope(trouble, asked)
  }

  const configuration: Configuration = {
    adapter: (kind) =>
      kind === 'Client'
        ? clients
        : new GrantAdapter(kind, { grants: store.grants, secrets, realNow, InvalidGrant: errors.InvalidGrant }),
    jwks: { keys: [...keys] },
    scopes: ['openid', ...API_SCOPES],
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    clockTolerance: CLOCK_TOLERANCE_S,
    async assertJwtClientAuthClaimsAndHeader(_ctx, claims) {
      const trouble = assertionTrouble(claims, realNow())
      if (trouble === undefined) return
      // The signature is verified by now.
      const error_description = `client_assertion: ${trouble}`
      throw Object.assign(new errors.InvalidClientAuth(error_description), { error_description })
    },
    async fetch(url) {
      throw new TypeError(`nothing is fetched by the authorization server itself: ${url}`)
    },
    clientDefaults: {
      id_token_signed_response_alg: SIGNING_ALGORITHM,
      token_endpoint_auth_method: 'client_secret_basic',
    },
    enabledJWA: {
      idTokenSigningAlgValues: [SIGNING_ALGORITHM],
      clientAuthSigningAlgValues: CLIENT_ALGORITHMS,
      requestObjectSigningAlgValues: CLIENT_ALGORITHMS,
    },
    pkce: { required: () => true },
    routes: { backchannel_authentication: '/bc-authorize', authorization: '/authorize' },
    cookies: {
      keys: [secrets.pseudonym('oauth-cookies')],
      long: { signed: true, httpOnly: true, sameSite: 'lax', path: new URL(issuer).pathname },
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      requestObjects: {
        enabled: true,
        async assertJwtClaimsAndHeader(ctx, claims, _header, client) {
          // A browser may load the same URL twice; a backend sends a request once (CIBA section 7.1.1).
          if (ctx.oidc.route !== 'backchannel_authentication') return
          const trouble = requestTrouble(claims, realNow())
          if (trouble !== undefined) throw new errors.InvalidRequest(`request: ${trouble}`)
          const { jti, exp } = claims as { jti: string; exp: number }
          if (!(await unique(`${client.clientId} request`, jti, exp + CLOCK_TOLERANCE_S))) {
            throw new errors.InvalidRequest('request: it was used before')
          }
        },
      },
      userinfo: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        async defaultResource(ctx) {
          // RFC 6749 section 3.3 leaves the default to the server: without a scope, all scopes of the client.
          const { params, client } = ctx.oidc
          if (params?.['grant_type'] !== 'client_credentials') return audience
          if (scopeRequired && params['scope'] === undefined) throw new errors.InvalidScope(SCOPE_REQUIRED, '')
          params['scope'] ??= apiScopesOf(client?.scope)
          return audience
        },
        async getResourceServerInfo(ctx, indicator) {
          checkScope(ctx)
          if (indicator !== audience) throw new errors.InvalidTarget(`resource must be ${audience}`)
          return resource
        },
        useGrantedResource: async () => true,
      },
      ciba: {
        enabled: true,
        deliveryModes: ['poll'],
        processLoginHint: (ctx, hint) => subjectOf(ctx, hint),
        async processLoginHintToken() {
          throw new errors.InvalidRequest('login_hint_token is not supported: use login_hint')
        },
        async validateBindingMessage(_ctx, message) {
          if ((message?.length ?? 0) > MAX_BINDING_MESSAGE) throw new errors.InvalidBindingMessage()
        },
        async validateRequestContext() {},
        async verifyUserCode() {},
        async triggerAuthenticationDevice(ctx, request, account) {
          const grant = await grantTo(ctx, account.accountId, [...ctx.oidc.requestParamScopes].join(' '))
          await ctx.oidc.provider.backchannelResult(request, grant)
        },
      },
    },
    interactions: { policy: interactionPolicy.base().filter(() => false) as never },
    extraParams: {
      // Before the session is checked: every request has its own hint, which names the subscriber of the code.
      async login_hint(ctx: KoaContextWithOIDC, hint: string | undefined) {
        if (ctx.oidc.route !== 'authorization') return
        ctx.oidc.session?.loginAccount({ accountId: await subjectOf(ctx, hint), transient: true })
      },
    } as never,
    async loadExistingGrant(ctx) {
      const { account, requestParamScopes } = ctx.oidc
      return account && (await grantTo(ctx, account.accountId, [...requestParamScopes].join(' ')))
    },
    async findAccount(ctx, name) {
      const subject = await subjects.find(name)
      if (subject === undefined || subject.application !== (await applicationOf(ctx))) return undefined
      return { accountId: name, claims: async () => ({ sub: name }) }
    },
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: tokenLifetimeS,
      ClientCredentials: tokenLifetimeS,
      AuthorizationCode: CODE_S,
      BackchannelAuthenticationRequest: BACKCHANNEL_REQUEST_S,
      Grant: BACKCHANNEL_REQUEST_S + tokenLifetimeS,
      IdToken: ID_TOKEN_S,
      Interaction: SESSION_S,
      Session: SESSION_S,
    },
    renderError(ctx, out) {
      ctx.type = 'json'
      ctx.body = out
    },
    // Called only where http.cors.origins does not allow the origin. A page of our own origin is always allowed.
    clientBasedCORS: (_ctx, origin) => origin === new URL(issuer).origin,
  }

  const provider = new Provider(issuer, configuration)
  // Our routes set the forwarded headers, so the provider may trust them.
  provider.proxy = true
  // http.cors.origins decides which pages may read answers: the provider itself would let all of them read a refusal.
  provider.use(async (ctx, next) => {
    const ours = ctx.res.getHeader('Access-Control-Allow-Origin')
    await next()
    if (ours !== undefined) ctx.set('Access-Control-Allow-Origin', String(ours))
    else for (const name of ['Access-Control-Allow-Origin', 'Access-Control-Expose-Headers']) ctx.remove(name)
  })
  provider.Client.prototype.compareClientSecret = async function (secret: string) {
    const key = await store.applications.findKey(this.clientId)
    return key !== undefined && isSecretOf(key, secret)
  }
  provider.ReplayDetection.unique = unique

  /** Answers with a token for a subscriber. */
  const giveToken = async (ctx: KoaContextWithOIDC, accountId: SubjectId, gty: string): Promise<void> => {
    const { client, params } = ctx.oidc
    const allowed = apiScopesOf(client?.scope)
    const asked = (params?.['scope'] as string | undefined)?.split(' ')
    const token = new provider.AccessToken({
      accountId,
      client: client as NonNullable<typeof client>,
      grantId: '',
      gty,
      // Purposes are not in the scope of the token.
      scope: asked === undefined ? allowed : asked.filter((each) => allowed.split(' ').includes(each)).join(' '),
    })
    token.resourceServer = new provider.ResourceServer(audience, resource)
    const accessToken = await token.save()
    ctx.body = { access_token: accessToken, expires_in: token.expiration, token_type: 'Bearer', scope: token.scope }
  }

  provider.registerGrantType(
    JWT_BEARER,
    async (ctx) => {
      if (scopeRequired && ctx.oidc.params?.['scope'] === undefined) throw new errors.InvalidScope(SCOPE_REQUIRED, '')
      checkScope(ctx)
      const asserted = await assertedSubject(ctx, { realNow, issuer, unique, invalidGrant })
      if (asserted.startsWith(OPERATOR_TOKEN)) {
        throw invalidGrant('assertion: operator tokens are not taken here, sub must be tel:+<number>')
      }
      await giveToken(ctx, await subjectOf(ctx, asserted, 'sub').catch(asInvalidGrant), 'jwt-bearer')
    },
    ['assertion', 'scope'],
  )
  if (sandbox) {
    provider.registerGrantType(
      SANDBOX_GRANT_TYPE,
      async (ctx) => {
        checkScope(ctx)
        await giveToken(ctx, await subjectOf(ctx, ctx.oidc.params?.['login_hint'] as string | undefined), 'login_hint')
      },
      ['login_hint', 'scope'],
    )
  }
  provider.on('server_error', (_ctx, cause) => onFault(new QodError('INTERNAL', undefined, { cause })))
  return provider
}

const apiScopesOf = (scope: string | undefined): string =>
  (scope ?? '')
    .split(' ')
    .filter((each) => each !== 'openid')
    .join(' ')
