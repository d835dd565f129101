import { describe, expect, it } from 'vitest'
import { followEvents } from '../../../test/support/event-stream.js'
import { QOD, type TestGateway, withGateway } from '../../../test/support/gateway.js'

const LATE = { phoneNumber: '+99999990002' }
const NO_HOLD = { settings: { 'sessions.createHoldMs': 0 } }

const follow = (gateway: TestGateway, sessionId: string, lastEventId?: string) =>
  followEvents(gateway, `/sessions/${sessionId}/events`, lastEventId)

describe('watchSession', () => {
  it('sends the events of the sink as they occur, and ends with the session', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create({ device: LATE, sink: gateway.sink.url })
      const stream = await follow(gateway, sessionId)
      expect(await stream.block()).toBe(': following')
      await gateway.advance(5)
      const granted = await stream.next()
      expect(granted?.event.data).toEqual({ sessionId, qosStatus: 'AVAILABLE' })
      await gateway.call('DELETE', `${QOD}/sessions/${sessionId}`)
      const [ended, ...more] = await stream.rest()
      expect(ended?.event.data).toEqual({ sessionId, qosStatus: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' })
      expect(more).toEqual([])

      await gateway.sink.count(2)
      expect([granted, ended].map((sent) => sent?.event)).toEqual(gateway.sink.received.map(({ event }) => event))
      expect([granted, ended].map((sent) => sent?.id)).toEqual(gateway.sink.received.map(({ event }) => event.id))
    }, NO_HOLD))

  it('is an event stream that caches must not store and proxies must not buffer', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create()
      const { response, leave } = await follow(gateway, sessionId)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('text/event-stream')
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('x-accel-buffering')).toBe('no')
      expect(response.headers.get('x-correlator')).toMatch(/^[0-9a-f-]{36}$/)
      leave()
    }))

  it('answers HEAD at once, and keeps no stream open [RFC 9110 section 9.3.2]', () =>
    withGateway(async ({ url, key, create }) => {
      const { sessionId } = await create()
      const response = await fetch(`${url}${QOD}/sessions/${sessionId}/events`, {
        method: 'HEAD',
        headers: { authorization: `Bearer ${key}` },
      })
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('text/event-stream')
      expect(await response.text()).toBe('')
    }))

  it('continues after the last event that the caller saw [HTML standard, section 9.2: Last-Event-ID]', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create({ duration: 60 })
      const first = await follow(gateway, sessionId)
      const seen = await first.next()
      first.leave()
      await gateway.advance(60)
      const later = await (await follow(gateway, sessionId, seen?.id)).rest()
      expect(later.map(({ event }) => event.data)).toEqual([
        { sessionId, qosStatus: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' },
      ])
    }))

  it('answers 204 with no body after the last event, so that an EventSource does not reconnect', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create({ duration: 60 })
      await gateway.advance(60)
      const all = await (await follow(gateway, sessionId)).rest()
      expect(all.map(({ event }) => event.data.qosStatus)).toEqual(['AVAILABLE', 'UNAVAILABLE'])
      const { response } = await follow(gateway, sessionId, all.at(-1)?.id)
      expect(response.status).toBe(204)
      expect(response.headers.has('content-type')).toBe(false)
      expect(await response.text()).toBe('')
    }))

  it('begins with the first event for an empty Last-Event-ID, from an EventSource that has seen none', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create({ duration: 60 })
      await gateway.advance(60)
      expect(await (await follow(gateway, sessionId, '')).rest()).toHaveLength(2)
    }))

  it.each(['nonsense', '00000000-0000-4000-8000-000000000000-2', 'SESSION', 'SESSION-0', 'SESSION-1-1', 'SESSION-99'])(
    'refuses a last event that is none of this session, and does not send all of them: %s',
    (lastEventId) =>
      withGateway(async (gateway) => {
        const { sessionId } = await gateway.create()
        const headers = { 'last-event-id': lastEventId.replace('SESSION', sessionId) }
        const answer = await gateway.call('GET', `${QOD}/sessions/${sessionId}/events`, { headers })
        expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT' } })
      }),
  )

  it('ends without an event where the session is deleted before it began [2.5: 10]', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create({ device: LATE })
      const stream = await follow(gateway, sessionId)
      await stream.block()
      await gateway.call('DELETE', `${QOD}/sessions/${sessionId}`)
      expect(await stream.rest()).toEqual([])
    }, NO_HOLD))

  it('serves many readers, and each can leave', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create()
      const streams = await Promise.all(Array.from({ length: 8 }, () => follow(gateway, sessionId)))
      for (const stream of streams) await stream.next()
      const [leaver, ...followers] = streams
      leaver?.leave()
      await gateway.call('DELETE', `${QOD}/sessions/${sessionId}`)
      for (const stream of followers) expect(await stream.rest()).toHaveLength(1)
    }))

  it('ends when the gateway stops, even if the session lasts longer', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create()
      const stream = await follow(gateway, sessionId)
      await stream.next()
      await gateway.close()
      expect(await stream.rest()).toEqual([])
    }))
})
