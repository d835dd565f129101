// How to provoke every code that an application can meet, with what the sandbox knows. docs/guides/sandbox.md shows these
// recipes, and their test cooks each of them.

import { ERRORS, type ErrorCode } from '@rightofway/camara'
import { FAULTS, type Fault } from './faults.js'
import { NOBODY } from './world.js'

/** HTTP status of an answer with this code. */
export const statusOf = (code: Recipe['code']): number =>
  code in ERRORS ? ERRORS[code as ErrorCode].status : FAULTS[code as Fault]

/** A request. What it is answered with is put away: a session's id, a token. */
export interface Step {
  /** The key that it shows, by its name in the world; `token`: that of the step before; `nobody`: none. Default: `A` */
  readonly as?: string
  /** It goes to the admin API, which asks for no key. */
  readonly admin?: true
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'BREW'
  /** `{sessionId}`: of the session that was made last. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a text as it is. */
  readonly body?: object | string
  /** Of a create: what differs from {@link SESSION}. */
  readonly members?: Readonly<Record<string, unknown>>
}

export interface Recipe {
  readonly code: ErrorCode | Fault
  /** The last one is answered with the code. */
  readonly steps: readonly Step[]
  /** What makes all as it was. */
  readonly after?: readonly Step[]
}

const QOD = '/quality-on-demand/v1'
const DEVICE = { phoneNumber: '+36721601234567' } as const
const PAGE_CLIENT = 'ac0000000000'

/** What a create asks for where a recipe does not say otherwise. */
export const SESSION = {
  device: DEVICE,
  applicationServer: { ipv4Address: '198.51.100.1' },
  qosProfile: 'QOS_L',
  duration: 60,
} as const

const create = (members: Readonly<Record<string, unknown>>, more: Partial<Step> = {}): Step => ({
  method: 'POST',
  path: `${QOD}/sessions`,
  body: { ...SESSION, ...members },
  members,
  ...more,
})
const admin = (method: Step['method'], path: string, body?: object): Step => ({
  admin: true,
  method,
  path,
  ...(body && { body }),
})
const token = (members: object): Step => admin('POST', '/sandbox/tokens', { client: PAGE_CLIENT, ...members })

/** To servers of their own, so that recipes are in nobody's way. */
const server = (number: number) => ({ applicationServer: { ipv4Address: `203.0.113.${number}` } })
const PROFILES: Step = { method: 'GET', path: '/qos-profiles/v1/qos-profiles/QOS_L' }
const SINK = { sink: 'https://127.0.0.1/events' }
const CREDENTIAL = { accessToken: 'secret', accessTokenExpiresUtc: '2999-01-01T00:00:00Z', accessTokenType: 'bearer' }
const limits = (application: string, own: object) => admin('PUT', `/applications/${application}/limits`, own)

const provoke = (code: Recipe['code'], ...steps: Step[]): Recipe => ({ code, steps })

const OF_THE_CONTRACT: readonly Recipe[] = [
  provoke('INVALID_ARGUMENT', create({ qosProfile: 'NO_SUCH_PROFILE' })),
  provoke('INVALID_ARGUMENT', create({ duration: undefined })),
  provoke('INVALID_ARGUMENT', create({}, { headers: { 'x-correlator': 'not one' } })),
  provoke('OUT_OF_RANGE', admin('POST', '/sandbox/clock/advance', { to: '2999-01-01T00:00:00Z' })),
  provoke('QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE', create({ qosProfile: 'SANDBOX_TIGHT', duration: 59 })),
  provoke('QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE', create({ duration: 86_401 })),
  provoke('INVALID_CREDENTIAL', create({ ...SINK, sinkCredential: { credentialType: 'PLAIN' } })),
  provoke(
    'INVALID_TOKEN',
    create({ ...SINK, sinkCredential: { credentialType: 'ACCESSTOKEN', ...CREDENTIAL, accessTokenType: 'mac' } }),
  ),
  provoke('INVALID_SINK', create({ sink: 'http://198.51.100.1/events' })),
  provoke('UNAUTHENTICATED', create({}, { as: 'nobody' })),
  provoke('UNAUTHENTICATED', token({ expired: true }), create({}, { as: 'token' })),
  provoke('UNAUTHENTICATED', token({ foreign: true }), create({}, { as: 'token' })),
  provoke('PERMISSION_DENIED', create({}, { as: 'A without quality-on-demand:sessions:create' })),
  provoke('PERMISSION_DENIED', create(server(1)), { as: 'B', method: 'GET', path: `${QOD}/sessions/{sessionId}` }),
  provoke('NOT_FOUND', { method: 'GET', path: `${QOD}/sessions/00000000-0000-4000-8000-000000000000` }),
  provoke('NOT_FOUND', { method: 'GET', path: '/qos-profiles/v1/qos-profiles/SANDBOX_RESTRICTED' }),
  provoke('IDENTIFIER_NOT_FOUND', create({ device: { phoneNumber: NOBODY.phoneNumber } })),
  provoke('IDENTIFIER_NOT_FOUND', create({ device: { ipv4Address: NOBODY.ipv4Address } })),
  provoke('METHOD_NOT_ALLOWED', { method: 'PATCH', path: `${QOD}/sessions` }),
  provoke('CONFLICT', create(server(2)), create(server(2), { as: 'B' })),
  provoke(
    'QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED',
    create({ device: { phoneNumber: '+99999990001' }, ...server(3) }),
    { method: 'POST', path: `${QOD}/sessions/{sessionId}/extend`, body: { requestedAdditionalDuration: 60 } },
  ),
  provoke('PAYLOAD_TOO_LARGE', create({ sink: `https://example.com/${'x'.repeat(1_048_576)}` })),
  provoke('UNSUPPORTED_MEDIA_TYPE', create({}, { headers: { 'content-type': 'text/plain' } })),
  provoke('SERVICE_NOT_APPLICABLE', create({ device: { phoneNumber: '+99999990012' } })),
  provoke('MISSING_IDENTIFIER', create({ device: undefined })),
  {
    code: 'UNSUPPORTED_IDENTIFIER',
    steps: [
      admin('PUT', '/sandbox/identifiers', { supported: ['phoneNumber', 'ipv4Address'] }),
      create({ device: { networkAccessIdentifier: 'device@testcsp.net' } }),
    ],
    after: [
      admin('PUT', '/sandbox/identifiers', {
        supported: ['phoneNumber', 'ipv4Address', 'ipv6Address', 'networkAccessIdentifier'],
      }),
    ],
  },
  provoke('UNNECESSARY_IDENTIFIER', token({ device: DEVICE }), create({}, { as: 'token' })),
  provoke('PRIVATE_KEY_JWT_NOT_CONFIGURED', create({ ...SINK, sinkCredential: { credentialType: 'PRIVATE_KEY_JWT' } })),
  provoke('QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE', create({ qosProfile: 'SANDBOX_INACTIVE' })),
  provoke('QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE', create({ qosProfile: 'SANDBOX_DEPRECATED' })),
  provoke('QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE', create({ qosProfile: 'SANDBOX_RESTRICTED' })),
  provoke('QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE', create({ device: { phoneNumber: '+99999990013' } })),
  provoke('QOS_PROVISIONING.QOS_PROFILE_NOT_APPLICABLE', {
    method: 'POST',
    path: '/qos-provisioning/v0.4/qos-assignments',
    body: { device: DEVICE, qosProfile: 'SANDBOX_INACTIVE' },
  }),
  provoke(
    'IDEMPOTENCY_KEY_REUSED',
    create(server(4), { headers: { 'idempotency-key': 'once' } }),
    create({ ...server(4), duration: 61 }, { headers: { 'idempotency-key': 'once' } }),
  ),
  {
    code: 'TOO_MANY_REQUESTS',
    steps: [limits('sandbox-a', { requestsPerSecond: 1, burst: 1 }), PROFILES, PROFILES],
    after: [limits('sandbox-a', {})],
  },
  {
    code: 'QUOTA_EXCEEDED',
    steps: [limits('sandbox-b', { sessions: 0 }), create({}, { as: 'B' })],
    after: [limits('sandbox-b', {})],
  },
  provoke('URI_TOO_LONG', { ...PROFILES, path: `${PROFILES.path}?${'x'.repeat(10_000)}` }),
  provoke('EXPECTATION_FAILED', { ...PROFILES, headers: { expect: 'miracles' } }),
  provoke('NOT_IMPLEMENTED', { ...PROFILES, method: 'BREW' }),
  provoke('REQUEST_HEADER_FIELDS_TOO_LARGE', { ...PROFILES, headers: { 'x-padding': 'x'.repeat(20_000) } }),
]

/** Answers for which there is no reason while all is well. */
const ON_REQUEST: readonly Recipe[] = (Object.keys(FAULTS) as Fault[]).map((code) =>
  provoke(code, admin('POST', '/sandbox/faults', { code, application: 'sandbox-a' }), PROFILES),
)

export const RECIPES: readonly Recipe[] = [...OF_THE_CONTRACT, ...ON_REQUEST]
