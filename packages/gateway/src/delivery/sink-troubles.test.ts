import { type ApplicationId, type Instant, instant } from '@rightofway/camara'
import { expect, it } from 'vitest'
import { withGateway } from '../../test/support/gateway.js'
import { queueOf } from '../domain/queue.js'
import { SinkTroubles } from './sink-troubles.js'

const AT: Instant = instant(0)
const APPLICATION = 'app-1' as ApplicationId

function world() {
  const lines: [fields: object, message: string][] = []
  const say = (fields: object, message: string) => void lines.push([fields, message])
  let now = 0
  const troubles = new SinkTroubles({
    log: { debug: say, info: say, warn: say, error: say },
    realNow: () => now,
    monotonicNow: () => now,
  })
  return { lines, troubles, pass: (ms: number) => (now += ms) }
}

it('logs a sink when it begins to fail and when it takes events again, and nothing in between', () => {
  const { lines, troubles, pass } = world()
  const queue = queueOf(APPLICATION, 'sink.example.com')
  troubles.heard(queue, { result: 'delivered' })
  for (let n = 0; n < 100; n++) troubles.heard(queue, { result: 'retry', at: AT, reason: 'the sink answered 503' })
  pass(86_400_000)
  troubles.heard(queue, { result: 'dead', reason: 'the sink answered 503' })
  const sink = { application: APPLICATION, host: 'sink.example.com' }
  expect(lines.splice(0)).toEqual([[{ ...sink, reason: 'the sink answered 503' }, 'a sink does not accept events']])
  for (let n = 0; n < 2; n++) troubles.heard(queue, { result: 'delivered' })
  expect(lines).toEqual([[{ ...sink, failedForS: 86_400 }, 'a sink accepts events again']])
})

it('does not log a sink that answers 410', () => {
  const { lines, troubles } = world()
  troubles.heard(queueOf(APPLICATION, 'sink.example.com'), { result: 'stopped', reason: 'the sink answered 410' })
  expect(lines).toEqual([])
})

it('logs ten sinks in a minute, and those that still fail later', () => {
  const { lines, troubles, pass } = world()
  const fail = (n: number) =>
    troubles.heard(queueOf(APPLICATION, `sink-${n}.example.com`), { result: 'retry', at: AT, reason: 'refused' })
  for (let n = 0; n < 100; n++) fail(n)
  expect(lines.map(([, message]) => message)).toEqual([
    ...Array.from({ length: 10 }, () => 'a sink does not accept events'),
    'further failing sinks are not logged for a minute',
  ])
  pass(60_000)
  fail(99)
  expect(lines.at(-1)?.[0]).toMatchObject({ host: 'sink-99.example.com' })
})

it('learns of every delivery', async () => {
  const logs: string[] = []
  await withGateway(
    async ({ create, sink, call, advance }) => {
      sink.answer(503, 503)
      const { sessionId } = await create({ sink: `${sink.url}/a-secret-path` })
      await advance(3_600)
      expect((await call('GET', `/quality-on-demand/v1/sessions/${sessionId}`)).status).toBe(200)
      const lines = logs.map((line) => JSON.parse(line) as Record<string, unknown>)
      expect(lines.filter(({ host }) => host !== undefined)).toMatchObject([
        { host: new URL(sink.url).host, reason: 'the sink answered 503', msg: 'a sink does not accept events' },
        { host: new URL(sink.url).host, msg: 'a sink accepts events again' },
      ])
      expect(logs.join()).not.toContain('a-secret-path')
    },
    { logs },
  )
})
