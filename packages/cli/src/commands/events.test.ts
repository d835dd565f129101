import { describe, expect, it, onTestFinished } from 'vitest'
import { startSink } from '../../../gateway/test/support/sink.js'
import type { SinkAnswer } from '../../../sandbox/src/sink.js'
import { cli, startWorld } from '../world.fixture.js'

const DAY_S = 86_400
const MOMENT = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ`
/** The network refuses its sessions: each has one event. */
const REFUSED = '+99999990001'
const GRANTED = '+36721601234567'

/** A gateway, a sink that answers 500 until it is repaired, and a session of a device with that sink. */
async function worldWithSink(phoneNumber: string) {
  const world = await startWorld()
  const sink = await startSink()
  onTestFinished(() => sink.close())
  let broken = true
  sink.answer(
    ...Array.from(
      { length: 100 },
      (): SinkAnswer => (response) => {
        response.writeHead(broken ? 500 : 204).end()
      },
    ),
  )
  const device = world.client.devices.get({ phoneNumber })
  const session = await device.createQodSession({
    profile: 'QOS_L',
    serviceIpv4: '198.51.100.7',
    duration: 3600,
    sink: sink.url,
  })
  await sink.count(1)
  const mend = () => {
    broken = false
  }
  return { ...world, sink, session, mend }
}

describe('rightofway events', () => {
  it('shows every attempt of a session, and when the next one is due', async () => {
    const { session, advance, sink, mend } = await worldWithSink(GRANTED)
    await advance(1)
    await sink.count(2)
    const waiting = await cli('events', 'log', session.id)
    expect(waiting.out).toMatch(
      new RegExp(
        `^${session.id}-1  ${MOMENT}  AVAILABLE  waiting\n  ${MOMENT}  500, \\d+ ms\n  ${MOMENT}  500, \\d+ ms\n` +
          `  ${MOMENT}  next attempt\n$`,
      ),
    )
    mend()
    await advance(5)
    await session.delete()
    await sink.count(4)
    await advance(1)
    const { out } = await cli('events', 'log', session.id)
    expect(out).toMatch(/AVAILABLE {2}delivered\n(?: .*500.*\n){2} .*204, \d+ ms\n/)
    expect(out).toMatch(/-2 {2}.*UNAVAILABLE, DELETE_REQUESTED {2}delivered\n .*204, \d+ ms\n$/)
    const json = JSON.parse((await cli('events', 'log', session.id, '--json')).out) as object[]
    expect(json).toMatchObject([{ eventId: `${session.id}-1`, state: 'delivered' }, { state: 'delivered' }])
  })

  it('lists queues, and dead letters with their reasons', async () => {
    const { session, advance } = await worldWithSink(REFUSED)
    expect((await cli('events', 'queues')).out).toMatch(/127\.0\.0\.1:\d+ +1 +0 /)
    expect((await cli('events', 'dead')).out).toBe('no dead letters\n')
    await advance(DAY_S + 60)
    expect((await cli('events', 'queues')).out).toBe('no events are waiting\n')
    expect((await cli('events', 'dead')).out).toMatch(
      new RegExp(`${session.id}-1 +${MOMENT} +\\d\\d +the sink answered 500\n`),
    )
    expect((await cli('events', 'log', session.id)).out).toMatch(/\n {2}dead: the sink answered 500\n$/)
    expect(JSON.parse((await cli('events', 'dead', '--json')).out)).toMatchObject([{ eventId: `${session.id}-1` }])
  })

  it.each<[string, (session: string) => string[]]>([
    ['one event', (session) => ['redeliver', `${session}-1`]],
    ['all of a session', (session) => ['redeliver', session]],
    ['all dead letters', () => ['drain']],
  ])('delivers %s again', async (_what, command) => {
    const { session, advance, sink, mend } = await worldWithSink(REFUSED)
    await advance(DAY_S + 60)
    const attempts = sink.received.length
    mend()
    expect(await cli('events', ...command(session.id))).toMatchObject({
      code: 0,
      out: '1 event is queued for delivery\n',
    })
    await sink.count(attempts + 1)
    expect(sink.received[attempts]?.event).toEqual(sink.received[0]?.event)
    expect((await cli('events', 'drain')).out).toBe('0 events are queued for delivery\n')
  })

  it('names what does not exist', async () => {
    await startWorld()
    const nobody = '3fa85f64-5717-4562-b3fc-2c963f66afa6'
    expect(await cli('events', 'log', nobody)).toMatchObject({ code: 5 })
    expect(await cli('events', 'redeliver', nobody)).toMatchObject({ code: 5 })
    expect(await cli('events', 'redeliver', `${nobody}-1`)).toMatchObject({
      code: 5,
      err: expect.stringContaining('no such event') as unknown,
    })
    expect(await cli('events', 'redeliver', 'nonsense')).toMatchObject({ code: 1 })
  })
})
