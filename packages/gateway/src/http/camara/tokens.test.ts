// Ownership: two applications, two subscribers, every operation. And tokens that are limited to a device.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AssignmentInfo, ErrorInfo, SessionInfo } from '@rightofway/camara'
import { APIS } from '@rightofway/camara/schemas'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followEvents } from '../../../test/support/event-stream.js'
import {
  A_SESSION,
  type Answer,
  PAGE_DEVICE,
  PROFILES,
  QOD,
  startTestGateway,
  type TestGateway,
  withDataDir,
  withGateway,
} from '../../../test/support/gateway.js'
import { AUDIENCE, startIssuer, type TestIssuer } from '../../../test/support/issuer.js'
import { newClient } from '../../../test/support/oauth.js'

const SECOND = { phoneNumber: '+36209999999' }
const { device: _, ...WITHOUT_DEVICE } = A_SESSION

let gateway: TestGateway
/** Tokens by caller: application A or B, two-legged or for the first or second subscriber. */
let tokens: Record<'a' | 'a1' | 'a2' | 'b' | 'b1' | 'bKey', string>
let servers = 0

beforeAll(async () => {
  gateway = await startTestGateway()
  await gateway.admin('PUT', '/devices/second', { ...SECOND, addresses: [{ address: '10.9.9.9' }] })
  const [a, b] = [await newClient(gateway), await newClient(gateway)]
  const key = await gateway.admin<{ key: string }>('POST', `/applications/${b.application}/keys`, {})
  tokens = {
    a: await a.twoLegged(),
    a1: await a.threeLegged(`tel:${PAGE_DEVICE.phoneNumber}`),
    a2: await a.threeLegged(`tel:${SECOND.phoneNumber}`),
    b: await b.twoLegged(),
    b1: await b.threeLegged(`tel:${PAGE_DEVICE.phoneNumber}`),
    bKey: key.key,
  }
})
afterAll(() => gateway.close())

type Who = keyof typeof tokens
const isThreeLegged = (who: Who) => /[12]$/.test(who)
const as = <T = SessionInfo & ErrorInfo>(who: Who, method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
  gateway.call<T>(method, path, { key: tokens[who], ...(body && { body }) })

/** A session of a caller, with a new server. */
async function sessionOf(who: Who): Promise<SessionInfo> {
  const applicationServer = { ipv4Address: `198.51.100.${++servers}` }
  const body = { ...WITHOUT_DEVICE, applicationServer, ...(!isThreeLegged(who) && { device: PAGE_DEVICE }) }
  const { status, body: session } = await as(who, 'POST', `${QOD}/sessions`, body)
  expect(status).toBe(201)
  return session
}

const ASSIGNMENTS = '/qos-provisioning/v0.4/qos-assignments'

/** The assignment of the caller's device. */
async function assignmentOf(who: Who): Promise<AssignmentInfo> {
  const { status, body } = await as<AssignmentInfo>(who, 'POST', ASSIGNMENTS, assignmentBody(who))
  expect(status).toBe(201)
  return body
}
const assignmentBody = (who: Who) => ({ qosProfile: 'QOS_L', ...(!isThreeLegged(who) && { device: PAGE_DEVICE }) })

/** Revokes an assignment, and deletes its record: a retained one would conflict with the next. */
async function forgetAssignment(who: Who, { assignmentId }: AssignmentInfo): Promise<void> {
  for (let times = 0; times < 2; times++) {
    expect((await as(who, 'DELETE', `${ASSIGNMENTS}/${assignmentId}`)).status).toBe(204)
  }
}

const DENIED = [403, { code: 'PERMISSION_DENIED' }]
const outcome = ({ status, body }: Answer) => [status, body]

/** By operation, the answers to callers without access to a session and an assignment. All operations must be here. */
const STRANGERS: Readonly<
  Record<string, (who: Who, session: SessionInfo, assignment: AssignmentInfo) => Promise<void>>
> = {
  async createSession(who, session) {
    const named = isThreeLegged(who) ? {} : { device: PAGE_DEVICE }
    const body = { ...WITHOUT_DEVICE, ...named, applicationServer: session.applicationServer }
    const answer = await as(who, 'POST', `${QOD}/sessions`, body)
    // The second subscriber's flow is another one, and free.
    if (who === 'a2') return expect(answer.status).toBe(201)
    expect(outcome(answer)).toMatchObject([409, { code: 'CONFLICT' }])
    expect(answer.text).not.toContain(session.sessionId)
  },
  async getSession(who, { sessionId }) {
    expect(outcome(await as(who, 'GET', `${QOD}/sessions/${sessionId}`))).toMatchObject(DENIED)
  },
  async deleteSession(who, { sessionId }) {
    expect(outcome(await as(who, 'DELETE', `${QOD}/sessions/${sessionId}`))).toMatchObject(DENIED)
  },
  async extendQosSessionDuration(who, { sessionId }) {
    const body = { requestedAdditionalDuration: 60 }
    expect(outcome(await as(who, 'POST', `${QOD}/sessions/${sessionId}/extend`, body))).toMatchObject(DENIED)
  },
  async watchSession(who, { sessionId }) {
    expect(outcome(await as(who, 'GET', `${QOD}/sessions/${sessionId}/events`))).toMatchObject(DENIED)
  },
  async getSessionUsage(who, { sessionId }) {
    expect(outcome(await as(who, 'GET', `${QOD}/sessions/${sessionId}/usage`))).toMatchObject(DENIED)
  },
  async watchSessions(who, { sessionId }) {
    const stream = await followEvents(gateway, '/sessions/events', '0', tokens[who])
    const own = await sessionOf(who)
    const seen: (string | undefined)[] = []
    while (seen.at(-1) !== own.sessionId) seen.push((await stream.next())?.event.data.sessionId)
    stream.leave()
    expect(seen).not.toContain(sessionId)
  },
  async retrieveSessionsByDevice(who, { sessionId }) {
    const body = isThreeLegged(who) ? {} : { device: PAGE_DEVICE }
    const answer = await as(who, 'POST', `${QOD}/retrieve-sessions`, body)
    expect(answer.status).toBe(200)
    expect(answer.text).not.toContain(sessionId)
  },
  async listSessions(who, { sessionId }) {
    const answer = await as(who, 'GET', `${QOD}/sessions`)
    expect(answer.status).toBe(200)
    expect(answer.text).not.toContain(sessionId)
  },
  async createQosAssignment(who, _session, { assignmentId }) {
    // The second subscriber's device is another one.
    if (who === 'a2') return forgetAssignment(who, await assignmentOf(who))
    const answer = await as(who, 'POST', ASSIGNMENTS, assignmentBody(who))
    expect(outcome(answer)).toMatchObject([409, { code: 'CONFLICT' }])
    expect(answer.text).not.toContain(assignmentId)
  },
  async getQosAssignmentById(who, _session, { assignmentId }) {
    expect(outcome(await as(who, 'GET', `${ASSIGNMENTS}/${assignmentId}`))).toMatchObject(DENIED)
  },
  async revokeQosAssignment(who, _session, { assignmentId }) {
    expect(outcome(await as(who, 'DELETE', `${ASSIGNMENTS}/${assignmentId}`))).toMatchObject(DENIED)
  },
  async watchQosAssignment(who, _session, { assignmentId }) {
    expect(outcome(await as(who, 'GET', `${ASSIGNMENTS}/${assignmentId}/events`))).toMatchObject(DENIED)
  },
  async getQosAssignmentByDevice(who) {
    const body = isThreeLegged(who) ? {} : { device: PAGE_DEVICE }
    const answer = await as(who, 'POST', '/qos-provisioning/v0.4/retrieve-qos-assignment', body)
    expect(outcome(answer)).toMatchObject([404, { code: 'NOT_FOUND' }])
  },
  // Every caller may read profiles: they contain nothing of sessions.
  async getQosProfile(who, { sessionId }) {
    expect((await as(who, 'GET', `${PROFILES}/qos-profiles/QOS_L`)).text).not.toContain(sessionId)
  },
  async retrieveQosProfiles(who, { sessionId }) {
    expect((await as(who, 'POST', `${PROFILES}/retrieve-qos-profiles`, {})).text).not.toContain(sessionId)
  },
}

describe('a resource of another caller [contract 2.0, ownership]', () => {
  const operations = APIS.flatMap((api) => api.operations.map(({ operationId }) => operationId))

  it.each<[owner: Who, strangers: Who[], friends: Who[]]>([
    ['a', ['b', 'bKey', 'b1', 'a1', 'a2'], ['a']],
    ['a1', ['b', 'bKey', 'b1', 'a2'], ['a1', 'a']],
    ['bKey', ['a', 'a1', 'a2', 'b1'], ['bKey', 'b']],
  ])('is out of reach of every operation: a session of %s for %j', async (owner, strangers, friends) => {
    for (const stranger of strangers) {
      const session = await sessionOf(owner)
      const assignment = await assignmentOf(owner)
      for (const operation of operations) {
        const attempt = STRANGERS[operation]
        if (attempt === undefined) throw new Error(`nobody says how a stranger fares with ${operation}`)
        await attempt(stranger, session, assignment)
      }
      for (const friend of friends) {
        const after = await as(friend, 'GET', `${QOD}/sessions/${session.sessionId}`)
        expect(after.body, `${owner} after ${stranger}, seen by ${friend}`).toEqual(session)
        const assigned = await as(friend, 'GET', `${ASSIGNMENTS}/${assignment.assignmentId}`)
        expect(assigned.body, `${owner} after ${stranger}, seen by ${friend}`).toEqual(assignment)
      }
      await forgetAssignment(owner, assignment)
    }
  })

  it('is not revealed by the first id of a stream [watchSessions]', async () => {
    const { sessionId } = await sessionOf('a1')
    const firstBlock = async (who: Who) => {
      const stream = await followEvents(gateway, '/sessions/events', undefined, tokens[who])
      const block = await stream.block()
      stream.leave()
      return block
    }
    expect(await firstBlock('a')).toContain(sessionId)
    for (const stranger of ['a2', 'b', 'b1'] as const) expect(await firstBlock(stranger)).not.toContain(sessionId)
  })

  it('is not found by the Idempotency-Key of another subscriber or application', async () => {
    const create = async (who: Who) => {
      const body = { ...WITHOUT_DEVICE, applicationServer: { ipv4Address: '203.0.113.77' } }
      const headers = { 'idempotency-key': 'the same' }
      return gateway.call<SessionInfo & ErrorInfo>('POST', `${QOD}/sessions`, { key: tokens[who], body, headers })
    }
    const { body } = await create('a1')
    expect((await create('a1')).body.sessionId).toBe(body.sessionId)
    expect((await create('a2')).body.sessionId).not.toBe(body.sessionId)
    expect((await create('b1')).body).toMatchObject({ code: 'CONFLICT' })
  })
})

describe('a token that names a device [contract 2.0, 2-legged and 3-legged]', () => {
  it.each([
    ['createSession', `${QOD}/sessions`, WITHOUT_DEVICE],
    ['retrieveSessionsByDevice', `${QOD}/retrieve-sessions`, {}],
    ['retrieveQosProfiles', `${PROFILES}/retrieve-qos-profiles`, {}],
  ])(
    'leaves nothing to be named in a request, be it the same: 422 UNNECESSARY_IDENTIFIER [%s]',
    async (_id, path, body) => {
      for (const device of [PAGE_DEVICE, SECOND, { phoneNumber: '+36999999999' }]) {
        const answer = await as('a1', 'POST', path, { ...body, device })
        expect(outcome(answer)).toMatchObject([422, { code: 'UNNECESSARY_IDENTIFIER' }])
      }
    },
  )

  it.each([
    ['createSession', `${QOD}/sessions`, WITHOUT_DEVICE, 422],
    ['retrieveSessionsByDevice', `${QOD}/retrieve-sessions`, {}, 422],
    ['retrieveQosProfiles', `${PROFILES}/retrieve-qos-profiles`, {}, 200],
  ])('is missed where there is none, but for profiles: MISSING_IDENTIFIER [%s]', async (_id, path, body, status) => {
    const answer = await as('a', 'POST', path, body)
    expect(answer.status).toBe(status)
    if (status === 422) expect(answer.body.code).toBe('MISSING_IDENTIFIER')
  })

  it('leaves the device out of every answer', async () => {
    const session = await sessionOf('a1')
    const path = `${QOD}/sessions/${session.sessionId}`
    const answers = [
      await as('a1', 'GET', path),
      await as('a', 'GET', path),
      await as('a1', 'POST', `${path}/extend`, { requestedAdditionalDuration: 60 }),
      await as('a1', 'POST', `${QOD}/retrieve-sessions`, {}),
    ]
    expect(session).not.toHaveProperty('device')
    for (const { status, text } of answers) {
      expect(status).toBe(200)
      expect(text).toContain(session.sessionId)
      expect(text).not.toMatch(/device|3672160|192\.0\.2|233\.252/)
    }
    expect((await as('a1', 'DELETE', path)).status).toBe(204)
  })

  it('follows the device, not the address that identified it when the token was issued', () =>
    withGateway(async (another) => {
      const put = (id: string, address: string) => another.admin('PUT', `/devices/${id}`, { addresses: [{ address }] })
      await put('one', '10.1.1.1')
      const client = await newClient(another)
      const token = await client.threeLegged('ipport:10.1.1.1:4711')
      const create = () => another.call<ErrorInfo>('POST', `${QOD}/sessions`, { key: token, body: WITHOUT_DEVICE })
      // Another device gets the address.
      await put('two', '10.1.1.1')
      await put('one', '10.1.1.2')
      expect((await create()).status).toBe(201)
      const held = await another.store.sessions.list({ limit: 10 })
      expect(held.map(({ session }) => session.flow.device)).toEqual([{ ipv4: '10.1.1.2/32' }])
      await another.admin('DELETE', '/devices/one')
      expect(outcome(await create())).toMatchObject([404, { code: 'IDENTIFIER_NOT_FOUND' }])
    }))
})

/** A gateway that accepts tokens of another authorization server, by `settings`. */
const withIssuer = (settings: object, use: (gateway: TestGateway, issuer: TestIssuer) => Promise<void>) =>
  withDataDir(async (dataDir) => {
    const issuer = await startIssuer()
    const file = join(dataDir, 'gateway.yaml')
    const { issuer: url, jwksUri } = issuer
    const config = { oauth: { issuers: [{ id: 'idp', issuer: url, audience: AUDIENCE, jwksUri, ...settings }] } }
    writeFileSync(file, JSON.stringify(config))
    try {
      await withGateway((gateway) => use(gateway, issuer), { file })
    } finally {
      await issuer.close()
    }
  })

describe('tokens of another authorization server', () => {
  it('are accepted as configured, and own the sessions that they create', () =>
    withIssuer({ device: { claim: 'phone_number', kind: 'phoneNumber' } }, async ({ call, admin }, issuer) => {
      const scope = 'quality-on-demand:sessions:create quality-on-demand:sessions:read'
      const [shop, bank] = await Promise.all(
        ['shop', 'bank'].map((client_id) => issuer.token({ client_id, scope, phone_number: '36721601234567' })),
      )
      const created = await call<SessionInfo>('POST', `${QOD}/sessions`, {
        key: shop as string,
        body: WITHOUT_DEVICE,
      })
      expect(created.status).toBe(201)
      expect(created.body).not.toHaveProperty('device')
      const path = `${QOD}/sessions/${created.body.sessionId}`
      expect((await call('GET', path, { key: shop as string })).status).toBe(200)
      expect(outcome(await call('GET', path, { key: bank as string }))).toMatchObject(DENIED)
      expect(outcome(await call('DELETE', path, { key: shop as string }))).toMatchObject(DENIED)
      const known = (await admin<{ id: string }[]>('GET', '/applications')).map(({ id }) => id)
      expect(known).toEqual(expect.arrayContaining(['idp.shop', 'idp.bank']))
      await admin('PUT', '/applications/idp.shop/suspension')
      expect((await call('GET', path, { key: shop as string })).status).toBe(401)
    }))

  it('are refused without a purpose, where the configuration requires one [CAMARA Security and Interoperability Profile]', () =>
    withIssuer({ purpose: 'required' }, async ({ call }, issuer) => {
      const profile = `${PROFILES}/qos-profiles/QOS_L`
      const without = await call('GET', profile, { key: await issuer.token({ scope: 'qos-profiles:read' }) })
      expect(outcome(without)).toMatchObject([403, { code: 'PERMISSION_DENIED' }])
      expect(JSON.stringify(without.body)).toContain('exactly one purpose, such as dpv:RequestedServiceProvision')
      expect(without.headers['www-authenticate']).toBe('Bearer error="insufficient_scope"')
      const scope = 'dpv:RequestedServiceProvision qos-profiles:read'
      expect((await call('GET', profile, { key: await issuer.token({ scope }) })).status).toBe(200)
    }))
})
