import type { ErrorInfo, SessionInfo } from '@rightofway/camara'
import { NetworkAsCodeApiClient } from 'network-as-code'
import { describe, expect, it } from 'vitest'
import {
  type Answer,
  PAGE_DEVICE,
  PROFILES,
  QOD,
  type TestGateway,
  withGateway,
} from '../../../test/support/gateway.js'
import { StoreUnavailable } from '../../domain/store-unavailable.js'

const V0 = '/qod/v0'

/** Runs `use` with a gateway and a key for Nokia's clients. */
const withNokia = (use: (gateway: TestGateway, key: string) => Promise<void>) => () =>
  withGateway(async (gateway) => use(gateway, (await gateway.newKey({ compatibility: 'nokia' })).key))

/** As TypeScript 7.0.0 sends it: its own headers, no Authorization, a content type on every verb. */
const typescript7 = (key: string) => ({
  key: null,
  headers: {
    'X-RapidAPI-Key': key,
    'X-RapidAPI-Host': 'network-as-code.nokia.rapidapi.com',
    'Content-Type': 'application/json',
  },
})

/** The device of the page, as `Devices.get` of Nokia's clients makes it. */
const DEVICE = {
  networkAccessIdentifier: 'device@testcsp.net',
  phoneNumber: '36721601234567',
  ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 },
}

const A_SESSION = { qosProfile: 'QOS_L', device: DEVICE, applicationServer: { ipv4Address: '5.6.7.8' }, duration: 3600 }

const V1_EVENT = 'org.camaraproject.quality-on-demand.v1.qos-status-changed'
const V0_EVENT = 'org.camaraproject.qod.v0.qos-status-changed'

/** The events of one session, as its sink received them. */
const told = ({ sink }: TestGateway) =>
  sink.received.map(({ event: { type, data } }) => `${type} ${data.qosStatus} ${data.statusInfo ?? ''}`.trim())

/** The answer to the same request without the compatibility. */
const strict = async (gateway: TestGateway, body: object): Promise<Answer<ErrorInfo>> =>
  gateway.call<ErrorInfo>('POST', `${QOD}/sessions`, { body })

describe("Nokia's TypeScript 7.0.0", () => {
  it(
    'creates, gets, lists, extends and ends a session; the device is shown as it was sent',
    withNokia(async (gateway, key) => {
      const as = typescript7(key)
      const created = await gateway.call<SessionInfo>('POST', `${QOD}/sessions`, {
        ...as,
        body: {
          ...A_SESSION,
          sink: gateway.sink.url,
          sinkCredential: {
            credentialType: 'ACCESSTOKEN',
            accessToken: 'secret',
            accessTokenType: 'bearer',
            accessTokenExpiresUtc: new Date('2999-01-01').toISOString(),
          },
        },
      })
      expect(created).toMatchObject({ status: 201, body: { qosStatus: 'REQUESTED', duration: 3600, device: DEVICE } })
      const { sessionId, startedAt = '', expiresAt = '' } = created.body
      expect(Date.parse(expiresAt) - Date.parse(startedAt)).toBe(3_600_000)
      await gateway.sink.count(1)
      expect(gateway.sink.received[0]).toMatchObject({ headers: { authorization: 'Bearer secret' } })

      const got = await gateway.call<SessionInfo>('GET', `${QOD}/sessions/${sessionId}/`, as)
      expect(got).toMatchObject({ status: 200, body: { sessionId, qosStatus: 'AVAILABLE', device: DEVICE } })
      const { phoneNumber } = DEVICE
      const listed = await gateway.call('POST', `${QOD}/retrieve-sessions`, {
        ...as,
        body: { device: { phoneNumber } },
      })
      expect(listed).toMatchObject({ status: 200, body: [got.body] })
      const extended = await gateway.call('POST', `${QOD}/sessions/${sessionId}/extend`, {
        ...as,
        body: { requestedAdditionalDuration: 60 },
      })
      expect(extended).toMatchObject({ status: 200, body: { duration: 3660, device: DEVICE } })
      expect((await gateway.call('DELETE', `${QOD}/sessions/${sessionId}`, as)).status).toBe(204)
      expect((await gateway.call('GET', `${QOD}/sessions/${sessionId}`, as)).status).toBe(404)
      await gateway.sink.count(2)
      expect(told(gateway)).toEqual([`${V1_EVENT} AVAILABLE`, `${V1_EVENT} UNAVAILABLE DELETE_REQUESTED`])
    }),
  )

  it(
    'leaves out the duration, and gets a day, or as long as the profile allows',
    withNokia(async (gateway, key) => {
      const { duration: _, ...body } = A_SESSION
      expect((await strict(gateway, { ...body, device: PAGE_DEVICE })).body).toMatchObject({ status: 400 })
      const long = await gateway.call<SessionInfo>('POST', `${QOD}/sessions`, { ...typescript7(key), body })
      expect(long.body.duration).toBe(86_400)
      const { body: profile } = await gateway.call<object>('GET', `${PROFILES}/qos-profiles/QOS_E`)
      await gateway.admin('PUT', '/profiles/QOS_E', { ...profile, maxDuration: { value: 2, unit: 'Minutes' } })
      const applicationServer = { ipv4Address: '5.6.7.9' }
      const short = await gateway.call<SessionInfo>('POST', `${QOD}/sessions`, {
        ...typescript7(key),
        body: { ...body, qosProfile: 'QOS_E', applicationServer },
      })
      expect(short.body.duration).toBe(120)
    }),
  )

  it.each([
    ['imsi beside the identifiers', { device: { ...DEVICE, imsi: 123_456_789 } }],
    ['null members', { applicationServer: { ipv4Address: null, ipv6Address: '2001:db8::1' }, sink: null }],
    ['a number without its plus', { device: { phoneNumber: '36721601234567' } }],
  ])('may send %s; others may not', (_what, members) =>
    withNokia(async (gateway, key) => {
      const body = { ...A_SESSION, device: PAGE_DEVICE, ...members }
      expect(await strict(gateway, body)).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT' } })
      expect((await gateway.call('POST', `${QOD}/sessions`, { ...typescript7(key), body })).status).toBe(201)
    })(),
  )

  it(
    'is told CONFLICT when it asks twice, and every other refusal as anyone is',
    withNokia(async (gateway, key) => {
      const create = (body: object) => gateway.call<ErrorInfo>('POST', `${QOD}/sessions`, { ...typescript7(key), body })
      expect((await create(A_SESSION)).status).toBe(201)
      expect(await create(A_SESSION)).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
      expect(await create({ ...A_SESSION, imsi: 1 })).toMatchObject({ status: 400 })
      expect(await create({ ...A_SESSION, qosProfile: 'NONE' })).toMatchObject({ status: 400 })
    }),
  )

  it(
    'gets the session that it made when it repeats a create whose answer was a 5xx',
    withNokia(async (gateway, key) => {
      const create = () =>
        gateway.call<SessionInfo>('POST', `${QOD}/sessions`, { ...typescript7(key), body: A_SESSION })
      const { commit } = gateway.store.sessions
      // Committed, and then the connection to the store breaks.
      gateway.store.sessions.commit = async (change) => {
        gateway.store.sessions.commit = commit
        await commit.call(gateway.store.sessions, change)
        throw new StoreUnavailable('gone')
      }
      expect((await create()).status).toBe(503)
      const again = await create()
      expect(again).toMatchObject({ status: 201, body: { device: DEVICE } })
      expect((await create()).status).toBe(409)
    }),
  )
})

describe("npm's network-as-code 10.0.0", () => {
  const client = (gateway: TestGateway, key: string) =>
    new NetworkAsCodeApiClient({ baseUrl: gateway.url, apiKey: key, maxRetries: 0 })

  it(
    'creates, gets, lists, extends and ends a session of v1',
    withNokia(async (gateway, key) => {
      const { qod } = client(gateway, key)
      const { sessionId, ...created } = await qod.createSessionV1({ ...A_SESSION, sink: gateway.sink.url })
      expect(created).toMatchObject({ qosStatus: 'REQUESTED', device: DEVICE })
      await gateway.sink.count(1)
      expect(await qod.getSessionV1({ sessionId })).toMatchObject({ qosStatus: 'AVAILABLE', device: DEVICE })
      expect(await qod.retrieveSessionsV1({ device: DEVICE })).toHaveLength(1)
      expect(await qod.extendSessionV1({ sessionId, requestedAdditionalDuration: 60 })).toMatchObject({
        duration: 3660,
      })
      await qod.deleteSessionV1({ sessionId })
      await expect(qod.getSessionV1({ sessionId })).rejects.toMatchObject({ statusCode: 404 })
    }),
  )

  it(
    'creates, gets, lists, extends and ends a session of v0, with a webhook',
    withNokia(async (gateway, key) => {
      const { qod } = client(gateway, key)
      const webhook = { notificationUrl: gateway.sink.url, notificationAuthToken: 'secret' }
      const { sessionId, ...created } = await qod.createSession({ ...A_SESSION, webhook })
      expect(created).toMatchObject({ qosStatus: 'REQUESTED', messages: [] })
      await gateway.sink.count(1)
      expect(gateway.sink.received[0]).toMatchObject({ headers: { authorization: 'Bearer secret' } })
      expect(await qod.getSession({ sessionId })).toMatchObject({ qosStatus: 'AVAILABLE' })
      expect(await qod.retrieveSessions({ device: DEVICE })).toHaveLength(1)
      expect(await qod.extendSession({ sessionId, requestedAdditionalDuration: 60 })).toMatchObject({ duration: 3660 })
      await qod.deleteSession({ sessionId })
      await expect(qod.getSession({ sessionId })).rejects.toMatchObject({ statusCode: 404 })
      await gateway.sink.count(2)
      expect(told(gateway)).toEqual([`${V0_EVENT} AVAILABLE`, `${V0_EVENT} UNAVAILABLE DELETE_REQUESTED`])
    }),
  )
})

describe("a session created with a key of Nokia's clients", () => {
  it.each([QOD, V0])('is shown in the form of each API and key (created at %s)', (path) =>
    withGateway(async ({ call, callAdmin, admin, newKey }) => {
      const nokia = await newKey({ compatibility: 'nokia' })
      const strict = await admin<{ key: string }>('POST', `/applications/${nokia.application}/keys`, {})
      const as = typescript7(nokia.key)
      const created = await call<SessionInfo>('POST', `${path}/sessions`, { ...as, body: A_SESSION })
      expect(created).toMatchObject({ status: 201, body: { device: DEVICE } })
      const { sessionId } = created.body
      const contract = { phoneNumber: '+36721601234567' }
      const body = { device: contract }

      const [one, retrieve] = [`/sessions/${sessionId}`, '/retrieve-sessions']
      const { key } = strict
      const seen = async (answer: Promise<Answer<SessionInfo | SessionInfo[]>>) =>
        [(await answer).body].flat()[0]?.device
      expect(await seen(call('GET', `${QOD}${one}`, { key }))).toEqual(contract)
      expect(await seen(call('GET', `${QOD}/sessions`, { key }))).toEqual(contract)
      expect(await seen(call('POST', `${QOD}${retrieve}`, { key, body }))).toEqual(contract)
      const more = { requestedAdditionalDuration: 60 }
      expect(await seen(call('POST', `${QOD}${one}/extend`, { key, body: more }))).toEqual(contract)
      for (const surface of [QOD, V0]) {
        expect(await seen(call('GET', `${surface}${one}`, as)), surface).toEqual(DEVICE)
        expect(await seen(call('GET', `${surface}/sessions`, as)), surface).toEqual(DEVICE)
        expect(await seen(call('POST', `${surface}${retrieve}`, { ...as, body })), surface).toEqual(DEVICE)
      }
      expect((await admin<{ asked: object }>('GET', one)).asked).toEqual(contract)
      expect((await callAdmin('GET', '/sessions')).body).toMatchObject({ sessions: [{ asked: contract }] })
      expect((await callAdmin('GET', '/sessions')).text).not.toContain(DEVICE.networkAccessIdentifier)
    }),
  )
})

describe("Nokia's Python", () => {
  /** As httpx sends them: a content type on every verb, and no Authorization. */
  const python = (key: string) => ({
    key: null,
    headers: {
      'X-RapidAPI-Host': 'quality-of-service-on-demand.nokia.rapidapi.com',
      'X-RapidAPI-Key': key,
      'Content-Type': 'application/json',
      Accept: '*/*',
    },
  })
  const times = ({ startedAt, expiresAt }: SessionInfo) => [startedAt, expiresAt]
  const TEXTS = [expect.any(String), expect.any(String)]

  it(
    '6.x creates, gets, lists, extends and ends a session, and is told with its own type of event [qod/v0]',
    withNokia(async (gateway, key) => {
      const { call, sink } = gateway
      const as = python(key)
      const device = { ...DEVICE, ipv6Address: '2001:db8:1234:5678::1' }
      const body = {
        qosProfile: 'QOS_L',
        device,
        applicationServer: { ipv4Address: null, ipv6Address: '2001:db8::1' },
        duration: 3600,
        devicePorts: { ranges: [{ from: 5000, to: 5010 }], ports: [] },
        applicationServerPorts: { ranges: [], ports: [] },
        webhook: { notificationUrl: sink.url, notificationAuthToken: 'Bearer secret' },
      }
      const created = await call<SessionInfo>('POST', `${V0}/sessions`, { ...as, body })
      expect(created).toMatchObject({ status: 201, body: { qosStatus: 'REQUESTED', qosProfile: 'QOS_L', device } })
      expect(times(created.body)).toEqual(TEXTS)
      const { sessionId } = created.body
      await sink.count(1)
      expect(sink.received[0]).toMatchObject({ headers: { authorization: 'Bearer secret' } })

      const got = await call<SessionInfo>('GET', `${V0}/sessions/${sessionId}`, as)
      expect(got.body).toMatchObject({ device, webhook: { notificationUrl: sink.url }, messages: [] })
      expect(times(got.body)).toEqual(TEXTS)
      const listed = await call('POST', `${V0}/retrieve-sessions`, { ...as, body: { device } })
      expect(listed).toMatchObject({ status: 200, body: [{ sessionId, qosStatus: 'AVAILABLE', device }] })
      const missing = { device: { phoneNumber: '+1234567890' } }
      expect((await call('POST', `${V0}/retrieve-sessions`, { ...as, body: missing })).status).toBe(404)
      const more = { requestedAdditionalDuration: 60 }
      const extended = await call<SessionInfo>('POST', `${V0}/sessions/${sessionId}/extend`, { ...as, body: more })
      expect(extended).toMatchObject({ status: 200, body: { duration: 3660, device } })
      expect(times(extended.body)).toEqual(TEXTS)
      expect((await call('DELETE', `${V0}/sessions/${sessionId}`, as)).status).toBe(204)
      expect((await call('GET', `${V0}/sessions/${sessionId}`, as)).status).toBe(404)
      await sink.count(2)
      expect(told(gateway)).toEqual([`${V0_EVENT} AVAILABLE`, `${V0_EVENT} UNAVAILABLE DELETE_REQUESTED`])
    }),
  )

  it(
    '3.0.x does so with a flat notificationUrl, without a duration, and lists by query [qod/v0]',
    withNokia(async (gateway, key) => {
      const { call, sink } = gateway
      const as = python(key)
      const device = { ...DEVICE, phoneNumber: '+36721601234567' }
      const body = {
        qosProfile: 'QOS_L',
        device,
        applicationServer: { ipv4Address: '5.6.7.8' },
        notificationUrl: sink.url,
        notificationAuthToken: 'Bearer secret',
      }
      const created = await call<SessionInfo>('POST', `${V0}/sessions`, { ...as, body })
      expect(created).toMatchObject({ status: 201, body: { duration: 86_400, device } })
      expect(times(created.body)).toEqual(TEXTS)
      await sink.count(1)
      const { sessionId } = created.body
      const queries = ['networkAccessIdentifier=device@testcsp.net', 'phoneNumber=36721601234567', '']
      // A decoder of forms reads a plus in a query as a space.
      for (const query of [...queries, 'phoneNumber=+36721601234567', 'phoneNumber=%2B36721601234567']) {
        const listed = await call('GET', `${V0}/sessions?${query}`, as)
        expect(listed, query).toMatchObject({ status: 200, body: [{ sessionId, device }] })
      }
      expect((await call('GET', `${V0}/sessions?phoneNumber=1234567890`, as)).status).toBe(404)
      // The request for a device that has addresses only.
      expect((await call('GET', V0, as)).status).toBe(404)

      expect((await call('GET', `${V0}/sessions/${sessionId}`, as)).body).toMatchObject({ sessionId, device })
      const extended = await call('POST', `${V0}/sessions/${sessionId}/extend`, {
        ...as,
        body: { requestedAdditionalDuration: 60 },
      })
      expect(extended).toMatchObject({ status: 200, body: { duration: 86_400 } })
      expect((await call('DELETE', `${V0}/sessions/${sessionId}`, as)).status).toBe(204)
      await sink.count(2)
      expect(told(gateway)).toEqual([`${V0_EVENT} AVAILABLE`, `${V0_EVENT} UNAVAILABLE DELETE_REQUESTED`])
      expect(sink.received[1]).toMatchObject({ headers: { authorization: 'Bearer secret' } })
    }),
  )

  it(
    '10.0.0 gets times as whole seconds since 1970, whatever it calls; others get text [qod/v0]',
    withNokia(async (gateway, key) => {
      const fern = { key: null, headers: { ...python(key).headers, 'X-Fern-Language': 'Python' } }
      const created = await gateway.call<SessionInfo>('POST', `${V0}/sessions`, { ...fern, body: A_SESSION })
      const { sessionId } = created.body
      const one = `/sessions/${sessionId}`
      const device = { phoneNumber: '+36721601234567' }
      const requests = [
        ['GET', one, undefined, 3600],
        ['GET', '/sessions', undefined, 3600],
        ['GET', '/sessions?phoneNumber=36721601234567', undefined, 3600],
        ['POST', '/retrieve-sessions', { device }, 3600],
        ['POST', `${one}/extend`, { requestedAdditionalDuration: 60 }, 3660],
      ] as const
      const isAsDefined = (session: SessionInfo | undefined, duration: number) => {
        const [startedAt, expiresAt] = [Number(session?.startedAt), Number(session?.expiresAt)]
        expect(times(session as SessionInfo)).toEqual([startedAt, expiresAt])
        expect(Number.isInteger(startedAt)).toBe(true)
        expect(expiresAt - startedAt).toBe(duration)
      }
      isAsDefined(created.body, 3600)
      for (const [method, path, body, duration] of requests) {
        const answer = await gateway.call<SessionInfo | SessionInfo[]>(method, V0 + path, {
          ...fern,
          ...(body && { body }),
        })
        isAsDefined([answer.body].flat()[0], duration)
      }
      const text = await gateway.call<SessionInfo>('GET', V0 + one, python(key))
      expect(times(text.body)).toEqual(TEXTS)
      const seconds = await gateway.call<SessionInfo>('GET', V0 + one, fern)
      expect(seconds.body.startedAt).toBe(Math.floor(Date.parse(text.body.startedAt ?? '') / 1_000))
      const v1 = await gateway.call<SessionInfo>('GET', QOD + one, fern)
      expect(times(v1.body)).toEqual(TEXTS)
    }),
  )

  /** As in a docstring of Nokia's: the create is resolved by the number. */
  const EXAMPLE = {
    networkAccessIdentifier: 'test-device@testcsp.net',
    phoneNumber: '+3670123456',
    ipv4Address: { publicAddress: '1.1.1.2', privateAddress: '1.1.1.2', publicPort: 80 },
  }

  it.each([
    ['a directory that knows all kinds of identifiers', {}],
    ['one that knows no network access identifiers', { 'directory.identifiers': ['phoneNumber', 'ipv4Address'] }],
  ])('3.0.x lists what it created by whichever identifier it chooses, with %s', (_what, settings) =>
    withGateway(
      async (gateway) => {
        const { call, newKey } = gateway
        const [one, another] = [await newKey({ compatibility: 'nokia' }), await newKey({ compatibility: 'nokia' })]
        const list = (key: string, query: string) => call<SessionInfo[]>('GET', `${V0}/sessions?${query}`, python(key))
        const byNai = 'networkAccessIdentifier=test-device@TestCSP.net'
        const before = await list(one.key, byNai)
        expect(before.status).toBe('directory.identifiers' in settings ? 422 : 200)
        const body = { ...A_SESSION, device: EXAMPLE }
        const created = await call<SessionInfo>('POST', `${V0}/sessions`, { ...python(one.key), body })
        expect(created.status).toBe(201)
        for (const query of [byNai, 'phoneNumber=+3670123456', 'phoneNumber=3670123456']) {
          const listed = await list(one.key, query)
          expect(listed, query).toMatchObject({ status: 200, body: [{ sessionId: created.body.sessionId }] })
          expect(listed.body).toHaveLength(1)
        }
        const others = await list(another.key, byNai)
        expect([others.status, others.status === 200 ? others.body : []]).toEqual([before.status, []])
      },
      { settings },
    ),
  )

  it('gets 404 at /qod/v0 for every request with a key without the compatibility', () =>
    withGateway(async ({ call, key }) => {
      const id = '00000000-0000-4000-8000-000000000000'
      for (const [method, path, body] of [
        ['POST', '/sessions', A_SESSION],
        ['POST', '/retrieve-sessions', { device: DEVICE }],
        ['GET', '/sessions?phoneNumber=36721601234567', undefined],
        ['GET', `/sessions/${id}`, undefined],
        ['POST', `/sessions/${id}/extend`, { requestedAdditionalDuration: 60 }],
        ['DELETE', `/sessions/${id}`, undefined],
      ] as const) {
        const answer = await call(method, V0 + path, { ...python(key), ...(body && { body }) })
        expect(answer, `${method} ${path}`).toMatchObject({ status: 404, body: { status: 404, code: 'NOT_FOUND' } })
      }
    }))
})

describe('the same requests with a strict key', () => {
  it.each([
    ['a number without its plus', { device: DEVICE }, 400, 'INVALID_ARGUMENT'],
    ['no duration', { device: PAGE_DEVICE, duration: undefined }, 400, 'INVALID_ARGUMENT'],
    ['a webhook', { device: PAGE_DEVICE, webhook: { notificationUrl: 'https://a.example' } }, 400, 'INVALID_ARGUMENT'],
    ['a flat notificationUrl', { device: PAGE_DEVICE, notificationUrl: 'https://a.example' }, 400, 'INVALID_ARGUMENT'],
    [
      'a type of credential alone, as 10.0.0 has it',
      { device: PAGE_DEVICE, sink: 'https://a.example', sinkCredential: { credentialType: 'ACCESSTOKEN' } },
      400,
      'INVALID_ARGUMENT',
    ],
    ['a device that nobody knows', { device: { phoneNumber: '+1234567890' } }, 404, 'IDENTIFIER_NOT_FOUND'],
  ])('are refused as CAMARA does: %s', (_what, members, status, code) =>
    withGateway(async ({ call, key }) => {
      const body = { ...A_SESSION, ...members }
      const answer = await call<ErrorInfo>('POST', `${QOD}/sessions`, { ...typescript7(key), body })
      expect(answer).toMatchObject({ status, body: { status, code } })
    }),
  )

  it('are answered as CAMARA does if they are valid: one identifier, one kind of event', () =>
    withGateway(async (gateway) => {
      const device = { ...DEVICE, phoneNumber: '+36721601234567' }
      const body = { ...A_SESSION, device, sink: gateway.sink.url }
      const created = await gateway.call<SessionInfo>('POST', `${QOD}/sessions`, { ...typescript7(gateway.key), body })
      expect(created).toMatchObject({ status: 201, body: { qosStatus: 'AVAILABLE' } })
      expect(created.body.device).toEqual({ phoneNumber: '+36721601234567' })
      await gateway.sink.count(1)
      expect(told(gateway)).toEqual([`${V1_EVENT} AVAILABLE`])
      expect(await gateway.call('POST', `${QOD}/sessions`, { ...typescript7(gateway.key), body })).toMatchObject({
        status: 409,
        body: { code: 'CONFLICT' },
      })
    }))
})
