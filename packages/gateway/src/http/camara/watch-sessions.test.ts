import { describe, expect, it } from 'vitest'
import { type EventStream, followEvents } from '../../../test/support/event-stream.js'
import { QOD, type TestGateway, withGateway } from '../../../test/support/gateway.js'

const PATH = '/sessions/events'
/** The quota of a device is raised. */
const MANY = { settings: { 'limits.sessionsPerDevice': 1_000 } }
const OTHER_SERVER = { applicationServer: { ipv4Address: '198.51.100.8' } }

const follow = (gateway: TestGateway, lastEventId?: string, key?: string) =>
  followEvents(gateway, PATH, lastEventId, key)

const take = async (stream: EventStream, count: number) => {
  const events = []
  for (let n = 0; n < count; n++) events.push(await stream.next())
  return events
}

/** The id to reconnect with, as a new stream sends it. */
const bookmark = async (stream: EventStream) => /^: following\nid: (\S+)$/.exec((await stream.block()) ?? '')?.[1]

describe('watchSessions', () => {
  it('sends the events of all sinks of the application, also for later sessions', () =>
    withGateway(async (gateway) => {
      const { create, call, sink } = gateway
      await create({ ...OTHER_SERVER })
      const stream = await follow(gateway)
      const { sessionId: first } = await create({ sink: sink.url })
      await sink.count(1)
      await call('DELETE', `${QOD}/sessions/${first}`)
      await sink.count(2)
      const { sessionId: second } = await create({ sink: sink.url })
      await sink.count(3)
      const events = await take(stream, 3)
      expect(events.map((sent) => sent?.event)).toEqual(sink.received.map(({ event }) => event))
      expect(events.map((sent) => sent?.id)).toEqual(sink.received.map(({ event }) => event.id))
      expect(events.map((sent) => sent?.event.data.sessionId)).toEqual([first, first, second])
      stream.leave()
    }))

  it.each([
    [
      'its key is revoked',
      (gateway: TestGateway, { prefix }: { prefix: string }) => gateway.admin('DELETE', `/keys/${prefix}`),
    ],
    [
      'its application is suspended',
      (gateway: TestGateway, { application }: { application: string }) =>
        gateway.admin('PUT', `/applications/${application}/suspension`),
    ],
  ])('ends when %s', (_what, revoke) =>
    withGateway(async (gateway) => {
      const made = await gateway.newKey()
      const stream = await follow(gateway, undefined, made.key)
      await stream.block()
      await revoke(gateway, made)
      expect(await stream.rest()).toEqual([])
    }),
  )

  it('sends nothing of other applications', () =>
    withGateway(async (gateway) => {
      const { key } = await gateway.newKey()
      const stream = await follow(gateway, undefined, key)
      const { sessionId: foreign } = await gateway.create()
      const { body } = await gateway.call<{ sessionId: string }>('POST', `${QOD}/sessions`, {
        key,
        body: { ...OTHER_SERVER, device: { phoneNumber: '+36721601234567' }, qosProfile: 'QOS_L', duration: 60 },
      })
      expect((await stream.next())?.event.data.sessionId).toBe(body.sessionId)
      expect(body.sessionId).not.toBe(foreign)
      stream.leave()
    }))

  it('continues after the last event that the caller saw [HTML standard, section 9.2: Last-Event-ID]', () =>
    withGateway(async (gateway) => {
      const { create, advance } = gateway
      const stream = await follow(gateway)
      const { sessionId: one } = await create({ duration: 60 })
      const { sessionId: two } = await create({ ...OTHER_SERVER, duration: 120 })
      const [, seen] = await take(stream, 2)
      stream.leave()
      await advance(120)
      const later = await follow(gateway, seen?.id)
      expect(await bookmark(later)).toBe(seen?.id)
      const missed = await take(later, 2)
      expect(missed.map((sent) => [sent?.event.data.sessionId, sent?.event.data.qosStatus])).toEqual([
        [one, 'UNAVAILABLE'],
        [two, 'UNAVAILABLE'],
      ])
      later.leave()
    }))

  it('sends an id to reconnect with before the first event, so that none is lost in between', () =>
    withGateway(async (gateway) => {
      const first = await follow(gateway)
      const none = await bookmark(first)
      first.leave()
      const { sessionId } = await gateway.create()
      const second = await follow(gateway, none)
      expect((await second.next())?.event.data).toEqual({ sessionId, qosStatus: 'AVAILABLE' })
      second.leave()

      const third = await follow(gateway)
      const last = await bookmark(third)
      expect(last).toBe(`${sessionId}-1`)
      third.leave()
      await gateway.call('DELETE', `${QOD}/sessions/${sessionId}`)
      const fourth = await follow(gateway, last)
      expect((await fourth.next())?.id).toBe(`${sessionId}-2`)
      fourth.leave()
    }))

  it.each(['nonsense', '00000000-0000-4000-8000-000000000000', '00', '1'])(
    'refuses a last event that is no event, and does not send all that is kept: %s',
    (lastEventId) =>
      withGateway(async (gateway) => {
        const headers = { 'last-event-id': lastEventId }
        const answer = await gateway.call('GET', `${QOD}${PATH}`, { headers })
        expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT' } })
      }),
  )

  // It may have been the caller's, and its retention may have ended.
  it.each(['00000000-0000-4000-8000-000000000000-1', 'FOREIGN'])(
    'sends all that is kept to who comes back with an event that is none of its own: %s',
    (lastEventId) =>
      withGateway(async (gateway) => {
        const { sessionId } = await gateway.create()
        const { key } = await gateway.newKey()
        const foreign = await gateway.call<{ sessionId: string }>('POST', `${QOD}/sessions`, {
          key,
          body: { ...OTHER_SERVER, device: { phoneNumber: '+36721601234567' }, qosProfile: 'QOS_L', duration: 60 },
        })
        const stream = await follow(gateway, lastEventId.replace('FOREIGN', `${foreign.body.sessionId}-1`))
        expect((await stream.next())?.event.data.sessionId).toBe(sessionId)
        stream.leave()
      }),
  )

  it('sends missed events of many pages, in order and without a gap', () =>
    withGateway(async (gateway) => {
      const ids = []
      for (let n = 0; n < 130; n++) {
        ids.push((await gateway.create({ applicationServer: { ipv4Address: `198.51.100.${n + 1}` } })).sessionId)
      }
      const stream = await follow(gateway, '0')
      const events = await take(stream, 130)
      expect(events.map((sent) => sent?.event.data.sessionId)).toEqual(ids)
      stream.leave()
    }, MANY))

  it('requires a key that may read sessions', () =>
    withGateway(async ({ call, newKey }) => {
      const { key } = await newKey({ scopes: ['qos-profiles:read'] })
      expect(await call('GET', `${QOD}${PATH}`, { key })).toMatchObject({ status: 403 })
      expect(await call('GET', `${QOD}${PATH}`, { key: null })).toMatchObject({ status: 401 })
      expect(await call('DELETE', `${QOD}${PATH}`)).toMatchObject({ status: 405 })
    }))

  it('ends when the gateway stops', () =>
    withGateway(async (gateway) => {
      const stream = await follow(gateway)
      await stream.block()
      await gateway.close()
      expect(await stream.rest()).toEqual([])
    }))
})
