import type { SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { QOD, type TestGateway, withGateway } from '../../../test/support/gateway.js'

const NEVER = { phoneNumber: '+99999990003' }
const LOST = { phoneNumber: '+99999990004' }
const NO_HOLD = { settings: { 'sessions.createHoldMs': 0 } }

const get = async ({ call }: TestGateway, id: string) => {
  const { status, body } = await call<SessionInfo>('GET', `${QOD}/sessions/${id}`)
  return { status, session: body }
}

describe('getSession', () => {
  it('shows an AVAILABLE session as createSession showed it', () =>
    withGateway(async (gateway) => {
      const created = await gateway.create({ sink: gateway.sink.url, devicePorts: { ports: [80] } })
      expect(await get(gateway, created.sessionId)).toEqual({ status: 200, session: created })
    }))

  it('shows a REQUESTED session without times and without a reason [2.1]', () =>
    withGateway(async (gateway) => {
      const created = await gateway.create({ device: NEVER })
      expect(created.qosStatus).toBe('REQUESTED')
      expect(await get(gateway, created.sessionId)).toEqual({ status: 200, session: created })
      expect(created).not.toHaveProperty('statusInfo')
    }, NO_HOLD))

  it('shows a timeout of the network for 360 s, with the granted duration and no times [2.5: 5]', () =>
    withGateway(async (gateway) => {
      const { sessionId, ...asked } = await gateway.create({ device: NEVER })
      // The margin allows for real time that passes meanwhile.
      await gateway.advance(20)
      expect((await get(gateway, sessionId)).session.qosStatus).toBe('REQUESTED')
      await gateway.advance(10)
      const failed = { sessionId, ...asked, qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' }
      expect(await get(gateway, sessionId)).toEqual({ status: 200, session: failed })
      await gateway.advance(300)
      expect(await get(gateway, sessionId)).toEqual({ status: 200, session: failed })
      await gateway.advance(60)
      expect((await get(gateway, sessionId)).status).toBe(404)
    }, NO_HOLD))

  it('shows the actual end and duration of a session that the network dropped [2.5: 8]', () =>
    withGateway(async (gateway) => {
      const created = await gateway.create({ device: LOST })
      expect(created.qosStatus).toBe('AVAILABLE')
      await gateway.advance(60)
      const { session } = await get(gateway, created.sessionId)
      const { duration, expiresAt } = session
      expect(session).toEqual({
        ...created,
        qosStatus: 'UNAVAILABLE',
        statusInfo: 'NETWORK_TERMINATED',
        duration,
        expiresAt,
      })
      // The network dropped it after 10 s, and reported it a moment later.
      const lengthMs = Date.parse(expiresAt as string) - Date.parse(created.startedAt as string)
      expect(lengthMs).toBeGreaterThanOrEqual(10_000)
      expect(lengthMs).toBeLessThan(60_000)
      // Durations are rounded up to a whole second (contract 0: end and duration).
      expect(duration).toBe(Math.ceil(lengthMs / 1000))
    }))

  it('shows an expired session for 360 s, with its planned end to the millisecond [2.5: 7]', () =>
    withGateway(async (gateway) => {
      const created = await gateway.create({ duration: 60 })
      await gateway.advance(61)
      const expired = { ...created, qosStatus: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' }
      expect(await get(gateway, created.sessionId)).toEqual({ status: 200, session: expired })
    }))
})
