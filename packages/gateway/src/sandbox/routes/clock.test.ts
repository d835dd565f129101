import type { ErrorInfo, SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { QOD, type TestGateway, withDataDir, withGateway } from '../../../test/support/gateway.js'

interface Now {
  now: string
  nextAlarm?: string
}

const HOUR_MS = 3_600_000

const advance = ({ callAdmin }: TestGateway, body: object) =>
  callAdmin<Now & ErrorInfo>('POST', '/sandbox/clock/advance', body)
const read = ({ admin }: TestGateway) => admin<Now>('GET', '/sandbox/clock')
const statusOf = async ({ call }: TestGateway, { sessionId }: SessionInfo) =>
  (await call<SessionInfo>('GET', `${QOD}/sessions/${sessionId}`)).body?.qosStatus

describe('getClock', () => {
  it('says what time it is, and when an alarm rings next: at the latest when a session ends', () =>
    withGateway(async (gateway) => {
      const { startedAt, expiresAt } = await gateway.create({ duration: 60 })
      const { now, nextAlarm } = await read(gateway)
      expect(Date.parse(now)).toBeGreaterThanOrEqual(Date.parse(startedAt as string))
      expect(Date.parse(nextAlarm as string)).toBeGreaterThan(Date.parse(now))
      expect(Date.parse(nextAlarm as string)).toBeLessThanOrEqual(Date.parse(expiresAt as string))
    }))
})

describe('advanceClock', () => {
  it('moves by seconds, and answers when all that fell due has settled', () =>
    withGateway(async (gateway) => {
      const session = await gateway.create({ sink: gateway.sink.url })
      const before = await read(gateway)
      const { status, body } = await advance(gateway, { seconds: 3600 })
      expect(status).toBe(200)
      expect(Date.parse(body.now) - Date.parse(before.now)).toBeGreaterThanOrEqual(HOUR_MS)
      expect(await statusOf(gateway, session)).toBe('UNAVAILABLE')
      expect(gateway.sink.received).toHaveLength(2)
      expect(await gateway.admin('GET', '/networks/simulator/simulator')).toMatchObject({ held: 0 })
    }))

  it('goes from deadline to deadline: what ends on the way ends at its own time, in its turn', () =>
    withGateway(async (gateway) => {
      const made: SessionInfo[] = []
      for (const [index, duration] of [300, 100, 200].entries()) {
        const applicationServer = { ipv4Address: `233.252.0.${index}` }
        made.push(await gateway.create({ sink: gateway.sink.url, duration, applicationServer }))
      }
      await advance(gateway, { seconds: 3600 })
      const ends = gateway.sink.received.filter(({ event }) => event.data.qosStatus === 'UNAVAILABLE')
      const [first, second, third] = made
      expect(ends.map(({ event }) => [event.data.sessionId, event.time])).toEqual(
        [second, third, first].map((session) => [session?.sessionId, session?.expiresAt]),
      )
    }))

  it('moves to a moment', () =>
    withGateway(async (gateway) => {
      const session = await gateway.create()
      await advance(gateway, { to: session.expiresAt })
      expect(await statusOf(gateway, session)).toBe('UNAVAILABLE')
    }))

  it('moves to when an alarm rings next, and on to the one after it', () =>
    withGateway(async (gateway) => {
      const session = await gateway.create({ duration: 60 })
      // Its set-up is over: nothing happens before its end.
      expect((await read(gateway)).nextAlarm).toBe(session.expiresAt)
      await advance(gateway, { toNextAlarm: true })
      expect(await statusOf(gateway, session)).toBe('UNAVAILABLE')
      await advance(gateway, { toNextAlarm: true })
      expect(await statusOf(gateway, session)).toBeUndefined()
    }))

  it('moves the clocks of gateway and simulator together', () =>
    withGateway(async (gateway) => {
      await advance(gateway, { seconds: 3600 })
      const { now } = await read(gateway)
      const { startedAt } = await gateway.create()
      expect(Date.parse(startedAt as string)).toBeGreaterThanOrEqual(Date.parse(now))
    }))

  it('is remembered: no restart turns the clock back', () =>
    withDataDir(async (dataDir) => {
      const before = await withGateway(async (gateway) => (await advance(gateway, { seconds: 86_400 })).body, {
        dataDir,
      })
      const after = await withGateway(read, { dataDir })
      expect(Date.parse(after.now)).toBeGreaterThanOrEqual(Date.parse(before.now))
    }))

  it.each([
    [{}, 'The body must have at least 1 member'],
    [{ seconds: 1, toNextAlarm: true }, 'The body must have at most 1 member'],
    [{ seconds: 0 }, 'seconds must be at least 0.001'],
    [{ seconds: -1 }, 'seconds must be at least 0.001'],
    [{ seconds: 604_801 }, 'seconds must be at most 604800'],
    [{ seconds: '60' }, 'seconds must be a number'],
    [{ to: 'noon' }, 'to must be a date and time with a time zone (RFC 3339)'],
    [{ toNextAlarm: false }, 'toNextAlarm must be one of true'],
    [{ minutes: 1 }, 'minutes is not a known member; allowed are seconds, to, toNextAlarm'],
  ])('refuses %j', (body, message) =>
    withGateway(async (gateway) => {
      expect((await advance(gateway, body)).body).toEqual({ status: 400, code: 'INVALID_ARGUMENT', message })
    }),
  )

  it('refuses to go back, for promises were made in the time since, and to go further than a week', () =>
    withGateway(async (gateway) => {
      const now = Date.parse((await read(gateway)).now)
      const back = await advance(gateway, { to: new Date(now - HOUR_MS).toISOString() })
      expect(back.body).toMatchObject({ status: 400, code: 'OUT_OF_RANGE' })
      expect(back.body.message).toContain('the clock only moves forward')
      const far = await advance(gateway, { to: new Date(now + 8 * 24 * HOUR_MS).toISOString() })
      const message = 'to must not lie more than 604800 s ahead'
      expect(far.body).toEqual({ status: 400, code: 'OUT_OF_RANGE', message })
    }))
})
