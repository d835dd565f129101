// Faults that were found in other implementations, each by its name, through the whole gateway. Those that a smaller
// part can be held to have their tests there, by the same names.

import type { CreateSession, SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { A_SESSION, QOD, type TestGateway, withGateway } from '../test/support/gateway.js'
import type { SimulatorStatus } from './adapters/network-simulator/simulator.js'

const SIMULATOR = '/networks/simulator/simulator'

/** A create waits for its network here, however long the machine takes over it. */
const withPatientGateway = (use: (gateway: TestGateway) => Promise<void>) =>
  withGateway(use, { settings: { 'sessions.createHoldMs': 60_000 } })

const callsOf = async ({ admin }: TestGateway) => (await admin<SimulatorStatus>('GET', SIMULATOR)).calls

/** Has everything that was begun carried out. */
const settle = ({ advance }: TestGateway) => advance(0.001)

describe('"a release that was built but never sent"', () => {
  const endings: readonly [how: string, end: (gateway: TestGateway, session: SessionInfo) => Promise<unknown>][] = [
    ['is deleted', ({ call }, { sessionId }) => call('DELETE', `${QOD}/sessions/${sessionId}`)],
    ['expires', ({ advance }) => advance(60)],
    ['is ended by the network', ({ admin }, { sessionId }) => admin('POST', `${SIMULATOR}/lose`, { sessionId })],
  ]
  it.each(endings)('sends exactly one when a session %s, and the network holds nothing', (_how, end) =>
    withPatientGateway(async (gateway) => {
      const session = await gateway.create({ duration: 60 })
      expect(await callsOf(gateway)).toEqual({ reserve: 1, release: 0 })
      await end(gateway, session)
      await settle(gateway)
      expect(await callsOf(gateway)).toEqual({ reserve: 1, release: 1 })
      expect(await gateway.admin('GET', SIMULATOR)).toMatchObject({ held: 0, pending: 0 })
      await gateway.advance(720)
      expect(await callsOf(gateway)).toEqual({ reserve: 1, release: 1 })
      expect(await gateway.store.sessions.list({ limit: 10 })).toEqual([])
    }),
  )

  it('sends exactly one when a session is refused', () =>
    withPatientGateway(async (gateway) => {
      await gateway.admin('POST', `${SIMULATOR}/script`, { behaviour: 'refuse' })
      expect(await gateway.create()).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
      await settle(gateway)
      expect(await callsOf(gateway)).toEqual({ reserve: 1, release: 1 })
    }))
})

describe('"request data in a field of a shared object"', () => {
  it('answers every one of many requests at the same time with its own data, to its own application', () =>
    withPatientGateway(async (gateway) => {
      const keys = [gateway.key, (await gateway.newKey()).key, (await gateway.newKey()).key]
      const requests = Array.from({ length: 60 }, (_, n) => ({
        key: keys[n % keys.length] as string,
        correlator: `request-${n}`,
        server: { ipv4Address: `198.51.100.${n}` },
        duration: 100 + n,
      }))
      const answers = await Promise.all(
        requests.map(async ({ key, correlator, server, duration }) => {
          const body: CreateSession = { ...A_SESSION, applicationServer: server, duration }
          const headers = { 'x-correlator': correlator }
          return gateway.call<SessionInfo>('POST', `${QOD}/sessions`, { key, headers, body })
        }),
      )
      for (const [n, { status, headers, body }] of answers.entries()) {
        const { correlator, server, duration } = requests[n] as (typeof requests)[0]
        expect(status).toBe(201)
        expect(headers['x-correlator']).toBe(correlator)
        expect(body).toMatchObject({ applicationServer: server, duration, device: A_SESSION.device })
      }
      for (const [n, key] of keys.entries()) {
        const options = { key, body: { device: A_SESSION.device } }
        const { body } = await gateway.call<SessionInfo[]>('POST', `${QOD}/retrieve-sessions`, options)
        const mine = answers.filter((_, index) => index % keys.length === n).map((answer) => answer.body.sessionId)
        expect(body.map(({ sessionId }) => sessionId).sort()).toEqual(mine.sort())
      }
    }))
})

describe('"port ranges multiplied out"', () => {
  const ports = (count: number) => ({ ports: Array.from({ length: count }, (_, n) => 1_000 + 2 * n) })

  it('takes a range as one rule, however wide, and as many pairs of ranges as the network can take', () =>
    withPatientGateway(async ({ create, store }) => {
      const wide = { ranges: [{ from: 1, to: 65_535 }] }
      const all = await create({ devicePorts: wide, applicationServerPorts: wide })
      const [stored] = await store.sessions.list({ limit: 1 })
      expect(stored?.session.flow).toMatchObject({ devicePorts: [[1, 65_535]], serverPorts: [[1, 65_535]] })
      expect(all.qosStatus).toBe('AVAILABLE')
      await create({
        applicationServer: { ipv4Address: '198.51.100.1' },
        devicePorts: ports(8),
        applicationServerPorts: ports(8),
      })
    }))

  it('answers 400 beyond, and names the limit [INVALID_ARGUMENT]', () =>
    withPatientGateway(async ({ call }) => {
      const body = { ...A_SESSION, devicePorts: ports(5), applicationServerPorts: ports(13) }
      expect(await call('POST', `${QOD}/sessions`, { body })).toMatchObject({
        status: 400,
        body: { code: 'INVALID_ARGUMENT', message: expect.stringMatching(/65 rules .* at most 64/) as string },
      })
    }))
})

describe('"extension refused near the end"', () => {
  it('extends a session in its last seconds, and not after its end [extendQosSessionDuration]', () =>
    withPatientGateway(async ({ create, call, advance, clock }) => {
      const session = await create({ duration: 60 })
      const leftMs = Date.parse(session.expiresAt as string) - clock.now()
      await advance((leftMs - 5_000) / 1000)
      const path = `${QOD}/sessions/${session.sessionId}/extend`
      const extended = await call<SessionInfo>('POST', path, { body: { requestedAdditionalDuration: 30 } })
      expect(extended).toMatchObject({ status: 200, body: { qosStatus: 'AVAILABLE', duration: 90 } })
      await advance(6)
      expect((await call<SessionInfo>('GET', `${QOD}/sessions/${session.sessionId}`)).body.qosStatus).toBe('AVAILABLE')
      await advance(30)
      const late = await call('POST', path, { body: { requestedAdditionalDuration: 30 } })
      expect(late).toMatchObject({
        status: 409,
        body: { code: 'QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED' },
      })
    }))
})

describe('"errors swallowed into an empty list"', () => {
  it('answers with the error: to a key that is worth nothing, about a device that nobody knows', () =>
    withPatientGateway(async ({ call, newKey, admin }) => {
      const { key, prefix } = await newKey()
      const body = { device: A_SESSION.device }
      expect(await call('POST', `${QOD}/retrieve-sessions`, { key, body })).toMatchObject({ status: 200, body: [] })
      await admin('DELETE', `/keys/${prefix}`)
      expect(await call('POST', `${QOD}/retrieve-sessions`, { key, body })).toMatchObject({
        status: 401,
        body: { code: 'UNAUTHENTICATED' },
      })
      const stranger = { device: { phoneNumber: '+99999999999' } }
      expect(await call('POST', `${QOD}/retrieve-sessions`, { body: stranger })).toMatchObject({
        status: 404,
        body: { code: 'IDENTIFIER_NOT_FOUND' },
      })
    }))
})

describe('"`duration` extended, `expiresAt` stale"', () => {
  it('shows one and the same end wherever a session is shown, before and after it has come', () =>
    withPatientGateway(async ({ create, call, advance }) => {
      const { sessionId, startedAt } = await create({ duration: 60 })
      const path = `${QOD}/sessions/${sessionId}`
      const extended = await call<SessionInfo>('POST', `${path}/extend`, { body: { requestedAdditionalDuration: 40 } })
      const expiresAt = new Date(Date.parse(startedAt as string) + 100_000).toISOString()
      const shown = { duration: 100, startedAt, expiresAt }
      expect(extended.body).toMatchObject(shown)
      const everywhere = async () => {
        const listed = await call<SessionInfo[]>('POST', `${QOD}/retrieve-sessions`, {
          body: { device: A_SESSION.device },
        })
        return [(await call<SessionInfo>('GET', path)).body, ...listed.body]
      }
      for (const session of await everywhere()) expect(session).toMatchObject({ ...shown, qosStatus: 'AVAILABLE' })
      await advance(100)
      const after = await everywhere()
      expect(after).toHaveLength(2)
      for (const session of after) expect(session).toMatchObject({ ...shown, qosStatus: 'UNAVAILABLE' })
    }))
})
