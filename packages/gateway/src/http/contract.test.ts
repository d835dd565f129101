// The contract as a table: every code of every operation, every bound of every body and path, every transition, and our
// own decisions. Each row is requested from a gateway, and its answer is printed. A row without an answer fails, and
// so does a code, a bound or a transition without a row.

import {
  type AssignmentInfo,
  type CreateSession,
  ERRORS,
  type ErrorCode,
  type ErrorInfo,
  type SessionInfo,
} from '@rightofway/camara'
import { APIS, CALLER_ERRORS, COMMON_ERRORS, type Operation } from '@rightofway/camara/schemas'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Fault, faultsOf, type Schema } from '../../test/support/faults.js'
import {
  A_SESSION,
  type Answer,
  type CallOptions,
  PAGE_DEVICE,
  PROFILES,
  QOD,
  startTestGateway,
  type TestGateway,
} from '../../test/support/gateway.js'
import { Authenticator } from '../auth/callers/authenticator.js'
import type { Caller } from '../domain/caller.js'
import { StoreUnavailable } from '../domain/store-unavailable.js'

type Told = Answer<ErrorInfo & SessionInfo>

interface Row {
  /** Of contract.md: section 0 or 2.x. */
  readonly clause: string
  readonly what: string
  readonly expected: string
  observe(): Promise<string>
}

let gateway: TestGateway
const table: { clause: string; what: string; observed: string }[] = []

beforeAll(async () => {
  gateway = await startTestGateway({
    settings: { 'limits.requestsPerSecond': 1_000_000, 'sessions.createHoldMs': 300, 'sessions.extendHoldMs': 50 },
  })
})
afterAll(async () => {
  await gateway.close()
  const width = Math.max(...table.map(({ what }) => what.length))
  const lines = table.map(({ clause, what, observed }) => `${clause.padEnd(4)} ${what.padEnd(width)}  ${observed}`)
  process.stdout.write(`\nThe contract, as it was observed (${lines.length} rows)\n${lines.join('\n')}\n`)
})

/** Defines a test of every row. */
const rows = (list: readonly Row[]): void =>
  describe.each(list.map((row) => [`${row.clause} ${row.what}`, row] as const))('%s', (_title, row) => {
    it(`is answered ${row.expected}`, async () => {
      const observed = await row.observe()
      table.push({ clause: row.clause, what: row.what, observed })
      expect(observed).toBe(row.expected)
    })
  })

/** An answer as the table shows it. */
const said = ({ status, body }: Told): string => (status >= 400 ? `${status} ${body.code}` : String(status))
const refusal = (code: ErrorCode): string => `${ERRORS[code].status} ${code}`

const call = (method: Parameters<TestGateway['call']>[0], path: string, options?: CallOptions) =>
  gateway.call(method, path, options) as Promise<Told>

let servers = 0
/** A body without a conflict. */
const body = (members: object = {}): CreateSession => ({
  ...A_SESSION,
  applicationServer: { ipv4Address: `198.18.${(++servers >> 8) % 256}.${servers % 256}` },
  ...members,
})
const create = (members: object = {}, options: CallOptions = {}) =>
  call('POST', `${QOD}/sessions`, { body: body(members), ...options })
const created = async (members: object = {}, options: CallOptions = {}): Promise<SessionInfo> => {
  const answer = await create(members, options)
  if (answer.status !== 201) throw new Error(`the session that a row begins with was refused: ${answer.text}`)
  return answer.body
}
const pathOf = ({ sessionId }: { sessionId: string }) => `${QOD}/sessions/${sessionId}`
const NO_SESSION = `${QOD}/sessions/00000000-0000-4000-8000-000000000000`

const PROVISIONING = '/qos-provisioning/v0.4'
const ASSIGNMENTS = `${PROVISIONING}/qos-assignments`
const NO_ASSIGNMENT = `${ASSIGNMENTS}/00000000-0000-8000-8000-000000000000`
let robots = 0
/** A new device, as a device has at most one assignment. */
async function robot(): Promise<{ phoneNumber: string }> {
  const n = ++robots
  const phoneNumber = `+1555100${String(n).padStart(4, '0')}`
  const addresses = [{ address: `10.99.${n >> 8}.${n & 255}` }]
  await gateway.admin('PUT', `/devices/robot-${n}`, { phoneNumber, addresses })
  return { phoneNumber }
}
const assign = async (members: object = {}, options: CallOptions = {}) =>
  call('POST', ASSIGNMENTS, { body: { device: await robot(), qosProfile: 'QOS_L', ...members }, ...options })
const assigned = async (members: object = {}, options: CallOptions = {}): Promise<AssignmentInfo> => {
  const answer = await assign(members, options)
  if (answer.status !== 201) throw new Error(`the assignment that a row begins with was refused: ${answer.text}`)
  return infoOf(answer)
}
const infoOf = ({ body: info }: Told): AssignmentInfo => info as unknown as AssignmentInfo
const assignmentPath = ({ assignmentId }: { assignmentId: string }) => `${ASSIGNMENTS}/${assignmentId}`
const NO_ANSWER = { phoneNumber: '+99999990003' }
const REFUSED = { phoneNumber: '+99999990001' }

// --- codes ----------------------------------------------------------------------------------------------------------

/** A valid request of each operation. */
const GOOD: Readonly<Record<string, () => Promise<{ path: string; body?: object }>>> = {
  createSession: async () => ({ path: `${QOD}/sessions`, body: body() }),
  getSession: async () => ({ path: pathOf(await created()) }),
  deleteSession: async () => ({ path: pathOf(await created()) }),
  extendQosSessionDuration: async () => ({
    path: `${pathOf(await created())}/extend`,
    body: { requestedAdditionalDuration: 60 },
  }),
  retrieveSessionsByDevice: async () => ({ path: `${QOD}/retrieve-sessions`, body: { device: PAGE_DEVICE } }),
  listSessions: async () => ({ path: `${QOD}/sessions` }),
  watchSessions: async () => ({ path: `${QOD}/sessions/events` }),
  watchSession: async () => ({ path: `${pathOf(await ended())}/events` }),
  getSessionUsage: async () => ({ path: `${pathOf(await created())}/usage` }),
  createQosAssignment: async () => ({ path: ASSIGNMENTS, body: { device: await robot(), qosProfile: 'QOS_L' } }),
  getQosAssignmentById: async () => ({ path: assignmentPath(await assigned()) }),
  revokeQosAssignment: async () => ({ path: assignmentPath(await assigned()) }),
  getQosAssignmentByDevice: async () => {
    const device = await robot()
    // The next request may come from another caller.
    await call('POST', ASSIGNMENTS, { body: { device, qosProfile: 'QOS_L' } })
    return { path: `${PROVISIONING}/retrieve-qos-assignment`, body: { device } }
  },
  watchQosAssignment: async () => {
    const info = await assigned()
    await call('DELETE', assignmentPath(info))
    return { path: `${assignmentPath(info)}/events` }
  },
  getQosProfile: async () => ({ path: `${PROFILES}/qos-profiles/QOS_L` }),
  retrieveQosProfiles: async () => ({ path: `${PROFILES}/retrieve-qos-profiles`, body: {} }),
}

/** A session whose events are all sent, so that its stream ends. */
async function ended(): Promise<SessionInfo> {
  return created({ device: REFUSED })
}

/** Makes a valid request invalid, so that it is refused with a code. */
type Spoil = (operation: Operation) => Promise<Told>

const good = async (operation: Operation, options: CallOptions = {}): Promise<Told> => {
  const { path, body: given } = await (GOOD[operation.operationId] as (typeof GOOD)[string])()
  return send(operation, path, { ...(given && { body: given }), ...options })
}

const send = ({ operationId, method }: Operation, path: string, options: CallOptions): Promise<Told> =>
  operationId === 'watchSessions' ? begin(path, options) : call(method, path, options)

/** A refusal, or the beginning of a stream that does not end by itself. */
async function begin(path: string, { key = gateway.key, headers = {} }: CallOptions): Promise<Told> {
  const leaving = new AbortController()
  const response = await fetch(`${gateway.url}${path}`, {
    headers: { ...(key !== null && { authorization: `Bearer ${key}` }), ...(headers as Record<string, string>) },
    signal: leaving.signal,
  })
  const text = response.ok ? '' : await response.text()
  leaving.abort()
  const body = (text === '' ? {} : JSON.parse(text)) as Told['body']
  return { status: response.status, headers: Object.fromEntries(response.headers), text, body }
}

/** A caller whose token is limited to a device. */
async function asDevice<T>(use: (key: string) => Promise<T>): Promise<T> {
  const caller: Caller = {
    application: (await gateway.newKey()).application as never,
    compatibility: 'camara',
    device: { kind: 'phoneNumber', phoneNumber: PAGE_DEVICE.phoneNumber },
  }
  const spy = vi.spyOn(Authenticator.prototype, 'authenticate').mockReturnValue(caller)
  try {
    return await use('of-a-device')
  } finally {
    spy.mockRestore()
  }
}

/** The store fails an operation. */
async function failing(operation: Operation, error: Error): Promise<Told> {
  const { sessions, profiles, events } = gateway.store
  const { path, body: given } = await (GOOD[operation.operationId] as (typeof GOOD)[string])()
  const fail = () => Promise.reject(error)
  const spies = [
    vi.spyOn(sessions, 'find').mockImplementation(fail),
    vi.spyOn(sessions, 'list').mockImplementation(fail),
    vi.spyOn(sessions, 'ofDevice').mockImplementation(fail),
    vi.spyOn(sessions, 'assignmentsOf').mockImplementation(fail),
    vi.spyOn(profiles, 'find').mockImplementation(fail),
    vi.spyOn(profiles, 'list').mockImplementation(fail),
    vi.spyOn(events, 'lastOf').mockImplementation(fail),
  ]
  try {
    return await send(operation, path, given ? { body: given } : {})
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

const withDevice =
  (device: object): Spoil =>
  (operation) =>
    CREATES[operation.operationId]?.({ device }) ?? good(operation, { body: { device } })

/** Operations that create something. */
const CREATES: Readonly<Record<string, (members: object, options?: CallOptions) => Promise<Told>>> = {
  createSession: create,
  createQosAssignment: assign,
}

/** Devices of the world of these tests. */
const NOT_SOLD = { phoneNumber: '+15550000001' }

const pathOfNone = ({ path }: Operation): string =>
  path.replace('/sessions/{sessionId}', NO_SESSION).replace('/qos-assignments/{assignmentId}', NO_ASSIGNMENT)

const ANY: Readonly<Partial<Record<ErrorCode, Spoil>>> = {
  INVALID_ARGUMENT: (operation) => good(operation, { headers: { 'x-correlator': 'a b' } }),
  UNAUTHENTICATED: (operation) => good(operation, { key: null }),
  PERMISSION_DENIED: async (operation) => good(operation, { key: (await gateway.newKey({ scopes: [] })).key }),
  TOO_MANY_REQUESTS: async (operation) => {
    const { application, key } = await gateway.newKey()
    await gateway.admin('PUT', `/applications/${application}/limits`, { requestsPerSecond: 1, burst: 1 })
    await good(operation, { key })
    return good(operation, { key })
  },
  METHOD_NOT_ALLOWED: async (operation) => {
    const { path } = await (GOOD[operation.operationId] as (typeof GOOD)[string])()
    return call('PATCH', path)
  },
  PAYLOAD_TOO_LARGE: (operation) =>
    good(operation, { body: `"${'x'.repeat(1_048_576)}"`, headers: { 'content-type': 'application/json' } }),
  UNSUPPORTED_MEDIA_TYPE: (operation) => good(operation, { body: '{}', headers: { 'content-type': 'text/plain' } }),
  INTERNAL: (operation) => failing(operation, new Error('planted')),
  UNAVAILABLE: (operation) => failing(operation, new StoreUnavailable('planted')),
  NOT_FOUND: (operation) =>
    operation.operationId === 'getQosProfile'
      ? call('GET', `${PROFILES}/qos-profiles/NO_SUCH`)
      : operation.operationId === 'getQosAssignmentByDevice'
        ? good(operation, { body: { device: PAGE_DEVICE } })
        : call(operation.method, pathOfNone(operation), {
            ...(operation.body && { body: { requestedAdditionalDuration: 60 } }),
          }),
  IDENTIFIER_NOT_FOUND: withDevice({ phoneNumber: '+15559999999' }),
  SERVICE_NOT_APPLICABLE: withDevice(NOT_SOLD),
  UNNECESSARY_IDENTIFIER: (operation) => asDevice((key) => withDeviceAs(key, operation)),
  MISSING_IDENTIFIER: (operation) =>
    CREATES[operation.operationId]?.({ device: undefined }) ?? good(operation, { body: {} }),
}

const withDeviceAs = (key: string, operation: Operation): Promise<Told> =>
  CREATES[operation.operationId]?.({}, { key }) ?? good(operation, { key, body: { device: PAGE_DEVICE } })

const CREDENTIAL = {
  credentialType: 'ACCESSTOKEN',
  accessToken: 'secret',
  accessTokenExpiresUtc: '2099-01-01T00:00:00Z',
  accessTokenType: 'bearer',
}
const SINK = 'https://198.51.100.1/events'

const OF_OPERATION: Readonly<Record<string, Spoil>> = {
  'createSession QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE': () => create({ duration: 86_401 }),
  'createSession INVALID_CREDENTIAL': () =>
    create({ sink: SINK, sinkCredential: { credentialType: 'PLAIN', identifier: 'a', secret: 'b' } }),
  'createSession INVALID_TOKEN': () =>
    create({ sink: SINK, sinkCredential: { ...CREDENTIAL, accessTokenType: 'mac' } }),
  'createSession INVALID_SINK': () => create({ sink: 'ftp://198.51.100.1/' }),
  'createSession CONFLICT': async () => create({ applicationServer: (await created()).applicationServer }),
  'createSession PRIVATE_KEY_JWT_NOT_CONFIGURED': () =>
    create({ sink: gateway.sink.url, sinkCredential: { credentialType: 'PRIVATE_KEY_JWT' } }),
  'createSession QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE': () => create({ qosProfile: 'RESTRICTED' }),
  'createSession IDEMPOTENCY_KEY_REUSED': async () => {
    await created({}, { headers: { 'idempotency-key': 'reused' } })
    return create({}, { headers: { 'idempotency-key': 'reused' } })
  },
  'createSession QUOTA_EXCEEDED': async () => {
    const { application, key } = await gateway.newKey()
    await gateway.admin('PUT', `/applications/${application}/limits`, { sessions: 1 })
    await created({}, { key })
    return create({}, { key })
  },
  'createSession NOT_FOUND': async () => {
    const given = body()
    const options = { body: given, headers: { 'idempotency-key': 'gone' } }
    const first = await call('POST', `${QOD}/sessions`, options)
    await call('DELETE', pathOf(first.body))
    return call('POST', `${QOD}/sessions`, options)
  },
  'createQosAssignment INVALID_CREDENTIAL': async () =>
    call('POST', '/qos-provisioning/v0.3/qos-assignments', {
      body: {
        device: await robot(),
        qosProfile: 'QOS_L',
        sink: SINK,
        sinkCredential: { credentialType: 'PLAIN', identifier: 'a', secret: 'b' },
      },
    }),
  'createQosAssignment INVALID_TOKEN': () =>
    assign({ sink: SINK, sinkCredential: { ...CREDENTIAL, accessTokenType: 'mac' } }),
  'createQosAssignment INVALID_SINK': () => assign({ sink: 'ftp://198.51.100.1/' }),
  'createQosAssignment CONFLICT': async () => assign({ device: (await assigned()).device }),
  'createQosAssignment PRIVATE_KEY_JWT_NOT_CONFIGURED': () =>
    assign({ sink: gateway.sink.url, sinkCredential: { credentialType: 'PRIVATE_KEY_JWT' } }),
  'createQosAssignment QOS_PROVISIONING.QOS_PROFILE_NOT_APPLICABLE': () => assign({ qosProfile: 'RESTRICTED' }),
  'createQosAssignment IDEMPOTENCY_KEY_REUSED': async () => {
    await assigned({}, { headers: { 'idempotency-key': 'assigned' } })
    return assign({}, { headers: { 'idempotency-key': 'assigned' } })
  },
  'createQosAssignment QUOTA_EXCEEDED': async () => {
    const { application, key } = await gateway.newKey()
    await gateway.admin('PUT', `/applications/${application}/limits`, { sessions: 1 })
    await created({}, { key })
    return assign({}, { key })
  },
  'createQosAssignment NOT_FOUND': async () => {
    const options = {
      body: { device: await robot(), qosProfile: 'QOS_L' },
      headers: { 'idempotency-key': 'assigned, gone' },
    }
    const first = await call('POST', ASSIGNMENTS, options)
    await call('DELETE', assignmentPath(infoOf(first)))
    await call('DELETE', assignmentPath(infoOf(first)))
    return call('POST', ASSIGNMENTS, options)
  },
  'extendQosSessionDuration QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED': async () =>
    call('POST', `${pathOf(await ended())}/extend`, { body: { requestedAdditionalDuration: 60 } }),
}

/** Codes that no request gets, and why. */
const NEVER: Readonly<Record<string, string>> = Object.fromEntries(
  APIS.flatMap(({ operations }) => operations)
    .filter(({ method }) => method === 'GET')
    .flatMap(({ operationId }) =>
      ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'].map((code) => [`${operationId} ${code}`, 'GET has no body.']),
    ),
)
/** A code that requires an operator with fewer identifiers: it has its own gateway. */
const ELSEWHERE: ErrorCode = 'UNSUPPORTED_IDENTIFIER'

const CLAUSES: Readonly<Record<string, string>> = {
  createSession: '2.1',
  getSession: '2.2',
  deleteSession: '2.2',
  extendQosSessionDuration: '2.3',
  retrieveSessionsByDevice: '2.4',
  listSessions: '0',
  watchSessions: '0',
  watchSession: '0',
  getSessionUsage: '0',
  getQosProfile: '2.8',
  retrieveQosProfiles: '2.8',
  createQosAssignment: '2.9',
  getQosAssignmentById: '2.9',
  revokeQosAssignment: '2.9',
  getQosAssignmentByDevice: '2.9',
  watchQosAssignment: '2.9',
}
const OPERATIONS: readonly Operation[] = APIS.flatMap(({ operations }) => operations)

describe('every operation', () => {
  beforeAll(async () => {
    await gateway.admin('PUT', '/devices/not-sold', { ...NOT_SOLD, services: [], addresses: [] })
    await gateway.admin('PUT', '/profiles/RESTRICTED', { name: 'RESTRICTED', status: 'ACTIVE', restricted: true })
  })

  rows(
    OPERATIONS.map((operation) => ({
      clause: CLAUSES[operation.operationId] as string,
      what: `${operation.operationId}: what it is for`,
      // The simulator does not measure traffic.
      expected: operation.operationId === 'getSessionUsage' ? refusal('NOT_FOUND') : String(operation.success.status),
      observe: async () => said(await good(operation)),
    })),
  )
})

describe('every code of every operation', () => {
  const codesOf = ({ operationId, errors }: Operation): ErrorCode[] =>
    [...new Set<ErrorCode>([...errors, ...CALLER_ERRORS, ...COMMON_ERRORS])].filter(
      (code) => code !== ELSEWHERE && !(`${operationId} ${code}` in NEVER),
    )
  rows(
    OPERATIONS.flatMap((operation) =>
      codesOf(operation).map((code) => ({
        clause: CLAUSES[operation.operationId] as string,
        what: `${operation.operationId}: ${code}`,
        expected: refusal(code),
        async observe() {
          const spoil = OF_OPERATION[`${operation.operationId} ${code}`] ?? ANY[code]
          if (spoil === undefined) throw new Error('nobody knows how to bring it about')
          return said(await spoil(operation))
        },
      })),
    ),
  )
})

// --- bounds ---------------------------------------------------------------------------------------------------------

const addFormats = formats as unknown as typeof formats.default
const ajv = addFormats(new Ajv({ strict: false, discriminator: true }))
const fits = (schema: Schema, value: unknown) => ajv.validate(schema, value)

const PORTS = { ranges: [{ from: 1, to: 65_535 }], ports: [80] }
const FULL_DEVICE = {
  phoneNumber: PAGE_DEVICE.phoneNumber,
  networkAccessIdentifier: 'device@testcsp.net',
  ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 },
  ipv6Address: '2001:db8:1234:5678::1',
}

/** Bodies with every possible member, so that every bound is tested. */
const WHOLE: Readonly<Record<string, readonly (() => Record<string, unknown>)[]>> = {
  createSession: [
    () => ({
      ...body({ device: FULL_DEVICE, devicePorts: PORTS, applicationServerPorts: PORTS }),
      sink: 'https://198.51.100.1/events',
      sinkCredential: CREDENTIAL,
      applicationServer: { ipv4Address: '198.51.100.0/24', ipv6Address: '2001:db8:1::/48' },
    }),
    () => ({
      ...body(),
      applicationServer: { ipAddresses: ['198.51.100.7', '2001:db8::7'] },
      sink: 'https://198.51.100.1/events',
      sinkCredential: {
        credentialType: 'PRIVATE_KEY_JWT',
        clientId: 'right-of-way',
        tokenUri: 'https://auth.example/token',
      },
    }),
  ],
  createQosAssignment: [
    () => ({
      device: FULL_DEVICE,
      qosProfile: 'QOS_L',
      sink: 'https://198.51.100.1/events',
      sinkCredential: CREDENTIAL,
    }),
  ],
  getQosAssignmentByDevice: [() => ({ device: FULL_DEVICE })],
  extendQosSessionDuration: [() => ({ requestedAdditionalDuration: 60 })],
  retrieveSessionsByDevice: [() => ({ device: FULL_DEVICE })],
  retrieveQosProfiles: [() => ({ device: FULL_DEVICE, name: 'QOS_L', status: 'ACTIVE' })],
}

/** Codes of single members. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  '/sink': 'INVALID_SINK',
  '/sinkCredential/credentialType': 'INVALID_CREDENTIAL',
  '/sinkCredential/accessTokenType': 'INVALID_TOKEN',
}

/** qos-provisioning 0.4, which these rows use, no longer has INVALID_CREDENTIAL. */
const codeOf = ({ operationId }: Operation, { at, keyword }: Fault): ErrorCode => {
  const own = keyword === 'required' ? undefined : CODES[at]
  return own === undefined || (own === 'INVALID_CREDENTIAL' && operationId !== 'createSession')
    ? 'INVALID_ARGUMENT'
    : own
}

describe('every bound of every body', () => {
  const withBody = OPERATIONS.filter((operation) => operation.body !== undefined)

  it('has complete bodies to make invalid', () => {
    expect(withBody.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(WHOLE).sort())
    for (const operation of withBody) {
      for (const make of WHOLE[operation.operationId] ?? []) {
        expect(fits(operation.body as Schema, make()), operation.operationId).toBe(true)
      }
    }
  })

  rows(
    withBody.flatMap((operation) => {
      const faults = new Map<string, Fault>()
      for (const make of WHOLE[operation.operationId] ?? []) {
        let index = 0
        for (const fault of faultsOf(operation.body as Schema, make(), fits)) {
          const [before] = [faults.get(`${fault.at} ${fault.keyword}`)]
          faults.set(`${fault.at} ${fault.keyword}${before === undefined ? '' : ` (${++index})`}`, fault)
        }
      }
      return [...faults].map(([what, fault]) => ({
        clause: CLAUSES[operation.operationId] as string,
        what: `${operation.operationId}: ${what.startsWith(' ') ? `the body${what}` : what}`,
        expected: refusal(codeOf(operation, fault)),
        async observe() {
          const { path } = await (GOOD[operation.operationId] as (typeof GOOD)[string])()
          const text = JSON.stringify(fault.value)
          return said(await call('POST', path, { body: text, headers: { 'content-type': 'application/json' } }))
        },
      }))
    }),
  )

  const accepted: readonly [what: string, members: () => object][] = [
    ['duration 1', () => ({ duration: 1 })],
    ['duration 86400', () => ({ duration: 86_400 })],
    ['port 65535', () => ({ devicePorts: { ports: [65_535] } })],
    ['port 1', () => ({ devicePorts: { ports: [1] } })],
    ['ports 1 to 65535', () => ({ devicePorts: { ranges: [{ from: 1, to: 65_535 }] } })],
    ['a range of one port', () => ({ devicePorts: { ranges: [{ from: 80, to: 80 }] } })],
    [
      '16 addresses',
      () => ({ applicationServer: { ipAddresses: Array.from({ length: 16 }, (_, i) => `203.0.113.${i}`) } }),
    ],
    ['ipv4Address with host bits', () => ({ applicationServer: { ipv4Address: '192.0.2.7/24' } })],
  ]
  rows(
    accepted.map(([what, members]) => ({
      clause: '2.1',
      what: `createSession: ${what}`,
      expected: '201',
      observe: async () => {
        const answer = await create(members())
        if (answer.status === 201) await call('DELETE', pathOf(answer.body))
        return said(answer)
      },
    })),
  )

  const meaning: readonly [what: string, members: object][] = [
    ['port 0', { devicePorts: { ports: [0] } }],
    ['a reversed range', { devicePorts: { ranges: [{ from: 2, to: 1 }] } }],
    ['ipv4Address 01.002.003.4', { applicationServer: { ipv4Address: '01.002.003.4' } }],
    ['ipv6Address ...', { applicationServer: { ipv6Address: '...' } }],
    ['device.ipv6Address ...', { device: { ipv6Address: '...' } }],
    ['device {}', { device: {} }],
    ['a public IPv4 address alone', { device: { ipv4Address: { publicAddress: '233.252.0.2' } } }],
    [
      'a list and a prefix of addresses',
      { applicationServer: { ipv4Address: '192.0.2.1', ipAddresses: ['192.0.2.2'] } },
    ],
    ['a flow of 65 rules', { devicePorts: { ports: Array.from({ length: 65 }, (_, i) => 2 * i + 1) } }],
    ['an unknown profile', { qosProfile: 'NO_SUCH' }],
    ['no duration', { duration: undefined }],
    ['a credential without a sink', { sinkCredential: CREDENTIAL }],
  ]
  rows(
    meaning.map(([what, members]) => ({
      clause: '0',
      what: `createSession: ${what}`,
      expected: refusal('INVALID_ARGUMENT'),
      observe: async () => said(await create(members)),
    })),
  )

  rows(
    [
      ['getSession: an id that is no UUID', 'GET', `${QOD}/sessions/nonsense`],
      ['deleteSession: an id that is no UUID', 'DELETE', `${QOD}/sessions/nonsense`],
      ['extendQosSessionDuration: an id that is no UUID', 'POST', `${QOD}/sessions/nonsense/extend`],
      ['getQosAssignmentById: an id that is no UUID', 'GET', `${ASSIGNMENTS}/nonsense`],
      ['revokeQosAssignment: an id that is no UUID', 'DELETE', `${ASSIGNMENTS}/nonsense`],
      ['getQosProfile: a name of 2 characters', 'GET', `${PROFILES}/qos-profiles/ab`],
      ['getQosProfile: a name of 257 characters', 'GET', `${PROFILES}/qos-profiles/${'a'.repeat(257)}`],
      ['getQosProfile: a name with a space', 'GET', `${PROFILES}/qos-profiles/a%20b`],
      ['listSessions: limit 0', 'GET', `${QOD}/sessions?limit=0`],
      ['listSessions: limit 101', 'GET', `${QOD}/sessions?limit=101`],
      ['listSessions: an unknown status', 'GET', `${QOD}/sessions?qosStatus=RELEASING`],
      ['listSessions: an unknown filter', 'GET', `${QOD}/sessions?device=x`],
      ['listSessions: a cursor that is none', 'GET', `${QOD}/sessions?after=1`],
    ].map(([what, method, path]) => ({
      clause: what?.startsWith('getQosP')
        ? '2.8'
        : what?.includes('Assignment')
          ? '2.9'
          : what?.startsWith('list')
            ? '0'
            : '2.2',
      what: what as string,
      expected: refusal('INVALID_ARGUMENT'),
      observe: async () =>
        said(
          await call(
            method as 'GET',
            path as string,
            method === 'POST' ? { body: { requestedAdditionalDuration: 1 } } : {},
          ),
        ),
    })),
  )
})

// --- transitions ----------------------------------------------------------------------------------------------------

describe('every transition', () => {
  /** The state of a session, and the events that its sink received. */
  async function seen(session: SessionInfo, before: number): Promise<string> {
    await gateway.advance(0.001)
    const { status, body: info } = await call('GET', pathOf(session))
    const events = gateway.sink.received
      .slice(before)
      .map(({ event }) => event.data)
      .filter(({ sessionId }) => sessionId === session.sessionId)
      .map(({ qosStatus, statusInfo = '' }) => `${qosStatus} ${statusInfo}`.trim())
    const now =
      status === 404 ? 'gone' : `${info.qosStatus}${info.statusInfo === undefined ? '' : ` ${info.statusInfo}`}`
    return `${now}; events: ${events.join(', ') || 'none'}`
  }
  const before = () => gateway.sink.received.length
  const sink = () => ({ sink: gateway.sink.url })

  const life = (what: string, expected: string, run: () => Promise<string>): Row => ({
    clause: '2.5',
    what,
    expected,
    observe: run,
  })
  const ending = (device: object, then: (session: SessionInfo) => Promise<unknown>) => async () => {
    const from = before()
    const session = await created({ ...sink(), device })
    await then(session)
    return seen(session, from)
  }

  rows([
    life(
      '1. created, the network is slow',
      'REQUESTED; events: none',
      ending(NO_ANSWER, async () => undefined),
    ),
    life(
      '2. created, the network grants at once',
      'AVAILABLE; events: AVAILABLE',
      ending(PAGE_DEVICE, async () => undefined),
    ),
    life(
      '3. created, the network refuses at once',
      'UNAVAILABLE NETWORK_TERMINATED; events: UNAVAILABLE NETWORK_TERMINATED',
      ending(REFUSED, async () => undefined),
    ),
    life('4. REQUESTED, the network grants', 'AVAILABLE; events: AVAILABLE', async () => {
      const from = before()
      const session = await created({ ...sink() }, { headers: { prefer: 'respond-async' } })
      if (session.qosStatus !== 'REQUESTED') throw new Error(`it was created ${session.qosStatus}`)
      return seen(session, from)
    }),
    life(
      '5. REQUESTED, the set-up takes too long',
      'UNAVAILABLE NETWORK_TERMINATED; events: UNAVAILABLE NETWORK_TERMINATED',
      ending(NO_ANSWER, () => gateway.advance(30)),
    ),
    life(
      '6. AVAILABLE, extended',
      'AVAILABLE; events: AVAILABLE',
      ending(PAGE_DEVICE, (session) =>
        call('POST', `${pathOf(session)}/extend`, { body: { requestedAdditionalDuration: 60 } }),
      ),
    ),
    life(
      '7. AVAILABLE, its duration passes',
      'UNAVAILABLE DURATION_EXPIRED; events: AVAILABLE, UNAVAILABLE DURATION_EXPIRED',
      ending(PAGE_DEVICE, () => gateway.advance(3_600)),
    ),
    life(
      '8. AVAILABLE, the network drops it',
      'UNAVAILABLE NETWORK_TERMINATED; events: AVAILABLE, UNAVAILABLE NETWORK_TERMINATED',
      ending(PAGE_DEVICE, ({ sessionId }) =>
        gateway.admin('POST', '/networks/simulator/simulator/lose', { sessionId }),
      ),
    ),
    life(
      '9. AVAILABLE, deleted',
      'gone; events: AVAILABLE, UNAVAILABLE DELETE_REQUESTED',
      ending(PAGE_DEVICE, (session) => call('DELETE', pathOf(session))),
    ),
    life(
      '10. REQUESTED, deleted',
      'gone; events: none',
      ending(NO_ANSWER, (session) => call('DELETE', pathOf(session))),
    ),
    life(
      '11. UNAVAILABLE, deleted',
      'gone; events: UNAVAILABLE NETWORK_TERMINATED',
      ending(REFUSED, (session) => call('DELETE', pathOf(session))),
    ),
    life(
      '11. UNAVAILABLE, kept for 359 s',
      'UNAVAILABLE NETWORK_TERMINATED; events: UNAVAILABLE NETWORK_TERMINATED',
      ending(REFUSED, () => gateway.advance(359)),
    ),
    life(
      '11. UNAVAILABLE, forgotten after 360 s',
      'gone; events: UNAVAILABLE NETWORK_TERMINATED',
      ending(REFUSED, () => gateway.advance(361)),
    ),
  ])
})

describe('every transition of an assignment', () => {
  /** The state of an assignment, and the events that its sink received. */
  async function seen(info: AssignmentInfo, before: number): Promise<string> {
    await gateway.advance(0.001)
    const answer = await call('GET', assignmentPath(info))
    const now = infoOf(answer)
    const events = gateway.sink.received
      .slice(before)
      .map(({ event }) => event.data as unknown as AssignmentInfo)
      .filter(({ assignmentId }) => assignmentId === info.assignmentId)
      .map(({ status: told, statusInfo = '' }) => `${told} ${statusInfo}`.trim())
    const state = answer.status === 404 ? 'gone' : [now.status, now.statusInfo].filter(Boolean).join(' ')
    return `${state}; events: ${events.join(', ') || 'none'}`
  }
  const life = (
    what: string,
    expected: string,
    device: () => object | Promise<object>,
    then: (info: AssignmentInfo) => Promise<unknown> = async () => undefined,
    options: CallOptions = {},
  ): Row => ({
    clause: '2.9',
    what,
    expected,
    async observe() {
      const before = gateway.sink.received.length
      const info = await assigned({ device: await device(), sink: gateway.sink.url }, options)
      await then(info)
      const observed = await seen(info, before)
      // The sandbox has one device of each kind, and the next row needs it too.
      await call('DELETE', assignmentPath(info))
      await gateway.advance(0.001)
      await call('DELETE', assignmentPath(info))
      return observed
    },
  })
  const revoke = (info: AssignmentInfo) => call('DELETE', assignmentPath(info))
  const lose = ({ assignmentId }: AssignmentInfo) =>
    gateway.admin('POST', '/networks/simulator/simulator/lose', { sessionId: assignmentId })
  const LOST = 'UNAVAILABLE NETWORK_TERMINATED; events: AVAILABLE, UNAVAILABLE NETWORK_TERMINATED'
  const FAILED = 'UNAVAILABLE NETWORK_TERMINATED; events: UNAVAILABLE NETWORK_TERMINATED'
  const REVOKED = 'UNAVAILABLE DELETE_REQUESTED; events: AVAILABLE, UNAVAILABLE DELETE_REQUESTED'

  rows([
    life('created, the network is slow', 'REQUESTED; events: none', () => NO_ANSWER),
    life('created, the network grants at once', 'AVAILABLE; events: AVAILABLE', robot),
    life('created, the network refuses at once', FAILED, () => REFUSED),
    life('REQUESTED, the network grants', 'AVAILABLE; events: AVAILABLE', robot, undefined, {
      headers: { prefer: 'respond-async' },
    }),
    life(
      'REQUESTED, the set-up takes too long',
      FAILED,
      () => NO_ANSWER,
      () => gateway.advance(30),
    ),
    life('REQUESTED, revoked', 'UNAVAILABLE DELETE_REQUESTED; events: none', () => NO_ANSWER, revoke),
    life('AVAILABLE, a week later', 'AVAILABLE; events: AVAILABLE', robot, () => gateway.advance(7 * 86_400)),
    life('AVAILABLE, the network drops it', LOST, robot, lose),
    life('AVAILABLE, revoked', REVOKED, robot, revoke),
    life('UNAVAILABLE, revoked', 'gone; events: UNAVAILABLE NETWORK_TERMINATED', () => REFUSED, revoke),
    life('revoked twice', 'gone; events: AVAILABLE, UNAVAILABLE DELETE_REQUESTED', robot, async (info) => {
      await revoke(info)
      await revoke(info)
    }),
    life('revoked, kept for 359 s', REVOKED, robot, async (info) => {
      await revoke(info)
      await gateway.advance(359)
    }),
    life(
      'revoked, forgotten after 360 s',
      'gone; events: AVAILABLE, UNAVAILABLE DELETE_REQUESTED',
      robot,
      async (info) => {
        await revoke(info)
        await gateway.advance(361)
      },
    ),
  ])

  rows([
    {
      clause: '2.9',
      what: 'AVAILABLE, revoked, the network lets go late',
      expected:
        '202 AVAILABLE DELETE_REQUESTED; then UNAVAILABLE DELETE_REQUESTED; events: AVAILABLE, UNAVAILABLE DELETE_REQUESTED',
      async observe() {
        const before = gateway.sink.received.length
        const info = await assigned({ sink: gateway.sink.url })
        await gateway.admin('PUT', '/networks/simulator/simulator/release-delay', { ms: 10_000 })
        const answer = await revoke(info)
        const left = infoOf(answer)
        await gateway.admin('PUT', '/networks/simulator/simulator/release-delay', { ms: 0 })
        await gateway.advance(10)
        return `${answer.status} ${left.status} ${left.statusInfo ?? ''}; then ${await seen(info, before)}`
      },
    },
  ])
})

// --- decisions ------------------------------------------------------------------------------------------------------

describe('our decisions', () => {
  const other = async () => ({ key: (await gateway.newKey()).key })
  const decision = (clause: string, what: string, expected: string, observe: () => Promise<string>): Row => ({
    clause,
    what,
    expected,
    observe,
  })

  rows([
    ...['v1', 'v1rc3', 'vwip'].map((version) =>
      decision('0', `served as /quality-on-demand/${version} and /qos-profiles/${version}`, '201 200', async () => {
        const one = await call('POST', `/quality-on-demand/${version}/sessions`, { body: body() })
        return `${said(one)} ${said(await call('GET', `/qos-profiles/${version}/qos-profiles/QOS_L`))}`
      }),
    ),
    decision(
      '0',
      'an unsupported credentialType, by /v1 and by its alias',
      '400 INVALID_CREDENTIAL, 400 INVALID_ARGUMENT',
      async () => {
        const given = body({ sink: SINK, sinkCredential: { credentialType: 'PLAIN' } })
        const [first, second] = [
          await call('POST', `${QOD}/sessions`, { body: given }),
          await call('POST', '/quality-on-demand/v1rc3/sessions', { body: given }),
        ]
        return `${said(first)}, ${said(second)}`
      },
    ),
    ...['v0.4', 'v0.3', 'v0.4rc1', 'vwip'].map((version) =>
      decision('0', `served as /qos-provisioning/${version}`, '201', async () =>
        said(
          await call('POST', `/qos-provisioning/${version}/qos-assignments`, {
            body: { device: await robot(), qosProfile: 'QOS_L' },
          }),
        ),
      ),
    ),
    decision('2.9', 'an assignment and a session of one device', '201 201', async () => {
      const { device } = await assigned()
      const first = await create({ device, applicationServer: { ipv4Address: '0.0.0.0/0' } })
      const second = await robot()
      await created({ device: second, applicationServer: { ipv4Address: '0.0.0.0/0' } })
      return `${said(first)} ${said(await assign({ device: second }))}`
    }),
    decision(
      '2.9',
      'a second assignment of a device, and another consumer’s',
      '409 CONFLICT 409 CONFLICT',
      async () => {
        const { device } = await assigned()
        return `${said(await assign({ device }))} ${said(await assign({ device }, await other()))}`
      },
    ),
    decision('2.9', 'a second assignment of a device, the first one revoked', '409 CONFLICT, then 201', async () => {
      const info = await assigned()
      await call('DELETE', assignmentPath(info))
      const first = await assign({ device: info.device })
      await call('DELETE', assignmentPath(info))
      return `${said(first)}, then ${said(await assign({ device: info.device }))}`
    }),
    ...(['GET', 'DELETE'] as const).map((method) =>
      decision('2.9', `${method} of another’s assignment`, '403 PERMISSION_DENIED', async () =>
        said(await call(method, assignmentPath(await assigned()), await other())),
      ),
    ),
    decision('2.9', 'another’s assignment, by its device', '404 NOT_FOUND', async () => {
      const { device } = await assigned()
      return said(
        await call('POST', `${PROVISIONING}/retrieve-qos-assignment`, { body: { device }, ...(await other()) }),
      )
    }),
    decision(
      '2.9',
      'an assignment by the path of sessions, and a session by that of assignments',
      '404 404',
      async () => {
        const { assignmentId } = await assigned()
        const { sessionId } = await created()
        const [one, two] = [
          await call('GET', `${QOD}/sessions/${assignmentId}`),
          await call('GET', `${ASSIGNMENTS}/${sessionId}`),
        ]
        return `${one.status} ${two.status}`
      },
    ),
    decision('0', '204 has no body and no Content-Type', '204 nothing', async () => {
      const { status, text, headers } = await call('DELETE', pathOf(await created()))
      return `${status} ${text === '' && headers['content-type'] === undefined ? 'nothing' : text}`
    }),
    decision('0', 'Prefer: respond-async', '201 REQUESTED', async () => {
      const { status, body: info } = await create({}, { headers: { prefer: 'respond-async' } })
      return `${status} ${info.qosStatus}`
    }),
    decision('0', 'a conflict across consumers, and nobody named', '409 CONFLICT', async () => {
      const { applicationServer } = await created()
      return said(await create({ applicationServer }, await other()))
    }),
    decision('0', "a session that the network ended, in another consumer's way", '201', async () => {
      const { applicationServer } = await created({ device: REFUSED })
      return said(await create({ applicationServer, device: REFUSED }, await other()))
    }),
    decision('0', "a session that the network ended, in its own consumer's way", '409 CONFLICT', async () => {
      const { applicationServer } = await created({ device: REFUSED })
      return said(await create({ applicationServer, device: REFUSED }))
    }),
    decision('0', 'a session that expired is in nobody’s way, and readable', '201 UNAVAILABLE', async () => {
      const session = await created({ duration: 1 })
      await gateway.advance(1)
      const next = await create({ applicationServer: session.applicationServer })
      return `${said(next)} ${(await call('GET', pathOf(session))).body.qosStatus}`
    }),
    decision('2.3', 'an extension is capped at the profile', '86400', async () => {
      const { body: info } = await call('POST', `${pathOf(await created())}/extend`, {
        body: { requestedAdditionalDuration: 86_400 },
      })
      return String(info.duration)
    }),
    decision('0', 'an extension while REQUESTED', '409 QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED', async () =>
      said(
        await call('POST', `${pathOf(await created({ device: NO_ANSWER }))}/extend`, {
          body: { requestedAdditionalDuration: 60 },
        }),
      ),
    ),
    ...(['GET', 'DELETE'] as const).map((method) =>
      decision('2.2', `${method} of another’s session`, '403 PERMISSION_DENIED', async () =>
        said(await call(method, pathOf(await created()), await other())),
      ),
    ),
    decision('2.3', 'extension of another’s session', '403 PERMISSION_DENIED', async () =>
      said(
        await call('POST', `${pathOf(await created())}/extend`, {
          ...(await other()),
          body: { requestedAdditionalDuration: 60 },
        }),
      ),
    ),
    decision('2.2', 'deleted twice', '404 NOT_FOUND', async () => {
      const session = await created()
      await call('DELETE', pathOf(session))
      return said(await call('DELETE', pathOf(session)))
    }),
    decision('0', 'a repeated create', 'the same session', async () => {
      const options = { body: body(), headers: { 'idempotency-key': 'repeated' } }
      const first = await call('POST', `${QOD}/sessions`, options)
      const second = await call('POST', `${QOD}/sessions`, options)
      return first.body.sessionId === second.body.sessionId ? 'the same session' : 'two sessions'
    }),
    decision('2.4', 'a device without sessions', '200 []', async () => {
      const { status, text } = await call('POST', `${QOD}/retrieve-sessions`, {
        ...(await other()),
        body: { device: PAGE_DEVICE },
      })
      return `${status} ${text}`
    }),
    decision(
      '0',
      'of several identifiers, the first that resolves is shown',
      '{"phoneNumber":"+36721601234567"}',
      async () => {
        const device = { phoneNumber: PAGE_DEVICE.phoneNumber, ipv6Address: '2001:db8::1' }
        return JSON.stringify((await created({ device })).device)
      },
    ),
    decision('2.0', 'a prefix is echoed as it was given', '192.0.2.77/28', async () => {
      const session = await created({ applicationServer: { ipv4Address: '192.0.2.77/28' } })
      return String((session.applicationServer as { ipv4Address: string }).ipv4Address)
    }),
    decision('0', 'restricted profiles, without a device and with one', 'no, 404 NOT_FOUND, yes', async () => {
      await gateway.admin('PUT', '/devices/entitled', {
        phoneNumber: '+15550000002',
        profiles: ['RESTRICTED'],
        addresses: [],
      })
      const listed = async (device?: object) => {
        const options = { body: { name: 'RESTRICTED', ...(device && { device }) } }
        return (await gateway.call<object[]>('POST', `${PROFILES}/retrieve-qos-profiles`, options)).body.length > 0
      }
      const one = await call('GET', `${PROFILES}/qos-profiles/RESTRICTED`)
      const words = [await listed(), await listed({ phoneNumber: '+15550000002' })].map((is) => (is ? 'yes' : 'no'))
      return `${words[0]}, ${said(one)}, ${words[1]}`
    }),
  ])
})

describe('an operator who supports phone numbers alone', () => {
  let narrow: TestGateway
  beforeAll(async () => {
    narrow = await startTestGateway({ settings: { 'directory.identifiers': ['phoneNumber'] } })
  })
  afterAll(() => narrow.close())

  rows(
    OPERATIONS.filter(({ errors }) => errors.includes(ELSEWHERE)).map(({ operationId, method, path }) => ({
      clause: CLAUSES[operationId] as string,
      what: `${operationId}: ${ELSEWHERE}`,
      expected: refusal(ELSEWHERE),
      async observe() {
        const device = { ipv6Address: '2001:db8:1234:5678::1' }
        const base = APIS.find(({ operations }) => operations.some((own) => own.operationId === operationId))
          ?.basePaths[0]
        const given = { createSession: body({ device }), createQosAssignment: { device, qosProfile: 'QOS_L' } }[
          operationId
        ]
        return said((await narrow.call(method, `${base}${path}`, { body: given ?? { device } })) as Told)
      },
    })),
  )
})
