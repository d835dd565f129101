// Following endpoints without a stream, and streams that break off.

import { describe, expect, it } from 'vitest'
import {
  type Answering,
  connectionError,
  type FakeFetch,
  fakeFetch,
  json,
  type ManualTime,
  manualTime,
  NOON,
  refusal,
  SESSION_ID,
  sessionInfo,
} from './fakes.fixture.js'
import { camara, NetworkAsCodeClient, type QoDSession, type SessionChange } from './index.js'

type Options = ConstructorParameters<typeof NetworkAsCodeClient>[0] & object
type Constructor = new (options: Options, time: ManualTime) => NetworkAsCodeClient

const clientOf = (fake: FakeFetch, time: ManualTime, options: Options = {}) =>
  new (NetworkAsCodeClient as never as Constructor)({ token: 'key', retries: 0, fetch: fake.fetch, ...options }, time)

const OPERATOR = camara({ baseUrl: 'https://operator.example', qosProfiles: false })

/** A session at an operator whose answers depend on the seconds since noon. */
async function polled(at: (seconds: number) => Response | Error, pollMs?: number) {
  const time = manualTime()
  const asked: number[] = []
  const answer: Answering = () => {
    const seconds = (time.now() - NOON) / 1000
    asked.push(seconds)
    return at(seconds)
  }
  const client = clientOf(fakeFetch(answer), time, { endpoint: OPERATOR, ...(pollMs !== undefined && { pollMs }) })
  const session = await client.sessions.get(SESSION_ID)
  return { session, asked, time }
}

const { startedAt: _, expiresAt: __, ...bare } = sessionInfo({ qosStatus: 'REQUESTED' })
const requested = () => json(200, bare)
const available = () => json(200, sessionInfo())
const expired = () => json(200, sessionInfo({ qosStatus: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' }))

async function changesOf(session: QoDSession): Promise<SessionChange[]> {
  const seen: SessionChange[] = []
  for await (const change of session.changes()) seen.push(change)
  return seen
}

describe('following a session by polling', () => {
  it('polls often, then less often, while it is REQUESTED', async () => {
    const { session, asked, time } = await polled((s) => (s < 30 ? requested() : available()))
    await session.settled()
    expect(session.status).toBe('AVAILABLE')
    expect(asked).toEqual([0, 0.5, 1.5, 3.5, 7.5, 12.5, 17.5, 22.5, 27.5, 32.5])
    // Nothing is in progress meanwhile: these waits do not keep Node running.
    expect(time.idle.every(Boolean)).toBe(true)
  })

  it('polls rarely while it is AVAILABLE, and when it should end', async () => {
    const { session, asked } = await polled((s) => (s < 3600 ? available() : expired()), 1_000_000)
    expect(await changesOf(session)).toEqual([
      { status: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED', at: new Date('2030-01-01T13:00:00Z') },
    ])
    expect(asked).toEqual([0, 1000, 2000, 3000, 3600])
  })

  it('keeps polling, less and less often, if the end is late', async () => {
    const { session, asked } = await polled((s) => (s < 3610 ? available() : expired()), 3_000_000)
    await session.ended()
    expect(asked).toEqual([0, 3000, 3600, 3601, 3603, 3607, 3615])
  })

  it('reports a start that it saw only together with the end', async () => {
    const { session } = await polled((s) => (s < 1 ? requested() : expired()))
    expect((await changesOf(session)).map(({ status }) => status)).toEqual(['AVAILABLE', 'UNAVAILABLE'])
  })

  it('reports a start without a time', async () => {
    const started = () => json(200, { ...bare, qosStatus: 'AVAILABLE' })
    const { session } = await polled((s) => (s < 1 ? requested() : s < 60 ? started() : expired()))
    expect((await changesOf(session)).map(({ status, at }) => [status, at])).toEqual([
      ['AVAILABLE', undefined],
      ['UNAVAILABLE', new Date('2030-01-01T13:00:00Z')],
    ])
  })

  it('notices an extension by another process', async () => {
    const { session, asked } = await polled((s) => {
      if (s < 1800) return available()
      return s < 4200 ? json(200, sessionInfo({ duration: 4200, expiresAt: '2030-01-01T13:10:00Z' })) : expired()
    }, 1_800_000)
    await session.ended()
    expect(asked).toEqual([0, 1800, 3600, 4200])
  })

  it('ends without a reason if the endpoint has forgotten the session (404)', async () => {
    const { session } = await polled((s) => (s < 1 ? available() : refusal(404, 'NOT_FOUND')))
    expect(await changesOf(session)).toEqual([{ status: 'UNAVAILABLE', statusInfo: undefined, at: undefined }])
    expect(session.statusInfo).toBeUndefined()
  })

  it('waits as long as Retry-After says [RFC 9110 section 10.2.3]', async () => {
    const busy = refusal(429, 'TOO_MANY_REQUESTS', { 'retry-after': '90' })
    const { session, asked } = await polled((s) => (s === 0.5 ? busy : s === 0 ? requested() : available()))
    await session.settled()
    expect(asked).toEqual([0, 0.5, 90.5])
  })

  it('survives an unreachable endpoint for five minutes, and then gives up', async () => {
    const away = connectionError('ECONNREFUSED')
    const back = await polled((s) => (s > 0 && s < 200 ? away : s < 200 ? requested() : available()))
    expect(await back.session.settled()).toMatchObject({ status: 'AVAILABLE' })
    const gone = await polled((s) => (s > 0 ? away : requested()))
    await expect(gone.session.settled()).rejects.toThrow('no answer from https://operator.example')
    expect(gone.asked.at(-1)).toBeGreaterThan(300)
    expect(gone.asked.at(-1)).toBeLessThan(330)
  })

  it('treats a refusal as final', async () => {
    const { session, asked } = await polled((s) => (s > 0 ? refusal(401, 'UNAUTHENTICATED') : requested()))
    await expect(session.settled()).rejects.toMatchObject({ status: 401 })
    expect(asked).toHaveLength(2)
  })

  it('uses the clock of the endpoint if its own is wrong', async () => {
    const time = manualTime(NOON - 1_000_000)
    const asked: number[] = []
    const answer: Answering = () => {
      const now = time.now() + 1_000_000
      asked.push((now - NOON) / 1000)
      const info = now < NOON + 3_600_000 ? available() : expired()
      info.headers.set('date', new Date(now).toUTCString())
      return info
    }
    const client = clientOf(fakeFetch(answer), time, { endpoint: OPERATOR, pollMs: 10_000_000 })
    await (await client.sessions.get(SESSION_ID)).ended()
    expect(asked).toEqual([0, 3600])
  })
})

describe('following a session by its stream', () => {
  const event = (ordinal: number, qosStatus: string, statusInfo?: string) =>
    `id: ${SESSION_ID}.${ordinal}\r\ndata: ${JSON.stringify({ time: '2030-01-01T12:00:00Z', data: { qosStatus, statusInfo } })}\r\n\r\n`

  /** A stream in chunks; it breaks off at the end if told to. */
  const stream = (chunks: readonly string[], broken = false) => {
    const left = [...chunks]
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const chunk = left.shift()
          if (chunk !== undefined) controller.enqueue(new TextEncoder().encode(chunk))
          else if (broken) controller.error(new TypeError('terminated'))
          else controller.close()
        },
      },
      // No buffered chunks: an error would discard them.
      { highWaterMark: 0 },
    )
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }

  async function followed(streams: (Response | Error)[], infos: readonly Response[]) {
    const time = manualTime()
    const left = [...infos]
    const fake = fakeFetch(({ url }) => {
      const next = url.endsWith('/events') ? streams.shift() : left.length > 1 ? left.shift() : left[0]
      return next ?? refusal(404, 'NOT_FOUND')
    })
    const session = await clientOf(fake, time).sessions.get(SESSION_ID)
    return { session, fake, time }
  }

  it('reads events however they are cut into chunks, with comments between them', async () => {
    const text = `: following\n\n${event(1, 'AVAILABLE')}: still here\n\n${event(2, 'UNAVAILABLE', 'DURATION_EXPIRED')}`
    for (const size of [1, 2, 7, 1000]) {
      const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) as string[]
      const { session } = await followed([stream(chunks)], [requested(), available(), expired()])
      expect((await changesOf(session)).map(({ status, statusInfo }) => [status, statusInfo])).toEqual([
        ['AVAILABLE', undefined],
        ['UNAVAILABLE', 'DURATION_EXPIRED'],
      ])
    }
  })

  it('reconnects after a break, with the id of the last event [Last-Event-ID]', async () => {
    const { session, fake } = await followed(
      [
        stream([event(1, 'AVAILABLE')], true),
        connectionError('ECONNREFUSED'),
        refusal(503, 'UNAVAILABLE'),
        stream([event(2, 'UNAVAILABLE', 'NETWORK_TERMINATED')]),
      ],
      [requested(), available(), available(), available(), available(), expired()],
    )
    expect((await changesOf(session)).map(({ statusInfo }) => statusInfo)).toEqual([undefined, 'NETWORK_TERMINATED'])
    expect(
      fake.asked.filter(({ url }) => url.endsWith('/events')).map(({ headers }) => headers['last-event-id']),
    ).toEqual([undefined, `${SESSION_ID}.1`, `${SESSION_ID}.1`, `${SESSION_ID}.1`])
  })

  it('skips no event that it failed to process', async () => {
    const { session } = await followed(
      [stream([event(1, 'AVAILABLE')]), stream([event(1, 'AVAILABLE'), event(2, 'UNAVAILABLE', 'DURATION_EXPIRED')])],
      [requested(), refusal(503, 'UNAVAILABLE'), available(), expired()],
    )
    expect((await changesOf(session)).map(({ status }) => status)).toEqual(['AVAILABLE', 'UNAVAILABLE'])
  })

  /** A session behind a proxy whose streams are all like this one, for so many seconds. */
  async function behindProxy(streamOf: () => Response, seconds: number, options: Options = {}) {
    const time = manualTime()
    const asked: [what: 'stream' | 'session', at: number][] = []
    const fake = fakeFetch(({ url }) => {
      const at = (time.now() - NOON) / 1000
      const isStream = url.endsWith('/events')
      asked.push([isStream ? 'stream' : 'session', at])
      return isStream ? streamOf() : at < seconds ? available() : expired()
    })
    const session = await clientOf(fake, time, options).sessions.get(SESSION_ID)
    const changes = await changesOf(session)
    const at = (kind: 'stream' | 'session') => asked.filter(([what]) => what === kind).map(([, when]) => when)
    return { changes, streams: at('stream'), questions: at('session') }
  }

  it.each([
    ['cut at once', () => stream([': following\n\n'])],
    ['broken at once', () => stream([': following\n\n'], true)],
    ['a page', () => new Response('<h1>Sign in</h1>', { headers: { 'content-type': 'text/html' } })],
    ['nothing', () => new Response(null, { status: 204 })],
    ['the first event again, as Last-Event-ID got lost', () => stream([event(1, 'AVAILABLE')])],
    ['a timeout of the proxy', () => new Response('upstream timed out', { status: 504 })],
    ['not found there', () => refusal(404, 'NOT_FOUND')],
    ['not allowed there', () => new Response('<h1>Forbidden</h1>', { status: 403 })],
  ])('makes streams rarer that are %s, and asks at pollMs meanwhile', async (_what, streamOf) => {
    const { changes, streams, questions } = await behindProxy(streamOf, 3_000)
    expect(changes.map(({ status }) => status)).toEqual(['UNAVAILABLE'])
    expect(streams.filter((at) => at < 10).length).toBeLessThanOrEqual(4)
    expect(questions.filter((at) => at < 10).length).toBeLessThanOrEqual(6)
    const gaps = streams.slice(1).map((at, index) => at - (streams[index] as number))
    expect(gaps.slice(0, 6)).toEqual([...gaps.slice(0, 6)].sort((a, b) => a - b))
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(600)
    // The session is polled at least every pollMs, and hardly more often.
    const pauses = questions.slice(1).map((at, index) => at - (questions[index] as number))
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30.25)
    expect(questions.length).toBeLessThan(3_000 / 30 + 20)
  })

  it('waits for the next stream as long as its refusal says [RFC 9110 section 10.2.3]', async () => {
    const busy = () => refusal(429, 'TOO_MANY_REQUESTS', { 'retry-after': '20' })
    const { streams } = await behindProxy(busy, 60)
    expect(streams).toEqual([0, 20.25, 41.25])
  })

  it('then polls at the pollMs of its caller', async () => {
    const { questions } = await behindProxy(() => stream([]), 3_000, { pollMs: 300_000 })
    expect(questions.length).toBeLessThan(3_000 / 300 + 20)
  })

  it('reconnects at once while each stream brings events', async () => {
    let ordinal = 0
    const { streams } = await behindProxy(() => stream([event(++ordinal, 'AVAILABLE')]), 60)
    const gaps = streams.slice(1).map((at, index) => at - (streams[index] as number))
    expect(Math.max(...gaps)).toBe(0.25)
  })

  it('polls the session behind a proxy that blocks streams', async () => {
    let asked = 0
    const { changes } = await behindProxy(() => stream(asked++ === 0 ? [event(1, 'AVAILABLE')] : [], true), 100)
    expect(changes.map(({ status }) => status)).toEqual(['UNAVAILABLE'])
  })

  it('refreshes the session when the stream is over without an end [204]', async () => {
    const { session } = await followed([new Response(null, { status: 204 })], [available(), expired()])
    expect(await changesOf(session)).toEqual([
      { status: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED', at: new Date('2030-01-01T13:00:00Z') },
    ])
  })
})
