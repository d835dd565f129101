import { describe, expect, it } from 'vitest'
import { type TestGateway, withGateway } from '../../../test/support/gateway.js'

interface DeadLetter {
  eventId: string
  sessionId: string
  time: string
  attempts: number
  reason: string
}

/** The network refuses its sessions: each has one event. */
const REFUSED = { phoneNumber: '+99999990001' }
const DAY_S = 86_400

/** A gateway with an event that its sink refused for a day; after `mend` the sink takes events again. */
const withDeadLetter = (use: (gateway: TestGateway, sessionId: string, mend: () => void) => Promise<void>) =>
  withGateway(async (gateway) => {
    let broken = true
    // More than the attempts of a day.
    const answers = Array.from({ length: 100 }, () => (response: { writeHead(status: number): { end(): unknown } }) => {
      response.writeHead(broken ? 500 : 204).end()
    })
    gateway.sink.answer(...answers)
    const { sessionId } = await gateway.create({ device: REFUSED, sink: gateway.sink.url })
    await gateway.advance(DAY_S + 60)
    await use(gateway, sessionId, () => {
      broken = false
    })
  })

describe('listDeadLetters', () => {
  it('is empty while every event is delivered', () =>
    withGateway(async ({ admin, create, sink }) => {
      await create({ sink: sink.url })
      await sink.count(1)
      expect(await admin('GET', '/dead-letters')).toEqual([])
    }))

  it('shows each event, the number of its attempts and why they failed', () =>
    withDeadLetter(async ({ admin, sink }, sessionId) => {
      const letters = await admin<DeadLetter[]>('GET', '/dead-letters')
      const [first] = sink.received
      expect(letters).toEqual([
        {
          eventId: first?.event.id,
          sessionId,
          time: first?.event.time,
          attempts: sink.received.length,
          reason: expect.stringContaining('500') as string,
        },
      ])
    }))
})

describe('redeliverDeadLetters', () => {
  it('queues them again, under the same ids', () =>
    withDeadLetter(async ({ admin, sink }, _sessionId, mend) => {
      mend()
      const attempts = sink.received.length
      expect(await admin('POST', '/dead-letters/redeliver', {})).toEqual({ redelivered: 1 })
      await sink.count(attempts + 1)
      expect(sink.received[attempts]?.event).toEqual(sink.received[0]?.event)
      expect(await admin('GET', '/dead-letters')).toEqual([])
      expect(await admin('POST', '/dead-letters/redeliver', {})).toEqual({ redelivered: 0 })
    }))
})
