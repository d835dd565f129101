import { readFileSync } from 'node:fs'
import type { Device, QosProfile, SessionInfo } from '@rightofway/camara'
import { API_SCOPES, APIS } from '@rightofway/camara/schemas'
import { Agent, fetch as fetchBy } from 'undici'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  PROFILES as PROFILES_PATH,
  QOD,
  startTestGateway,
  type TestGateway,
  withDataDir,
  withGateway,
} from '../../test/support/gateway.js'
import { APPLICATIONS, DEVICES, keyText, NOBODY, PROFILES, type WorldDevice, type WorldKey } from './world.js'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway({ settings: { 'sessions.createHoldMs': 20 } })
})
afterAll(() => gateway.close())

/** Every way to name a device. */
function namesOf({ phoneNumber, networkAccessIdentifier, alias, ipv4, publicIpv4, ipv6 }: WorldDevice): Device[] {
  const names: Device[] = []
  if (phoneNumber !== undefined) names.push({ phoneNumber })
  for (const nai of [networkAccessIdentifier, alias]) {
    if (nai !== undefined) names.push({ networkAccessIdentifier: nai })
  }
  if (ipv4 !== undefined) {
    const { address, port } = publicIpv4 ?? { address: ipv4, port: 80 }
    names.push({ ipv4Address: { publicAddress: address, privateAddress: ipv4 } })
    names.push({ ipv4Address: { publicAddress: address, publicPort: port } })
  }
  if (ipv6 !== undefined) names.push({ ipv6Address: ipv6.replace('::/64', '::1') })
  return names
}

let servers = 0
const create = (device: Device, members: object = {}) =>
  gateway.call<SessionInfo>('POST', `${QOD}/sessions`, {
    body: {
      device,
      applicationServer: { ipv4Address: `198.51.100.${++servers}` },
      qosProfile: 'QOS_L',
      duration: 60,
      ...members,
    },
  })
const sessionsOf = (device: Device) =>
  gateway.call<SessionInfo[]>('POST', `${QOD}/retrieve-sessions`, { body: { device } })
const read = async ({ sessionId }: SessionInfo) =>
  (await gateway.call<SessionInfo>('GET', `${QOD}/sessions/${sessionId}`)).body
const named = (id: string): WorldDevice => {
  const device = DEVICES.find((known) => known.id === id)
  if (device === undefined) throw new Error(`the world has no device ${id}`)
  return device
}

describe('the devices of a sandbox', () => {
  it.each(DEVICES.filter(({ services, onlyProfiles }) => services?.length !== 0 && !onlyProfiles))(
    'are one device by all their names: $id',
    async (device) => {
      const [first = {}, ...others] = namesOf(device)
      const created = await create(first)
      expect(created.status).toBe(201)
      for (const other of others) {
        const listed = await sessionsOf(other)
        expect(listed.body.map(({ sessionId }) => sessionId)).toContain(created.body.sessionId)
      }
    },
  )

  it.each(namesOf(named('unsold-device')))(
    'are refused where nothing was sold [SERVICE_NOT_APPLICABLE]',
    async (name) => {
      expect(await create(name)).toMatchObject({ status: 422, body: { code: 'SERVICE_NOT_APPLICABLE' } })
    },
  )

  it.each(Object.entries(NOBODY))('are not what is nobody’s: %s [IDENTIFIER_NOT_FOUND]', async (kind, identifier) => {
    expect(await create({ [kind]: identifier })).toMatchObject({ status: 404, body: { code: 'IDENTIFIER_NOT_FOUND' } })
  })

  it('are all the numbers of a range, each its own, and no others', async () => {
    const flow = { applicationServer: { ipv4Address: '198.51.100.250' } }
    for (const phoneNumber of ['+3670000000', '+3670123456', '+3670999999']) {
      expect((await create({ phoneNumber }, flow)).status).toBe(201)
      expect(await create({ phoneNumber }, flow)).toMatchObject({ status: 409 })
      expect((await sessionsOf({ phoneNumber })).body).toHaveLength(1)
    }
    expect((await create({ phoneNumber: '+367012345' })).status).toBe(404)
    expect((await create({ phoneNumber: '+36701234567' })).status).toBe(404)
  })

  it.each([
    ['refuse', 'UNAVAILABLE', 0, 'UNAVAILABLE'],
    ['refuse-late', 'REQUESTED', 3, 'UNAVAILABLE'],
    ['late', 'REQUESTED', 5, 'AVAILABLE'],
    ['never', 'REQUESTED', 30, 'UNAVAILABLE'],
    ['lose', 'AVAILABLE', 10, 'UNAVAILABLE'],
  ])('meet a network that does as they say: %s', async (kind, first, seconds, then) => {
    const device = DEVICES.find(({ behaviour }) => behaviour?.kind === kind)
    const created = await create({ phoneNumber: device?.phoneNumber ?? '' })
    expect(created).toMatchObject({ status: 201, body: { qosStatus: first } })
    if (seconds > 1) {
      await gateway.advance(seconds - 1)
      expect((await read(created.body)).qosStatus).toBe(first)
    }
    await gateway.advance(1)
    const session = await read(created.body)
    expect(session.qosStatus).toBe(then)
    if (then === 'UNAVAILABLE') expect(session.statusInfo).toBe('NETWORK_TERMINATED')
  })

  it('are known by no identifier of a kind that is switched off, until it is switched on', async () => {
    const device = { networkAccessIdentifier: 'device@testcsp.net' }
    const all = ['phoneNumber', 'ipv4Address', 'ipv6Address', 'networkAccessIdentifier']
    await gateway.admin('PUT', '/sandbox/identifiers', { supported: ['phoneNumber'] })
    expect(await sessionsOf(device)).toMatchObject({ status: 422, body: { code: 'UNSUPPORTED_IDENTIFIER' } })
    expect((await sessionsOf({ ...device, phoneNumber: '+36721601234567' })).status).toBe(200)
    expect(await gateway.admin('PUT', '/sandbox/identifiers', { supported: all })).toEqual({ supported: all })
    expect((await sessionsOf(device)).status).toBe(200)
  })
})

describe('the profiles of a sandbox', () => {
  const offered = async (device: Device) =>
    (await gateway.call<QosProfile[]>('POST', `${PROFILES_PATH}/retrieve-qos-profiles`, { body: { device } })).body.map(
      ({ name }) => name,
    )

  it('are offered as they say', async () => {
    const page = await offered({ phoneNumber: '+36721601234567' })
    for (const { profile } of PROFILES) expect(page.includes(profile.name)).toBe(!profile.restricted)
    expect(await offered(namesOf(named('device-with-restricted-profile'))[0] ?? {})).toContain('SANDBOX_RESTRICTED')
    expect(await offered(namesOf(named('device-without-profiles'))[0] ?? {})).toEqual([])
  })

  it.each([59, 60, 120, 121])('have tight bounds: %i s', async (duration) => {
    const { status } = await create({ phoneNumber: '+99999990011' }, { qosProfile: 'SANDBOX_TIGHT', duration })
    expect(status).toBe(duration >= 60 && duration <= 120 ? 201 : 400)
  })
})

describe('the applications of a sandbox', () => {
  /** The operations that a key with some scopes may not ask for. */
  async function deniedTo(key: WorldKey): Promise<string[]> {
    const denied: string[] = []
    for (const {
      basePaths: [base],
      operations,
    } of APIS) {
      for (const { method, path, scope, operationId } of operations) {
        const { status } = await gateway.call(method, base + path.replaceAll(/\{\w+\}/g, 'nothing'), {
          key: keyText(key),
          ...(method === 'POST' && { body: {} }),
          // Nothing is to be followed.
          headers: { 'x-correlator': 'not one' },
        })
        expect(status, operationId).toBe(status === 403 ? 403 : 400)
        if (status === 403) denied.push(scope ?? operationId)
      }
    }
    return [...new Set(denied)]
  }

  it('have keys that may do everything, and A one without each scope', async () => {
    for (const key of APPLICATIONS.flatMap(({ keys }) => keys).filter(({ client }) => client === undefined)) {
      const lacking = API_SCOPES.filter((scope) => key.scopes?.includes(scope) === false)
      expect(await deniedTo(key), key.what).toEqual(lacking)
    }
    const lacking = APPLICATIONS[0]?.keys.flatMap(({ scopes }) =>
      API_SCOPES.filter((s) => scopes?.includes(s) === false),
    )
    expect(lacking).toEqual(API_SCOPES)
  })

  it('have OAuth clients that get tokens', async () => {
    for (const key of APPLICATIONS.flatMap(({ keys }) => keys).filter(({ client }) => client !== undefined)) {
      const answer = await fetch(`${gateway.url}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${key.prefix}:${keyText(key)}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      const { access_token: token } = (await answer.json()) as { access_token: string }
      const device = { phoneNumber: '+36721601234567' }
      expect((await gateway.call('POST', `${QOD}/retrieve-sessions`, { key: token, body: { device } })).status).toBe(
        200,
      )
    }
  })

  it('own their sessions: those of A are forbidden to B, with any key', async () => {
    const [a, b] = APPLICATIONS.map(({ keys }) => keys[0]).map((key) => key && keyText(key))
    const { body } = await gateway.call<SessionInfo>('POST', `${QOD}/sessions`, {
      key: a ?? null,
      body: {
        device: { phoneNumber: '+3670111111' },
        applicationServer: { ipv4Address: '198.51.100.1' },
        qosProfile: 'QOS_L',
        duration: 60,
      },
    })
    const path = `${QOD}/sessions/${body.sessionId}`
    expect((await gateway.call('GET', path, { key: b ?? null })).status).toBe(403)
    expect((await gateway.call('GET', path, { key: a ?? null })).status).toBe(200)
  })

  it('are not throttled at 500 requests a second; A is, while its limit is switched on', async () => {
    const key = keyText({ prefix: 'a00000000000' })
    const ask = () => gateway.call('GET', `${PROFILES_PATH}/qos-profiles/QOS_L`, { key })
    const all = await Promise.all(Array.from({ length: 500 }, ask))
    expect(all.filter(({ status }) => status !== 200)).toEqual([])
    await gateway.admin('PUT', '/applications/sandbox-a/limits', { requestsPerSecond: 1, burst: 1 })
    const limited = await Promise.all([ask(), ask(), ask()])
    expect(limited.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
    await gateway.admin('PUT', '/applications/sandbox-a/limits', {})
    // What was used up comes back in two milliseconds.
    await vi.waitFor(async () => expect((await ask()).status).toBe(200))
  })
})

describe('the sinks of a sandbox', () => {
  interface Letters {
    readonly events: readonly { readonly event: { readonly data: { sessionId: string; qosStatus: string } } }[]
  }

  it('take events over http and https, and show those of a session, until they are told to forget', () =>
    withGateway(async ({ admin, create: ask, advance }) => {
      const inbox = await admin<{ sink: string; httpsSink: string; ca: string }>('GET', '/sandbox/inbox')
      const dispatcher = new Agent({ connect: { ca: readFileSync(inbox.ca, 'utf8') } })
      const show = async (url: string) => {
        const answer = await fetchBy(url, { dispatcher })
        expect(answer.status).toBe(200)
        return ((await answer.json()) as Letters).events.map(({ event }) => event.data)
      }
      const plain = await ask({ sink: inbox.sink })
      const secure = await ask({ sink: inbox.httpsSink, applicationServer: { ipv4Address: '198.51.100.9' } })
      await advance(0.001)
      expect(await show(inbox.httpsSink)).toHaveLength(2)
      for (const { sessionId } of [plain, secure]) {
        const only = [{ sessionId, qosStatus: 'AVAILABLE' }]
        expect(await show(`${inbox.httpsSink}?sessionId=${sessionId}`)).toEqual(only)
        expect(await show(`${inbox.sink}?sessionId=${sessionId}`)).toEqual(only)
        const listed = await admin<Letters>('GET', `/sandbox/inbox?sessionId=${sessionId}`)
        expect(listed.events.map(({ event }) => event.data)).toEqual(only)
      }
      expect((await fetchBy(`${inbox.sink}?sessionId=nonsense`)).status).toBe(400)
      expect((await fetchBy(inbox.httpsSink, { dispatcher, method: 'DELETE' })).status).toBe(204)
      expect(await show(inbox.sink)).toEqual([])
      await dispatcher.close()
    }))

  it('are not trusted by those who were not given the certificate', () =>
    withGateway(async ({ admin }) => {
      const { httpsSink } = await admin<{ httpsSink: string }>('GET', '/sandbox/inbox')
      await expect(fetchBy(httpsSink)).rejects.toThrow()
    }))
})

describe('a sandbox that is started again', () => {
  it('keeps what was changed of its world', () =>
    withDataDir(async (dataDir) => {
      const device = '/devices/sold-device'
      await withGateway(({ admin }) => admin('DELETE', device), { dataDir })
      await withGateway(
        async ({ admin, callAdmin }) => {
          expect((await callAdmin('GET', device)).status).toBe(404)
          expect(await admin('GET', '/devices/page-device')).toMatchObject({ phoneNumber: '+36721601234567' })
        },
        { dataDir },
      )
    }))
})
