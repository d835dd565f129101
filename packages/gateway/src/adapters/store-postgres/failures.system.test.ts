import type { NetworkId, SessionId } from '@rightofway/camara'
import type { Logger } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type CutAt, type CuttingProxy, startCuttingProxy } from '../../../test/support/cutting-proxy.js'
import { claim, SINK } from '../../../test/support/deliveries.js'
import { QOD, startTestGateway } from '../../../test/support/gateway.js'
import { startPostgres, type TestPostgres } from '../../../test/support/postgres.js'
import { changeBy, create, createGranted, creation, happen } from '../../../test/support/sessions.js'
import { sharedSettings } from '../../../test/support/shared-store.js'
import { until } from '../../../test/support/waiting.js'
import { openStore } from '../../compose/store.js'
import { loadConfig } from '../../config/config.js'
import { at, NOON, TERMS } from '../../domain/session.fixture.js'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import { StoreUnreachable } from './connection-trouble.js'
import { inspectPostgres, migratePostgres } from './offline.js'
import { SCHEMA_VERSION } from './schema.js'
import { openPostgresStore, type PostgresStore } from './store.js'

let postgres: TestPostgres
let url: string
let proxy: CuttingProxy
let opened: PostgresStore[]
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.close())
beforeEach(async () => {
  url = await postgres.database()
  proxy = await startCuttingProxy(postgres)
  opened = []
})
afterEach(async () => {
  proxy.mend()
  await Promise.all(opened.map((store) => store.close()))
  await proxy.end()
})

const through = (...proxies: readonly CuttingProxy[]): string =>
  url.replace(`127.0.0.1:${postgres.port}`, proxies.map(({ port }) => `127.0.0.1:${port}`).join(','))

async function open(at = through(proxy), name = 'one'): Promise<PostgresStore> {
  const store = await openPostgresStore({ url: at, name })
  opened.push(store)
  return store
}

const rows = (table: string) => postgres.query<{ n: number }>(url, `SELECT count(*)::int AS n FROM ${table}`)

describe('a connection that breaks in the middle of a commit', () => {
  const moments: readonly [CutAt, string][] = [
    ['request', 'before the database has heard of it'],
    ['answer', 'when it is committed, and nobody has been told'],
  ]
  for (const [moment, when] of moments) {
    it(`creates one session, and reports it, when it breaks ${when}`, async () => {
      const { sessions } = await open()
      const change = creation({}, { idempotency: { key: 'k', body: 'b' } })
      const broken = proxy.cutOn(change.id, moment)
      expect(await sessions.commit(change)).toBe(1)
      await broken
      expect(await sessions.find(change.id)).toEqual({ session: change.step.session, version: 1 })
      expect(await rows('sessions')).toEqual([{ n: 1 }])
    })

    it(`makes one step, and reports it, when it breaks ${when}`, async () => {
      const store = await open()
      const first = await create(store.sessions, {}, { sink: SINK })
      const broken = proxy.cutOn(first.session.id, moment)
      const granted = await happen(store.sessions, first, { type: 'granted', at: NOON }, NOON, first.version)
      await broken
      expect(await store.sessions.find(first.session.id)).toEqual(granted)
      expect(await rows('events')).toEqual([{ n: 1 }])
    })

    it(`refuses what was refused, when it breaks ${when}`, async () => {
      const { sessions } = await open()
      const first = await create(sessions)
      await happen(sessions, first, { type: 'granted', at: NOON }, NOON)
      const broken = proxy.cutOn(first.session.id, moment)
      const late = sessions.commit(changeBy(first, { type: 'refused' }, at(1)))
      await expect(late).rejects.toMatchObject({ name: 'StaleVersion' })
      await broken
    })

    it(`records one attempt to deliver, when it breaks ${when}`, async () => {
      const store = await open()
      const { session } = await createGranted(store.sessions, {}, { sink: SINK })
      const [delivery] = await claim(store, NOON)
      if (delivery === undefined) throw new Error('a delivery is due')
      const broken = proxy.cutOn(session.id, moment)
      await store.events.settleDelivery(delivery, { at: NOON, ms: 5, status: 204 }, { result: 'delivered' }, NOON)
      await broken
      expect(await store.events.deliveriesOf(session.id)).toMatchObject([
        { state: 'delivered', attempts: [{ status: 204 }] },
      ])
    })
  }
})

describe('a database that is away', () => {
  it('is waited for a moment, and then not at all; afterwards everything continues [StoreUnavailable]', async () => {
    const store = await open()
    const stored = await create(store.sessions)
    proxy.close()
    await expect(store.sessions.find(stored.session.id)).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(create(store.sessions)).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(store.ping()).rejects.toBeInstanceOf(StoreUnavailable)
    proxy.mend()
    await until(() =>
      store.ping().then(
        () => true,
        () => false,
      ),
    )
    expect(await store.sessions.find(stored.session.id)).toEqual(stored)
    await create(store.sessions)
  })

  it('has no effect if it is back at once: requests in progress are answered', async () => {
    const store = await open()
    const creating = Array.from({ length: 50 }, () => create(store.sessions))
    proxy.cut()
    const made = await Promise.all(creating)
    proxy.cut()
    const found = await Promise.all(made.map(({ session }) => store.sessions.find(session.id)))
    expect(found).toEqual(made)
  })

  it('may return as another host: the next of the connection string', async () => {
    const second = await startCuttingProxy(postgres)
    try {
      const store = await open(through(proxy, second))
      const stored = await create(store.sessions)
      proxy.close()
      await until(() =>
        store.ping().then(
          () => true,
          () => false,
        ),
      )
      expect(await store.sessions.find(stored.session.id)).toEqual(stored)
      await store.close()
      opened.pop()
    } finally {
      await second.end()
    }
  })

  it('leads to 503 with Retry-After, and /readyz says why; due work is done when it is back', async () => {
    const gateway = await startTestGateway({ settings: { ...sharedSettings(through(proxy)), sandbox: true } })
    try {
      const session = await gateway.create({ duration: 2 })
      const path = `${QOD}/sessions/${session.sessionId}`
      proxy.close()
      await until(async () => (await gateway.call('GET', path)).status === 503)
      const refused = await gateway.call('GET', path)
      expect(refused.body).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
      expect(refused.headers['retry-after']).toBe('1')
      const ready = await gateway.call<{ problems: string[] }>('GET', '/readyz', { key: null })
      expect(ready.status).toBe(503)
      expect(ready.body.problems[0]).toMatch(/^the database cannot be used: /)
      expect(ready.text).not.toContain('postgres:postgres')
      await until(() => Date.now() > Date.parse(session.expiresAt ?? ''))
      proxy.mend()
      await until(async () => (await gateway.call('GET', '/readyz', { key: null })).status === 200)
      await until(
        async () =>
          (await gateway.store.sessions.find(session.sessionId as SessionId))?.session.status === 'UNAVAILABLE',
      )
    } finally {
      await gateway.close()
    }
  })

  it('restarts: acknowledged commits are there, and the others can be made', async () => {
    const store = await open()
    const before = await create(store.sessions)
    await postgres.stop()
    const during = create(store.sessions)
    await postgres.start()
    const outcome = await during.then(
      (stored) => stored,
      (error: unknown) => error,
    )
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(StoreUnavailable)
    await until(() =>
      store.ping().then(
        () => true,
        () => false,
      ),
    )
    expect(await store.sessions.find(before.session.id)).toEqual(before)
    await create(store.sessions)
  })
})

describe('the lease of a network', () => {
  const network = 'campus' as NetworkId

  it('belongs to one gateway; if that one is unreachable it ends there before another one has it', async () => {
    const second = await startCuttingProxy(postgres)
    try {
      const [one, two] = [await open(through(proxy), 'one'), await open(through(second), 'two')]
      const history: string[] = []
      const first = one.gateways.lead(network, (drives) => history.push(`one ${drives}`))
      await until(() => first.held)
      const other = two.gateways.lead(network, (drives) => {
        history.push(`two ${drives}, one ${first.held}`)
      })
      proxy.stall()
      await until(() => other.held)
      expect(first.held).toBe(false)
      expect(history.filter((line) => line.startsWith('two'))).toEqual(['two true, one false'])
      expect((await two.gateways.report()).leaders).toEqual(new Map([[network, 'two']]))
    } finally {
      await second.end()
    }
  })

  it('gives the claims of its last driver to the next', async () => {
    const [one, two] = [await open(undefined, 'one'), await open(url, 'two')]
    const first = one.gateways.lead(TERMS.network, () => undefined)
    await until(() => first.held)
    const stored = await create(one.sessions)
    expect(await one.work.claimTasks(TERMS.network, 10, 60_000)).toHaveLength(1)
    expect(await two.work.claimTasks(TERMS.network, 10, 60_000)).toEqual([])
    const next = two.gateways.lead(TERMS.network, () => undefined)
    await first.release()
    await until(() => next.held)
    const tasks = await two.work.claimTasks(TERMS.network, 10, 60_000)
    expect(tasks.map(({ session }) => session.id)).toEqual([stored.session.id])
  })

  it('of a dead gateway gives its timers and deliveries to the others', async () => {
    const [one, two] = [await open(undefined, 'one'), await open(url, 'two')]
    const stored = await createGranted(one.sessions, {}, { sink: SINK })
    expect(await one.work.claimTimers(at(9999), 10, 60_000)).toHaveLength(1)
    expect(await claim(one, NOON)).toHaveLength(1)
    expect(await two.work.claimTimers(at(9999), 10, 60_000)).toEqual([])
    proxy.stall()
    await until(async () => (await two.work.claimTimers(at(9999), 10, 60_000)).length > 0)
    expect((await claim(two, NOON)).map(({ event }) => event.session)).toEqual([stored.session.id])
  })
})

describe('the schema', () => {
  it('is created by one of several gateways that start at the same time', async () => {
    const migrated = await Promise.all(Array.from({ length: 4 }, () => migratePostgres(url)))
    expect(migrated.filter(({ from }) => from === 0)).toHaveLength(1)
    expect(migrated.every(({ to }) => to === SCHEMA_VERSION)).toBe(true)
    expect(await migratePostgres(url)).toEqual({ from: SCHEMA_VERSION, to: SCHEMA_VERSION })
  })

  it('is inspected without a change: its version, its gateways, its time', async () => {
    expect(await inspectPostgres(url)).toMatchObject({
      schemaVersion: 0,
      knownSchemaVersion: SCHEMA_VERSION,
      sessions: 0,
    })
    await open(url, 'one')
    const report = await inspectPostgres(url)
    expect(report).toMatchObject({ schemaVersion: SCHEMA_VERSION, gateways: ['one'] })
    expect(Math.abs(report.clockOffsetMs)).toBeLessThan(10_000)
  })

  it('is refused when a newer version has migrated it, and nothing is changed', async () => {
    await migratePostgres(url)
    await postgres.query(url, `INSERT INTO migrations (version) VALUES (${SCHEMA_VERSION + 1})`)
    await expect(open()).rejects.toThrow(
      `the database has schema version ${SCHEMA_VERSION + 1}, this gateway supports up to ${SCHEMA_VERSION}`,
    )
    expect(await rows('gateways')).toEqual([{ n: 0 }])
  })

  it('names the hosts that cannot be reached, without the password', async () => {
    proxy.close()
    const refused = await open().catch((error: unknown) => error as Error)
    if (!(refused instanceof Error)) throw new Error('it must not open')
    expect(refused.message).toContain(`the database at 127.0.0.1:${proxy.port} (store.url) cannot be used: `)
    expect(refused.message).not.toContain('postgres:postgres')
  })
})

describe('a database that is not reachable yet', () => {
  const config = (flags: Readonly<Record<string, unknown>> = {}) =>
    loadConfig({ flags: { ...sharedSettings(through(proxy)), ...flags } })

  /** A log that runs a function at its first warning. */
  function listening(onWarn: () => void) {
    const said: string[] = []
    const note = (_: object, message: string): void => {
      said.push(message)
      if (said.length === 1) onWarn()
    }
    return { said, log: { info: note, warn: note, error: note } as unknown as Logger }
  }

  it('is waited for by a start, which logs that and continues when it answers', async () => {
    proxy.close()
    const { said, log } = listening(() => proxy.mend())
    const store = await openStore(config(), log)
    await store.close()
    expect(said).toEqual([
      'the database does not answer yet: the start waits for it',
      'the database answers: the start goes on',
    ])
  })

  it('is not waited for if not requested, and leads to an error message', async () => {
    proxy.close()
    const refused = await openStore(config({ 'store.startTimeout': 0 }), listening(() => undefined).log).catch(
      (error: unknown) => error,
    )
    expect(refused).toBeInstanceOf(StoreUnreachable)
    expect(String(refused)).toContain(`the database at 127.0.0.1:${proxy.port} (store.url) cannot be used: `)
  })

  it('is not waited for if it refuses the credentials: time would not help', async () => {
    const { said, log } = listening(() => undefined)
    const wrong = { 'store.url': url.replace('postgres:postgres@', 'postgres:wrong@') }
    await expect(openStore(config(wrong), log)).rejects.toThrow('user and password in store.url')
    expect(said).toEqual([])
  })

  it('does not delay a stop', async () => {
    proxy.close()
    const stop = new AbortController()
    const { log } = listening(() => stop.abort())
    const refused = await openStore(config(), log, stop.signal).catch((error: unknown) => error)
    expect(refused).toBe(stop.signal.reason)
  })
})
