import { type ApplicationId, type ErrorInfo, QodError } from '@rightofway/camara'
import { APIS, type Operation } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  A_SESSION,
  type Answer,
  PAGE_DEVICE,
  PROFILES,
  QOD,
  startTestGateway,
  type TestGateway,
} from '../../test/support/gateway.js'
import type { Caller } from '../domain/caller.js'
import { StoreUnavailable } from '../domain/store-unavailable.js'
import { addRoutes, type Gate, type Route, type RouteAnswer } from './route.js'
import { createServer } from './server.js'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway.close())

const NO_SESSION = '/sessions/00000000-0000-4000-8000-000000000000'
const NO_ASSIGNMENT = '/qos-assignments/00000000-0000-8000-8000-000000000000'
const BODIES: Readonly<Record<string, object>> = {
  createSession: A_SESSION,
  extendQosSessionDuration: { requestedAdditionalDuration: 60 },
  retrieveSessionsByDevice: { device: PAGE_DEVICE },
  retrieveQosProfiles: {},
  createQosAssignment: { device: PAGE_DEVICE, qosProfile: 'QOS_L' },
  getQosAssignmentByDevice: { device: PAGE_DEVICE },
}

/** Every operation of CAMARA's APIs and our own, with a well-formed request. */
const OPERATIONS = APIS.flatMap(({ basePaths: [base], operations }) =>
  operations.map(({ operationId, method, path, scope = '' }) => ({
    operationId,
    endless: operationId === 'watchSessions',
    method,
    path:
      base +
      path
        .replace('/sessions/{sessionId}', NO_SESSION)
        .replace('/qos-assignments/{assignmentId}', NO_ASSIGNMENT)
        .replace('{name}', 'QOS_L'),
    scope,
    body: BODIES[operationId],
  })),
)
type Call = (typeof OPERATIONS)[number]

const ask = (call: Call, headers: Record<string, string> = {}, key: string | null = gateway.key) =>
  call.endless
    ? begin(call, headers, key)
    : gateway.call<ErrorInfo>(call.method, call.path, { headers, key, ...(call.body && { body: call.body }) })

/** Requests a stream, and disconnects when its answer has begun. */
async function begin(
  { path }: Call,
  headers: Record<string, string>,
  key: string | null,
): Promise<Pick<Answer<ErrorInfo>, 'status' | 'headers' | 'body'>> {
  const leaving = new AbortController()
  const response = await fetch(gateway.url + path, {
    headers: { ...headers, ...(key !== null && { authorization: `Bearer ${key}` }) },
    signal: leaving.signal,
  })
  const body = (response.ok ? undefined : await response.json()) as ErrorInfo
  leaving.abort()
  return { status: response.status, headers: Object.fromEntries(response.headers), body }
}

describe.each(OPERATIONS)('$operationId', (call) => {
  it('answers 401 alike to no key, a malformed, an unknown and a revoked one [contract 2.0: tokens]', async () => {
    const { key: revoked, prefix } = await gateway.newKey()
    await gateway.admin('DELETE', `/keys/${prefix}`)
    const unknown = `row_0123456789ab_${'A'.repeat(43)}`
    for (const key of [null, 'nonsense', 'row_', unknown, revoked]) {
      const answer = await ask(call, {}, key)
      expect(answer.status).toBe(401)
      // RFC 6750 section 3.1: only a request with credentials is told that they are wrong.
      expect(answer.headers['www-authenticate']).toBe(key === null ? 'Bearer' : 'Bearer error="invalid_token"')
      expect(answer.body).toEqual({
        status: 401,
        code: 'UNAUTHENTICATED',
        message: 'The request has no valid application key or access token.',
      })
    }
  })

  it('answers 403 to a key that lacks its scope, and needs no other', async () => {
    const scopes = OPERATIONS.map(({ scope }) => scope)
    const { key: others } = await gateway.newKey({
      scopes: [...new Set(scopes.filter((scope) => scope !== call.scope))],
    })
    expect((await ask(call, {}, others)).body).toEqual({
      status: 403,
      code: 'PERMISSION_DENIED',
      message: `This operation requires the scope ${call.scope}.`,
    })
    const { key: own } = await gateway.newKey({ scopes: [call.scope] })
    expect((await ask(call, {}, own)).status).not.toBe(403)
  })

  it('echoes x-correlator in every answer, and generates one where it is absent [contract 2.0]', async () => {
    for (const correlator of ['b4333c46-49c0-4f62-80d7-f0ef930f1c46', 'a_B-9:;./<>{}', 'x'.repeat(256)]) {
      expect((await ask(call, { 'x-correlator': correlator })).headers['x-correlator']).toBe(correlator)
      expect((await ask(call, { 'x-correlator': correlator }, null)).headers['x-correlator']).toBe(correlator)
    }
    for (const headers of [{}, { 'x-correlator': '' }] as Record<string, string>[]) {
      const answer = await ask(call, headers)
      expect(answer.headers['x-correlator']).toMatch(/^[0-9a-f-]{36}$/)
      expect(answer.body).not.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
  })

  it('refuses an x-correlator that does not match, and does not echo it [contract 2.0]', async () => {
    for (const correlator of ['a b', 'ä', '"', 'x'.repeat(257), 'one, two']) {
      const answer = await ask(call, { 'x-correlator': correlator })
      expect(answer.body).toEqual({
        status: 400,
        code: 'INVALID_ARGUMENT',
        message: 'x-correlator (header) must match ^[a-zA-Z0-9\\-_:;./<>{}]{0,256}$',
      })
      expect(answer.headers['x-correlator']).toMatch(/^[0-9a-f-]{36}$/)
    }
  })
})

describe('keys', () => {
  const profile = (headers: Record<string, string>) =>
    gateway.call('GET', `${PROFILES}/qos-profiles/QOS_L`, { headers, key: null })

  it('are taken from Authorization, and from X-RapidAPI-Key as Nokia sends them [contract 3.1]', async () => {
    const { key } = gateway
    expect((await profile({ authorization: `Bearer ${key}` })).status).toBe(200)
    expect((await profile({ authorization: `bearer ${key}` })).status).toBe(200)
    expect(
      (await profile({ 'X-RapidAPI-Key': key, 'X-RapidAPI-Host': 'network-as-code.nokia.rapidapi.com' })).status,
    ).toBe(200)
  })

  it('are not taken from other places or schemes', async () => {
    const { key } = gateway
    const basic = Buffer.from(`${key}:`).toString('base64')
    for (const headers of [{ authorization: key }, { authorization: `Basic ${basic}` }, { 'x-api-key': key }]) {
      expect((await profile(headers as Record<string, string>)).status).toBe(401)
    }
    const inQuery = await gateway.call('GET', `${PROFILES}/qos-profiles/QOS_L?key=${key}`, { key: null })
    expect(inQuery.status).toBe(401)
  })

  it('that are wrong in Authorization are refused, whatever X-RapidAPI-Key has', async () => {
    expect((await profile({ authorization: 'Bearer nonsense', 'x-rapidapi-key': gateway.key })).status).toBe(401)
  })
})

describe('the order of the checks [contract 2.0]', () => {
  it('is authentication, scope, correlator, media type, JSON, schema', async () => {
    const { key: noScope } = await gateway.newKey({ scopes: [] })
    const headers: Record<string, string> = { 'x-correlator': 'a b', 'content-type': 'text/plain' }
    let body = '{'
    const refusal = async (key: string | null) => {
      const answer = await gateway.call<ErrorInfo>('POST', `${QOD}/sessions`, { key, headers, body })
      return `${answer.status} ${answer.body.message}`
    }
    expect(await refusal(null)).toBe('401 The request has no valid application key or access token.')
    expect(await refusal(noScope)).toBe('403 This operation requires the scope quality-on-demand:sessions:create.')
    expect(await refusal(gateway.key)).toMatch('400 x-correlator (header) must match')
    headers['x-correlator'] = 'mine'
    expect(await refusal(gateway.key)).toBe('415 The body must be application/json.')
    headers['content-type'] = 'application/json'
    expect(await refusal(gateway.key)).toBe('400 The body is not JSON: there is an error at position 1')
    body = '{}'
    expect(await refusal(gateway.key)).toBe('400 applicationServer is required')
  })

  it('is the method of the path, then authentication', async () => {
    expect((await gateway.call('PUT', `${QOD}/sessions`, { key: null })).status).toBe(405)
    expect((await gateway.call('PUT', `${QOD}/sessions`)).status).toBe(405)
  })
})

describe('a route', () => {
  const OPERATION = {
    operationId: 'doIt',
    method: 'POST',
    path: '/it',
    summary: '',
    tag: '',
    scope: 'it:do',
    success: { status: 202, description: '', schema: Type.Object({ done: Type.Boolean() }) },
    errors: [],
  } as const satisfies Operation
  const CALLER: Caller = { application: 'app-1' as ApplicationId, compatibility: 'camara' }

  /** Calls a route that answers, or fails, as `handle` does. */
  async function callRoute(handle: () => RouteAnswer<typeof OPERATION>, gate: Partial<Gate> = {}) {
    const faults: QodError[] = []
    const app = createServer({ onFault: (fault) => void faults.push(fault) })
    const definition: Route<Operation, undefined> = { operation: OPERATION, handle: async () => handle() }
    addRoutes(app, '/api', [definition], undefined, {
      admit: () => CALLER,
      onFault: (fault) => void faults.push(fault),
      stopping: new AbortController().signal,
      ...gate,
    })
    const response = await app.inject({ method: 'POST', url: '/api/it' })
    await app.close()
    return { status: response.statusCode, headers: response.headers, text: response.body, faults }
  }

  const fail = (error: Error) => () => {
    throw error
  }

  it('answers with the status of its operation by default', async () => {
    expect(await callRoute(() => ({ body: { done: true } }))).toMatchObject({ status: 202, text: '{"done":true}' })
    expect((await callRoute(() => ({ status: 200, body: { done: true } }))).status).toBe(200)
  })

  it('answers 204 without a body and without a content type [contract 0: 204]', async () => {
    const { headers, text } = await callRoute(() => ({ status: 204 }))
    expect(text).toBe('')
    expect(headers).not.toHaveProperty('content-type')
  })

  it('answers 500 to an internal error, and reports its cause to the log only', async () => {
    const cause = new Error('SQLITE_CORRUPT: in table sessions')
    const { status, text, faults } = await callRoute(fail(cause))
    expect(status).toBe(500)
    expect(JSON.parse(text)).toEqual({
      status: 500,
      code: 'INTERNAL',
      message: 'The gateway failed with an internal error.',
    })
    expect(faults).toEqual([expect.objectContaining({ code: 'INTERNAL', cause })])
  })

  it('answers 503 with retry-after while the store is unavailable [RFC 9110 section 10.2.3]', async () => {
    const { status, headers, faults } = await callRoute(fail(new StoreUnavailable('busy')))
    expect(status).toBe(503)
    expect(headers['retry-after']).toBe('1')
    expect(faults).toHaveLength(1)
  })

  it('shortens the message of a refusal, and does not report it as a fault [schema ErrorInfo]', async () => {
    const long = new QodError('TOO_MANY_REQUESTS', 'x'.repeat(600), { retryAfterSeconds: 1.2 })
    const { status, headers, text, faults } = await callRoute(fail(long))
    expect(status).toBe(429)
    expect(headers['retry-after']).toBe('2')
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
    expect(JSON.parse(text)).toEqual({ status: 429, code: 'TOO_MANY_REQUESTS', message: 'x'.repeat(512) })
    expect(faults).toEqual([])
  })

  it('reports every answer, by operation and status', async () => {
    const told: unknown[] = []
    const onAnswer: Gate['onAnswer'] = (operation, status, ms) => void told.push([operation, status, ms >= 0])
    await callRoute(() => ({ body: { done: true } }), { onAnswer })
    await callRoute(fail(new QodError('CONFLICT')), { onAnswer })
    await callRoute(() => ({}), { onAnswer, admit: fail(new QodError('UNAUTHENTICATED')) })
    expect(told).toEqual([
      ['doIt', 202, true],
      ['doIt', 409, true],
      ['doIt', 401, true],
    ])
  })

  it('authenticates synchronously or asynchronously, and stops at a failure', async () => {
    const answer = () => ({ body: { done: true } })
    expect((await callRoute(answer, { admit: async () => CALLER })).status).toBe(202)
    const nobody = new QodError('UNAUTHENTICATED')
    expect((await callRoute(answer, { admit: fail(nobody) })).status).toBe(401)
    expect((await callRoute(answer, { admit: () => Promise.reject(nobody) })).status).toBe(401)
  })

  it('admits callers with scopes by their scope, and others by their key alone', async () => {
    const answer = () => ({ body: { done: true } })
    const scoped = (...scopes: string[]) => ({ admit: () => ({ ...CALLER, scopes: new Set(scopes) }) })
    expect((await callRoute(answer, scoped('it:do'))).status).toBe(202)
    expect((await callRoute(answer, scoped('it:undo'))).status).toBe(403)
    expect((await callRoute(answer, scoped())).status).toBe(403)
  })
})
