// Concurrent stores of several gateways on one database.

import {
  type ApplicationId,
  type DeviceId,
  type Instant,
  instant,
  type ResourceId,
  type SessionId,
} from '@rightofway/camara'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/support/postgres.js'
import { create, createGranted, happen, nextId } from '../../../test/support/sessions.js'
import { until } from '../../../test/support/waiting.js'
import type { Prefix } from '../../domain/address.js'
import type { Resource } from '../../domain/resource.js'
import { at, NOON, TERMS } from '../../domain/session.fixture.js'
import { deadline, type Terms } from '../../domain/session.js'
import type { MovedDevice } from '../../ports/store/devices.js'
import type { EventPosition, SessionEventRecord } from '../../ports/store/events.js'
import { AddressMoved, QuotaExhausted, type Stored, type Version } from '../../ports/store/sessions.js'
import { openPostgresStore, type PostgresStore } from './store.js'

let postgres: TestPostgres
let url: string
let stores: PostgresStore[]
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.close())
beforeEach(async () => {
  url = await postgres.database()
  stores = []
  for (const name of ['one', 'two', 'three']) stores.push(await openPostgresStore({ url, name }))
})
afterEach(() => Promise.all(stores.map((store) => store.close())))

const all = (): readonly [PostgresStore, PostgresStore, PostgresStore] => stores as never

/** A device with its own address. */
function device(n: number): Pick<Terms, 'device' | 'flow'> {
  const address = `10.${n >> 16}.${(n >> 8) % 256}.${n % 256}/32` as Prefix
  return { device: `device-${n}` as DeviceId, flow: { ...TERMS.flow, device: { ipv4: address } } }
}

/** That many creations, for as many devices, spread over the stores. @returns how many succeeded */
async function createMany(many: number, application: number, from = 0): Promise<number> {
  const outcomes = await Promise.allSettled(
    Array.from({ length: many }, (_, n) =>
      create((stores[n % stores.length] as PostgresStore).sessions, device(from + n), {
        quota: { application, device: 10 },
      }),
    ),
  )
  for (const one of outcomes) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(QuotaExhausted)
  return outcomes.filter(({ status }) => status === 'fulfilled').length
}

/**
 * Blocks inserts of rows of this session into this table, uncommitted, until the returned function is called.
 * @returns also how many statements wait in the database
 */
async function stall(table: 'sessions' | 'events', id: SessionId) {
  await postgres.query(
    url,
    `CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END';
     CREATE TRIGGER stall AFTER INSERT ON ${table} FOR EACH ROW
       WHEN (NEW.${table === 'sessions' ? 'id' : 'session'} = '${id}') EXECUTE FUNCTION stall()`,
  )
  const release = await postgres.hold(url, 'SELECT pg_advisory_xact_lock(42)')
  const waiting = async () => {
    const [row] = await postgres.query<{ n: number }>(
      url,
      `SELECT count(DISTINCT pid)::int AS n FROM pg_locks l JOIN pg_database d ON d.oid = l.database
       WHERE NOT granted AND datname = current_database()`,
    )
    return row?.n ?? 0
  }
  return { release, waiting }
}

/** Resolves when that many statements wait in the database, or `task` has ended. @returns whether it waits */
async function waits(task: Promise<unknown>, waiting: () => Promise<number>, many: number): Promise<boolean> {
  let done = false
  const settled = () => {
    done = true
  }
  task.then(settled, settled)
  await until(async () => done || (await waiting()) === many)
  return !done
}

describe('quotas across gateways', () => {
  it('are exact for an application, however many sessions are requested at each gateway', async () => {
    expect(await createMany(120, 50)).toBe(50)
    expect(await createMany(10, 50, 1000)).toBe(0)
  })

  it('are exact from far below to the last one', async () => {
    expect(await createMany(1500, 1000)).toBe(1000)
  })

  it('count ended sessions, and the counts of former gateways', async () => {
    const [one, two, three] = all()
    const quota = { application: 2, device: 10 }
    const first = await create(one.sessions, device(1), { quota })
    await create(two.sessions, device(2), { quota })
    await expect(create(three.sessions, device(3), { quota })).rejects.toMatchObject({ of: 'application' })
    await happen(three.sessions, first, { type: 'delete', released: false }, NOON)
    await postgres.query(url, "UPDATE writers SET at = now() - interval '2 days'")
    await three.tidy(NOON, NOON, 0)
    expect(await postgres.query(url, 'SELECT live FROM usage')).toEqual([{ live: '1' }])
    await create(one.sessions, device(3), { quota })
    await expect(create(two.sessions, device(4), { quota })).rejects.toMatchObject({ of: 'application' })
  })

  it('are not exceeded by requests in progress while there still is room', async () => {
    const [one, two, three] = all()
    // Each of three gateways may have 256 in progress: with one more to go, the next one checks first.
    const quota = { application: 3 * 256 + 1, device: 10 }
    const slow = nextId()
    const { release, waiting } = await stall('sessions', slow)
    const first = create(one.sessions, { ...device(1), id: slow }, { quota })
    expect(await waits(first, waiting, 1)).toBe(true)
    for (const n of [2, 3]) await create(two.sessions, device(n), { quota })
    const next = create(three.sessions, device(4), { quota })
    expect(await waits(next, waiting, 2)).toBe(true)
    await release()
    await Promise.all([first, next])
  })

  it('are exact for a device, whichever application requests its sessions', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) =>
        create(
          (stores[n % 3] as PostgresStore).sessions,
          { owner: `app-${n}` as ApplicationId },
          {
            quota: { application: 100, device: 4 },
          },
        ),
      ),
    )
    const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as QuotaExhausted] : []))
    expect(outcomes.length - refused.length).toBe(4)
    for (const { of, live } of refused) expect([of, live.length]).toEqual(['device', 4])
  })
})

describe('the events of an application', () => {
  it('have one order at all gateways, and none is inserted before one that was returned', async () => {
    const [one, two, three] = all()
    const given: SessionEventRecord[] = []
    let last: EventPosition | undefined
    const read = async (limit: number) => {
      const page = await three.events.ofOwner(TERMS.owner, last, limit)
      last = page.at(-1) ?? last
      given.push(...page)
      return page.length
    }
    const ends: Promise<unknown>[] = []
    for (const { sessions } of [one, two, three]) {
      ends.push(
        ...Array.from({ length: 100 }, async (_, n) => {
          const granted = await createGranted(sessions, device(100 * ends.length + n))
          await happen(sessions, granted, { type: 'lost' }, at(60))
        }),
      )
    }
    let writing = true
    const written = Promise.all(ends).finally(() => {
      writing = false
    })
    while (writing) await read(7)
    await written
    while ((await read(100)) > 0);
    const stored = await postgres.query<{ session: SessionId; ordinal: number }>(
      url,
      'SELECT session, ordinal FROM events ORDER BY seq',
    )
    expect(stored).toHaveLength(600)
    expect(given.map(({ session, ordinal }) => ({ session, ordinal }))).toEqual(stored)
    expect(await one.events.lastOf(TERMS.owner)).toEqual(stored.at(-1))
  })

  it('are waited for if an earlier one is not committed yet', async () => {
    const [one, two, three] = all()
    const first = await createGranted(one.sessions, device(1))
    const last = { session: first.session.id, ordinal: 1 }
    const slow = await create(one.sessions, device(2))
    const { release, waiting } = await stall('events', slow.session.id)
    const granting = happen(one.sessions, slow, { type: 'granted', at: NOON }, NOON)
    expect(await waits(granting, waiting, 1)).toBe(true)
    const { session } = await createGranted(two.sessions, device(3))
    // Another event will be inserted before it.
    expect(await three.events.lastOf(TERMS.owner)).toEqual(last)
    let given = false
    const later = three.events.ofOwner(TERMS.owner, last, 10).finally(() => {
      given = true
    })
    // Requested over the same connections, one after the other.
    for (let n = 0; n < 8; n++) await three.events.lastOf('another' as ApplicationId)
    expect(given).toBe(false)
    await release()
    expect((await later).map((event) => event.session)).toEqual([slow.session.id, session.id])
    await granting
  })
})

describe('an address that moves to another device', () => {
  const put = ({ devices }: PostgresStore, id: string, address: Prefix) =>
    devices.put({ id: id as DeviceId, addresses: [{ address, source: 'test' }] })

  it.each([
    ['alone', 1],
    ['with many others', 101],
  ])('waits for a session of it that is being created, which then follows: %s', async (_how, many) => {
    const [one, two] = all()
    const { device: holder, flow } = device(1)
    await put(one, holder, flow.device.ipv4 as Prefix)
    const slow = nextId()
    const { release, waiting } = await stall('sessions', slow)
    const creating = create(one.sessions, { ...device(1), id: slow }, { bound: true })
    expect(await waits(creating, waiting, 1)).toBe(true)
    const takers = Array.from({ length: many }, (_, n) => {
      const address = device(n + 1).flow.device.ipv4 as Prefix
      return { id: `new-${n}` as DeviceId, addresses: [{ address, source: 'test' }] }
    })
    const taking = two.devices.putAll(takers)
    expect(await waits(taking, waiting, 2)).toBe(true)
    await release()
    await Promise.all([creating, taking])
    expect((await two.devices.moved(1_000)).map((moved) => moved.device)).toContain(holder)
    expect(await two.sessions.liveOfDevices([holder])).toHaveLength(1)
  })

  it('leaves no hidden session of its last device, whichever gateway created it', async () => {
    const [one, two] = all()
    for (let n = 0; n < 40; n++) {
      const { device: holder, flow } = device(n)
      await put(one, holder, flow.device.ipv4 as Prefix)
      await one.devices.settleMoved(await one.devices.moved(1_000))
      const [created] = await Promise.allSettled([
        create(one.sessions, device(n), { bound: true }),
        put(two, `new-${n}`, flow.device.ipv4 as Prefix),
      ])
      expect((await two.devices.moved(1_000)).map((moved) => moved.device)).toContain(holder)
      if (created.status === 'rejected') expect(created.reason).toBeInstanceOf(AddressMoved)
      expect(await two.sessions.liveOfDevices([holder])).toHaveLength(created.status === 'fulfilled' ? 1 : 0)
    }
  })

  it('is not settled by a gateway that has processed an earlier change', async () => {
    const [one, two] = all()
    await put(one, 'a', '10.0.0.1/32' as Prefix)
    const [seen] = (await one.devices.moved(1_000)) as [MovedDevice]
    await two.devices.settleMoved([seen])
    await put(two, 'a', '10.0.0.2/32' as Prefix)
    await one.devices.settleMoved([seen])
    expect(await one.devices.moved(1_000)).toMatchObject([{ device: 'a' }])
  })

  it('is notified to the other gateways', async () => {
    const [one, two] = all()
    const told = new Promise<void>((resolve) => {
      two.devices.watch(resolve)
    })
    await put(one, 'a', '10.0.0.1/32' as Prefix)
    await told
  })
})

describe('a timer that a gateway has claimed ahead of its time', () => {
  /** A gateway has claimed it, and then hears that the session was committed in this version. */
  async function claimedThenHeard(version: (read: Version) => number): Promise<readonly Stored<Resource>[]> {
    const [one, two] = all()
    const granted = await createGranted(one.sessions)
    const [wakeAt, id] = [deadline(granted.session) as Instant, granted.session.id]
    const due = new Promise((resolve) => {
      two.work.watchWork(({ timer }) => void (timer !== undefined && resolve(timer)))
    })
    two.attend(() => instant(wakeAt - 100))
    expect(await due).toBe(wakeAt)
    await until(async () => (await postgres.query(url, 'SELECT FROM timers WHERE claimed_by IS NOT NULL')).length > 0)
    const heard = new Promise<void>((resolve) => {
      two.work.watchWork(({ remote }) => void (remote && resolve()))
    })
    const told = JSON.stringify({ from: 'another', sessions: [[id, version(granted.version)]] })
    await postgres.query(url, `NOTIFY rightofway, '${told}'`)
    await heard
    return two.work.claimTimers(wakeAt, 10, 1_000)
  }

  it('is fired by it when it is due, though the hint of the commit that set it comes late', async () => {
    expect(await claimedThenHeard((read) => read)).toMatchObject([{ version: 2 }])
  })

  it('is released if the session was committed since: any gateway can claim its new one', async () => {
    expect(await claimedThenHeard((read) => read + 1)).toEqual([])
  })
})

describe('a commit', () => {
  it('is notified to the other gateways, if they watch all sessions', async () => {
    const [one, two] = all()
    const heard: ResourceId[] = []
    two.work.watchWork(({ session }) => void (session && heard.push(session)))
    const { session } = await create(one.sessions)
    await until(() => heard.includes(session.id))
  })
})
