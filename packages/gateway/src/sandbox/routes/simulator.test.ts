import type { ErrorInfo, SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { QOD, type TestGateway, withGateway } from '../../../test/support/gateway.js'

const SIMULATOR = '/networks/simulator/simulator'
const NEVER = { phoneNumber: '+99999990003' }
const HOLD = { settings: { 'sessions.createHoldMs': 600_000 } }
const ASYNC = { prefer: 'respond-async' }

/** Once the clock has moved, the network has been asked for what was committed before. */
const asked = ({ advance }: TestGateway) => advance(0.001)
const script = ({ admin }: TestGateway, body: object) => admin('POST', `${SIMULATOR}/script`, body)
const at = (ipv4Address: string) => ({ applicationServer: { ipv4Address } })
const read = async ({ call }: TestGateway, { sessionId }: SessionInfo) =>
  (await call<SessionInfo>('GET', `${QOD}/sessions/${sessionId}`)).body

describe('getSimulator', () => {
  it('shows what the network holds, could hold, and was asked', () =>
    withGateway(async (gateway) => {
      await gateway.create()
      await gateway.create({ device: NEVER }, ASYNC)
      await asked(gateway)
      expect(await gateway.admin('GET', SIMULATOR)).toEqual({
        capacity: { downlinkBps: 100_000_000_000, uplinkBps: 100_000_000_000 },
        guaranteed: { downlinkBps: 20_000_000, uplinkBps: 20_000_000 },
        held: 1,
        pending: 1,
        calls: { reserve: 2, release: 0 },
      })
    }))
})

describe('listReservations', () => {
  it('lists the sessions that the network holds something for, or works on', () =>
    withGateway(async (gateway) => {
      const sessions = [await gateway.create(), await gateway.create({ device: NEVER }, ASYNC)]
      await asked(gateway)
      const { held } = await gateway.admin<{ held: string[] }>('GET', `${SIMULATOR}/reservations`)
      expect(held.sort()).toEqual(sessions.map(({ sessionId }) => sessionId).sort())
    }))
})

describe('scriptSimulator', () => {
  it('has the next reservations refused, as many as was said', () =>
    withGateway(async (gateway) => {
      await script(gateway, { behaviour: 'refuse', times: 2 })
      const statuses: string[] = []
      for (const last of [1, 2, 3]) statuses.push((await gateway.create(at(`233.252.0.${last}`))).qosStatus)
      expect(statuses).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'AVAILABLE'])
    }))

  it('has a reservation granted late: after a second, or after as long as was said', () =>
    withGateway(async (gateway) => {
      for (const [afterMs, address] of [
        [undefined, '233.252.0.1'],
        [20_000, '233.252.0.2'],
      ] as const) {
        await script(gateway, { behaviour: 'late', ...(afterMs !== undefined && { afterMs }) })
        const committed = gateway.committed()
        const answer = gateway.create(at(address))
        await committed
        await gateway.advance((afterMs ?? 1_000) / 1000)
        expect((await answer).qosStatus).toBe('AVAILABLE')
      }
    }, HOLD))

  it('has a reservation never answered', () =>
    withGateway(async (gateway) => {
      await script(gateway, { behaviour: 'never' })
      const session = await gateway.create({}, ASYNC)
      await gateway.advance(30)
      expect(await read(gateway, session)).toMatchObject({
        qosStatus: 'UNAVAILABLE',
        statusInfo: 'NETWORK_TERMINATED',
      })
    }))

  it('has a reservation granted, and lost a while later', () =>
    withGateway(async (gateway) => {
      await script(gateway, { behaviour: 'lose', afterMs: 60_000 })
      const session = await gateway.create()
      expect(session.qosStatus).toBe('AVAILABLE')
      await gateway.advance(50)
      expect((await read(gateway, session)).qosStatus).toBe('AVAILABLE')
      await gateway.advance(11)
      expect(await read(gateway, session)).toMatchObject({ statusInfo: 'NETWORK_TERMINATED' })
    }))

  it('has calls fail: they are made again until the network is back', () =>
    withGateway(async (gateway) => {
      await script(gateway, { behaviour: 'unreachable', times: 3 })
      const committed = gateway.committed()
      const answer = gateway.create()
      await committed
      await gateway.advance(10)
      expect((await answer).qosStatus).toBe('AVAILABLE')
      expect(await gateway.admin('GET', SIMULATOR)).toMatchObject({ calls: { reserve: 4 } })
    }, HOLD))

  it('counts for more than what a test device stands for', () =>
    withGateway(async (gateway) => {
      await script(gateway, { behaviour: 'grant' })
      expect((await gateway.create({ device: NEVER })).qosStatus).toBe('AVAILABLE')
    }, HOLD))
})

describe('setSimulatorCapacity', () => {
  it('bounds what is guaranteed in all; what is held already stays', () =>
    withGateway(async (gateway) => {
      await gateway.create(at('233.252.0.1'))
      const capacity = { downlinkBps: 20_000_000, uplinkBps: 20_000_000 }
      expect(await gateway.admin('PUT', `${SIMULATOR}/capacity`, capacity)).toMatchObject({ capacity, held: 1 })
      expect((await gateway.create(at('233.252.0.2'))).qosStatus).toBe('UNAVAILABLE')
    }))
})

describe('loseReservation', () => {
  it('has the network end a session early', () =>
    withGateway(async (gateway) => {
      const session = await gateway.create({ sink: gateway.sink.url })
      const heard = gateway.committed()
      const { sessionId } = session
      expect(await gateway.admin('POST', `${SIMULATOR}/lose`, { sessionId })).toMatchObject({ held: 0 })
      expect(await heard).toBe(sessionId)
      expect(await read(gateway, session)).toMatchObject({ statusInfo: 'NETWORK_TERMINATED' })
    }))

  it('refuses a session that the network holds nothing for', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create({ device: NEVER }, ASYNC)
      await asked(gateway)
      for (const id of [sessionId, '00000000-0000-4000-8000-000000000000']) {
        expect((await gateway.callAdmin('POST', `${SIMULATOR}/lose`, { sessionId: id })).body).toEqual({
          status: 404,
          code: 'NOT_FOUND',
          message: 'The network has no reservation for this session.',
        })
      }
    }))
})

describe('resetSimulator', () => {
  it('has the network forget everything without a word: the session goes on until somebody looks', () =>
    withGateway(async (gateway) => {
      const session = await gateway.create()
      expect(await gateway.admin('POST', `${SIMULATOR}/reset`)).toMatchObject({
        held: 0,
        guaranteed: { downlinkBps: 0, uplinkBps: 0 },
      })
      expect((await read(gateway, session)).qosStatus).toBe('AVAILABLE')
    }))
})

describe('every operation of the simulator', () => {
  const CALLS = [
    ['GET', '', undefined],
    ['GET', '/reservations', undefined],
    ['POST', '/script', { behaviour: 'grant' }],
    ['PUT', '/capacity', { downlinkBps: 1, uplinkBps: 1 }],
    ['PUT', '/release-delay', { ms: 1 }],
    ['POST', '/lose', { sessionId: '00000000-0000-4000-8000-000000000000' }],
    ['POST', '/reset', undefined],
  ] as const

  it('refuses a network that there is not', () =>
    withGateway(async ({ callAdmin }) => {
      for (const [method, path, body] of CALLS) {
        expect((await callAdmin(method, `/networks/elsewhere/simulator${path}`, body)).body).toEqual({
          status: 404,
          code: 'NOT_FOUND',
          message: 'There is no simulated network with this name.',
        })
      }
    }))

  it.each([
    [
      'POST',
      '/script',
      { behaviour: 'explode' },
      'behaviour must be one of grant, refuse, refuse-late, late, never, lose, unreachable',
    ],
    ['POST', '/script', { behaviour: 'late', afterMs: -1 }, 'afterMs must be at least 0'],
    ['POST', '/script', { behaviour: 'late', times: 0 }, 'times must be at least 1'],
    ['PUT', '/capacity', { downlinkBps: 1 }, 'uplinkBps is required'],
    ['PUT', '/capacity', { downlinkBps: 1.5, uplinkBps: 1 }, 'downlinkBps must be a whole number'],
    ['PUT', '/release-delay', { ms: 60_001 }, 'ms must be at most 60000'],
    ['POST', '/lose', { sessionId: 'x' }, 'sessionId must be a UUID'],
  ] as const)('refuses what it does not understand: %s %s %j', (method, path, body, message) =>
    withGateway(async ({ callAdmin }) => {
      const refusal = await callAdmin<ErrorInfo>(method, `${SIMULATOR}${path}`, body)
      expect(refusal.body).toEqual({ status: 400, code: 'INVALID_ARGUMENT', message })
    }),
  )
})
