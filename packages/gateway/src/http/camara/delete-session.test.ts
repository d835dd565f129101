import { describe, expect, it } from 'vitest'
import { QOD, withGateway } from '../../../test/support/gateway.js'

const REFUSED = { phoneNumber: '+99999990001' }
const LATE = { phoneNumber: '+99999990002' }
const NO_HOLD = { settings: { 'sessions.createHoldMs': 0 } }

interface Simulator {
  held: number
  pending: number
  calls: { reserve: number; release: number }
}
const SIMULATOR = '/networks/simulator/simulator'

describe('deleteSession', () => {
  it('answers 204 with no body and no content type; then the session is not found [2.2]', () =>
    withGateway(async ({ call, create }) => {
      const path = `${QOD}/sessions/${(await create()).sessionId}`
      const answer = await call('DELETE', path)
      expect(answer).toMatchObject({ status: 204, text: '' })
      expect(answer.headers).not.toHaveProperty('content-type')
      expect((await call('GET', path)).status).toBe(404)
      expect((await call('DELETE', path)).status).toBe(404)
    }))

  it('has the network release it, and sends DELETE_REQUESTED to the sink [2.5: 9]', () =>
    withGateway(async ({ call, create, admin, advance, sink }) => {
      const { sessionId } = await create({ sink: sink.url })
      await call('DELETE', `${QOD}/sessions/${sessionId}`)
      await sink.count(2)
      expect(sink.received.map(({ event }) => event.data)).toEqual([
        { sessionId, qosStatus: 'AVAILABLE' },
        { sessionId, qosStatus: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' },
      ])
      await advance(1)
      expect(await admin<Simulator>('GET', SIMULATOR)).toMatchObject({ held: 0, calls: { reserve: 1, release: 1 } })
    }))

  it('of a REQUESTED session sends no event, not even for a later grant [2.5: 10]', () =>
    withGateway(async ({ call, create, admin, advance, sink }) => {
      const { sessionId, qosStatus } = await create({ device: LATE, sink: sink.url })
      expect(qosStatus).toBe('REQUESTED')
      expect((await call('DELETE', `${QOD}/sessions/${sessionId}`)).status).toBe(204)
      await advance(3600)
      expect(await admin<Simulator>('GET', SIMULATOR)).toMatchObject({ held: 0, pending: 0 })
      expect(sink.received).toEqual([])
    }, NO_HOLD))

  it('of an UNAVAILABLE session sends no second event, and frees the flow at once [2.5: 11]', () =>
    withGateway(async ({ call, create, advance, sink }) => {
      const { sessionId } = await create({ device: REFUSED, sink: sink.url })
      await sink.count(1)
      expect((await call('DELETE', `${QOD}/sessions/${sessionId}`)).status).toBe(204)
      expect((await create({ device: REFUSED })).qosStatus).toBe('UNAVAILABLE')
      await advance(3600)
      expect(sink.received).toHaveLength(1)
    }))

  it('frees the flow at once; the network gets the next session after it has released the first', () =>
    withGateway(
      async ({ call, create, admin, advance, committed }) => {
        await admin('PUT', `${SIMULATOR}/release-delay`, { ms: 20_000 })
        const { sessionId } = await create()
        await call('DELETE', `${QOD}/sessions/${sessionId}`)
        const stored = committed()
        const next = create()
        await stored
        expect(await admin<Simulator>('GET', SIMULATOR)).toMatchObject({ held: 1, calls: { reserve: 1, release: 1 } })
        await advance(20)
        expect((await next).qosStatus).toBe('AVAILABLE')
        expect(await admin<Simulator>('GET', SIMULATOR)).toMatchObject({ held: 1, calls: { reserve: 2, release: 1 } })
      },
      { settings: { 'sessions.createHoldMs': 600_000 } },
    ))

  it('twice at once deletes once [2.2]', () =>
    withGateway(async ({ call, create, sink }) => {
      const path = `${QOD}/sessions/${(await create({ sink: sink.url })).sessionId}`
      const answers = await Promise.all(Array.from({ length: 8 }, () => call('DELETE', path)))
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404, 404, 404, 404, 404, 404])
      await sink.count(2)
      expect(sink.received).toHaveLength(2)
    }))
})
