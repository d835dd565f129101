import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type NetworkId, type ReservationId, seconds } from '@rightofway/camara'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { guarantee, reservation, reservationId } from '../../../test/support/reservations.js'
import { NOON } from '../../domain/session.fixture.js'
import { type Network, type NetworkEvent, NetworkUnreachable } from '../../ports/network.js'
import { SandboxClock } from '../../sandbox/clock.js'
import { Simulator } from '../network-simulator/simulator.js'
import { openSqliteStore, type SqliteStore } from '../store-sqlite/store.js'
import { SystemClock } from '../system-clock.js'
import { CombinedNetwork } from './network.js'

const ID = reservationId(1)
const GRANTED = { result: 'granted', at: NOON }

let dir: string
let clock: SandboxClock
let store: SqliteStore
let core: Simulator
let n6: Simulator
let network: CombinedNetwork
let stop: () => Promise<void>
let events: NetworkEvent[]

async function start({ required = ['core', 'n6'] }: { required?: string[] } = {}) {
  store = openSqliteStore({ file: join(dir, 'store.db') })
  const open = (id: string, bps: number) =>
    new Simulator({
      ...{ id: id as NetworkId, file: join(dir, `${id}.db`), clock },
      capacity: { downlinkBps: bps, uplinkBps: bps },
    })
  core = open('core', 100_000_000)
  n6 = open('n6', 50_000_000)
  network = new CombinedNetwork({
    ...{ id: 'campus' as NetworkId, parts: [core, n6], clock, records: store.remoteReservations },
    required: new Set(required as NetworkId[]),
    log: pino({ level: 'silent' }),
  })
  events = []
  network.watch((event) => void events.push(event))
  stop = await network.drive(() => true)
}
async function end() {
  await stop()
  await network.close()
  await core.close()
  await n6.close()
  await store.close()
}
const heldBy = async (part: Network) => (await part.list(undefined, 99)).map(({ id }) => id)
const all = async () => [await heldBy(core), await heldBy(n6)]
const record = async (id: ReservationId = ID) => (await store.remoteReservations.find(network.id, id))?.record

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-combined-'))
  clock = await SandboxClock.start(new SystemClock(() => NOON), { load: async () => 0, save: async () => undefined })
})
afterEach(async () => {
  await end()
  rmSync(dir, { recursive: true })
})

describe('a session of two parts', () => {
  beforeEach(() => start())

  it('is held by both until one end', async () => {
    expect(await network.reserve(reservation(1, { duration: seconds(10) }))).toEqual(GRANTED)
    expect(await all()).toEqual([[ID], [ID]])
    await clock.moveBy(9_999)
    expect(await all()).toEqual([[ID], [ID]])
    await clock.moveBy(1)
    expect(await all()).toEqual([[], []])
    expect(await record()).toMatchObject({ state: 'expired' })
    expect(events).toEqual([])
  })

  it('has one end even if one part granted it later', async () => {
    n6.script({ kind: 'late', afterMs: 3_000 })
    expect(await network.reserve(reservation(1, { duration: seconds(10) }))).toEqual({ result: 'pending' })
    await clock.moveBy(3_000)
    expect(events).toEqual([{ type: 'granted', id: ID, at: NOON + 3_000 }])
    await clock.moveBy(9_999)
    expect(await all()).toEqual([[ID], [ID]])
    await clock.moveBy(1)
    expect(await all()).toEqual([[], []])
  })

  it('is refused with the name of the part, and held by none', async () => {
    const wish = reservation(1, { qos: guarantee(60_000_000) })
    const answer = await network.reserve(wish)
    expect(answer).toMatchObject({ result: 'refused', reason: expect.stringMatching(/^n6: /) as string })
    expect(await all()).toEqual([[], []])
    expect(await network.reserve(wish)).toEqual(answer)
    expect(await record()).toMatchObject({ state: 'refused' })
  })

  it('is lost with the name of the part, and released in the other', async () => {
    await network.reserve(reservation(1))
    await core.lose(ID)
    await clock.moveBy(0)
    expect(events).toEqual([{ type: 'lost', id: ID, reason: expect.stringMatching(/^core: /) as string }])
    expect(await all()).toEqual([[], []])
  })

  it('is released in the other as soon as that answers again', async () => {
    await network.reserve(reservation(1))
    n6.setReachable(false)
    await core.lose(ID)
    await clock.moveBy(0)
    expect(events).toMatchObject([{ type: 'lost' }])
    await clock.moveBy(20_000)
    n6.setReachable(true)
    expect(await heldBy(n6)).toEqual([ID])
    await clock.moveBy(60_000)
    expect(await all()).toEqual([[], []])
    expect(events).toHaveLength(1)
  })

  it('waits for a part that does not answer, and names it', async () => {
    n6.setReachable(false)
    await expect(network.reserve(reservation(1))).rejects.toThrow('part n6: the line is cut')
    n6.setReachable(true)
    expect(await network.reserve(reservation(1))).toEqual(GRANTED)
    expect(await all()).toEqual([[ID], [ID]])
  })

  it('is no longer listed when a part has lost it: reconciliation reserves it again', async () => {
    await network.reserve(reservation(1))
    await network.reserve(reservation(2))
    await n6.reset()
    await n6.reserve(reservation(2))
    expect(await network.list(undefined, 9)).toEqual([{ id: reservationId(2), version: 1 }])
    expect(await network.reserve(reservation(1))).toEqual(GRANTED)
    expect(await all()).toEqual([
      [ID, reservationId(2)],
      [ID, reservationId(2)],
    ])
  })

  it('is listed when one part alone holds it and nobody requested it, so that it is released', async () => {
    await n6.reserve(reservation(3))
    expect(await network.list(undefined, 9)).toEqual([{ id: reservationId(3), version: 1 }])
    await network.release(reservationId(3), 2)
    expect(await all()).toEqual([[], []])
  })

  it('is listed page by page, whatever the parts hold', async () => {
    for (let n = 0; n < 7; n++) await network.reserve(reservation(n))
    for (const n of [1, 2]) await core.release(reservationId(n), 9)
    for (const n of [8, 9]) await n6.reserve(reservation(n))
    const seen: ReservationId[] = []
    for (let behind: ReservationId | undefined; ; ) {
      const page = await network.list(behind, 2)
      seen.push(...page.map(({ id }) => id))
      if (page.length < 2) break
      behind = page.at(-1)?.id
    }
    expect(seen).toEqual([0, 3, 4, 5, 6, 8, 9].map(reservationId))
  })

  it('has the capacity of the smallest', () => {
    expect(network.capacity).toEqual({ downlinkBps: 50_000_000, uplinkBps: 50_000_000 })
  })
})

describe('a crash', () => {
  beforeEach(() => start())

  it('between two parts leaks nothing: both hold what is wanted afterwards', async () => {
    n6.script({ kind: 'unreachable' })
    await expect(network.reserve(reservation(1))).rejects.toThrow(NetworkUnreachable)
    expect(await all()).toEqual([[ID], []])
    expect(await record()).toMatchObject({ state: 'asking', asked: { id: ID } })
    await end()
    await start()
    expect(await network.reserve(reservation(1))).toEqual(GRANTED)
    expect(await all()).toEqual([[ID], [ID]])
  })

  it('between two parts leaks nothing: both release what is no longer wanted', async () => {
    n6.script({ kind: 'unreachable' })
    await expect(network.reserve(reservation(1))).rejects.toThrow(NetworkUnreachable)
    await end()
    await start()
    expect(await network.list(undefined, 9)).toEqual([{ id: ID, version: 1 }])
    expect(await network.release(ID, 2)).toBe('released')
    expect(await all()).toEqual([[], []])
  })

  it('during a release does not make it forget a part', async () => {
    await network.reserve(reservation(1))
    n6.setReachable(false)
    await expect(network.release(ID, 2)).rejects.toThrow(NetworkUnreachable)
    expect(await record()).toMatchObject({ state: 'ending', endsAs: 'released' })
    await end()
    await start()
    await clock.moveBy(5_000)
    expect(await all()).toEqual([[], []])
    expect(await network.reserve(reservation(1))).toEqual({ result: 'stale' })
  })

  it('while a part is pending does not make it forget the rest', async () => {
    core.script({ kind: 'late', afterMs: 5_000 })
    expect(await network.reserve(reservation(1))).toEqual({ result: 'pending' })
    await end()
    await start()
    await clock.moveBy(5_000)
    expect(events).toEqual([{ type: 'granted', id: ID, at: NOON + 5_000 }])
    expect(await all()).toEqual([[ID], [ID]])
  })
})

describe('an optional part', () => {
  beforeEach(() => start({ required: ['core'] }))

  it('may refuse: the session continues, and operators are told', async () => {
    expect(await network.reserve(reservation(1, { qos: guarantee(60_000_000) }))).toEqual(GRANTED)
    expect(await all()).toEqual([[ID], []])
    expect(network.troubles).toEqual([expect.stringMatching(/^1 session is held without the part n6 \(/)])
    await network.release(ID, 2)
    expect(network.troubles).toEqual([])
  })

  it('may lose it, which is still known after a start', async () => {
    await network.reserve(reservation(1))
    await n6.lose(ID)
    await clock.moveBy(0)
    expect(events).toEqual([])
    await end()
    await start({ required: ['core'] })
    await network.list(undefined, 9)
    expect(network.troubles).toEqual([expect.stringContaining('held without the part n6')])
  })

  it('may be unreachable, and is asked again until it holds the session too', async () => {
    n6.setReachable(false)
    expect(await network.reserve(reservation(1, { duration: seconds(600) }))).toEqual(GRANTED)
    expect(network.troubles).toEqual(['1 session is held without the part n6 (the line is cut)'])
    expect(await network.list(undefined, 9)).toEqual([{ id: ID, version: 1 }])
    n6.setReachable(true)
    await clock.moveBy(15_000)
    expect(await all()).toEqual([[ID], [ID]])
    expect(network.troubles).toEqual([])
    await clock.moveBy(585_000)
    expect(await all()).toEqual([[], []])
    expect(events).toEqual([])
  })

  it('does not hide the loss of a required part', async () => {
    await network.reserve(reservation(1))
    await core.lose(ID)
    await clock.moveBy(0)
    expect(events).toMatchObject([{ type: 'lost' }])
    expect(await all()).toEqual([[], []])
  })

  it('is extended with the others', async () => {
    await network.reserve(reservation(1, { duration: seconds(10) }))
    const until = after(NOON, seconds(100))
    expect(await network.reserve(reservation(1, { version: 2, until }))).toEqual(GRANTED)
    await clock.moveBy(99_999)
    expect(await all()).toEqual([[ID], [ID]])
  })
})
