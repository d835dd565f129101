import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import type { ApplicationId, DeviceId, SessionId } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeStore } from '../../../test/contracts/store.js'
import type { RealTime } from '../../../test/contracts/store-context.js'
import { create, happen } from '../../../test/support/sessions.js'
import { at, NOON, TERMS } from '../../domain/session.fixture.js'
import type { Session } from '../../domain/session.js'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type { Version } from '../../ports/store/sessions.js'
import { Database } from '../sqlite/driver.js'
import { toStored } from '../store-common/rows/sessions.js'
import { openSqliteStore, type SqliteStore } from '../store-sqlite/store.js'
import { serveStore } from './serve.js'
import { threadedStore } from './threaded-store.js'

/** Everything except the thread, which would have no clock that a test could move. */
function connect(local: SqliteStore, maxMessage?: number) {
  const { port1, port2 } = new MessageChannel()
  serveStore(local, port1, maxMessage === undefined ? {} : { maxMessage })
  return threadedStore(port2, 'here', async () => port2.close())
}

describeStore('sqlite in a thread', async (time: RealTime) => {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-store-'))
  const open = () => connect(openSqliteStore({ file: join(dir, 'store.db'), ...time }))
  let store = open()
  return {
    store,
    async reopen() {
      await store.close()
      store = open()
      return store
    },
    async close() {
      await store.close()
      rmSync(dir, { recursive: true })
    },
  }
})

describe('a store in a thread', () => {
  it('answers a read of what was just committed without a message to the thread', async () => {
    const local = openSqliteStore({ file: ':memory:' })
    const store = connect(local)
    const stored = await create(store.sessions)
    local.sessions.find = () => Promise.reject(new Error('asked'))
    expect(await store.sessions.find(stored.session.id)).toEqual(stored)
    const granted = await happen(store.sessions, stored, { type: 'granted', at: NOON }, NOON)
    expect(await store.sessions.find(stored.session.id)).toEqual(granted)
    await store.close()
  })

  it('notifies a watcher of each commit before the answers of later calls', async () => {
    const store = connect(openSqliteStore({ file: ':memory:' }))
    const stored = await create(store.sessions)
    const order: string[] = []
    store.sessions.watch(stored.session.id, (now) => order.push(now?.session.status ?? 'gone'))
    const committed = happen(store.sessions, stored, { type: 'granted', at: NOON }, NOON).then(() =>
      order.push('committed'),
    )
    await store.work.nextTimer(at(0))
    await committed
    expect(order).toEqual(['AVAILABLE', 'committed'])
    await store.close()
  })

  it('fails only the call whose answer cannot be serialized, and splits long ones', async () => {
    const local = openSqliteStore({ file: ':memory:' })
    const stored = await create(local.sessions)
    const endless = { toJSON: () => 'x'.repeat(2 ** 29) }
    local.users.list = async () => [endless] as never
    local.settings.get = async (name) => name.repeat(100)
    const store = connect(local, 1_000)
    const [tooLong, ...others] = await Promise.allSettled([
      store.users.list(undefined, 1_000),
      ...Array.from({ length: 50 }, (_, n) => store.settings.get(String(n % 10))),
      store.sessions.find(stored.session.id),
    ])
    expect(tooLong).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) as unknown })
    expect((tooLong as PromiseRejectedResult).reason).toMatchObject({
      message: expect.stringContaining('the answer of the store is too long') as unknown,
    })
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set(['fulfilled']))
    await store.close()
  })

  /** A sandbox uses its store without a thread. */
  const ways = [
    ['in a thread', connect],
    ['in the thread of the gateway', (local: SqliteStore) => local],
  ] as const

  it.each(ways)('is not healthy after damage, and takes no new session; reads continue: %s', async (_, open) => {
    const local = openSqliteStore({ file: ':memory:' })
    const store = open(local)
    const stored = await create(store.sessions)
    await store.ping()
    local.sessions.list = () =>
      Promise.reject(new Database.SqliteError('database disk image is malformed', 'SQLITE_CORRUPT'))
    const damaged =
      /^the store :memory: is damaged: database disk image is malformed\. Stop the gateway.*operations\.md/
    await expect(store.sessions.list({ limit: 1 })).rejects.toThrow(damaged)
    await expect(store.ping()).rejects.toThrow(StoreUnavailable)
    await expect(store.ping()).rejects.toThrow(damaged)
    await expect(create(store.sessions)).rejects.toThrow(damaged)
    expect(await store.sessions.find(stored.session.id)).toEqual(stored)
    await happen(store.sessions, stored, { type: 'granted', at: NOON }, NOON)
    await store.close()
  })

  describe.each(ways)('%s', (_, open) => {
    let dir: string
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'rightofway-thread-'))
    })
    afterEach(() => rmSync(dir, { recursive: true }))

    /** A store of one-hour sessions, of which the one with this number cannot be read. */
    async function damaged(count: number, broken: number) {
      const file = join(dir, 'store.db')
      const first = openSqliteStore({ file })
      const sessions: Session[] = []
      while (sessions.length < count) sessions.push((await create(first.sessions)).session)
      await first.close()
      const db = new Database(file)
      db.prepare('UPDATE sessions SET body = ? WHERE id = ?').run('{"half', sessions[broken]?.id)
      db.close()
      const message = `${file} is damaged: the row ${sessions[broken]?.id} of the table sessions cannot be parsed`
      return { store: open(openSqliteStore({ file })), sessions, message }
    }

    it('ends all sessions except one that cannot be read, and carries out their tasks', async () => {
      const { store, sessions, message } = await damaged(3, 1)
      const [a, , b] = sessions.map(({ id }) => id)
      const claim = async () => (await store.work.claimTimers(at(3_600), 2, 1_000)).map(({ session }) => session.id)
      expect([await claim(), await claim(), await claim()]).toEqual([[a], [b], []])
      const tasks = await store.work.claimTasks(TERMS.network, 10, 1_000)
      expect(tasks.map(({ session }) => session.id)).toEqual([a, b])
      await expect(store.ping()).rejects.toThrow(message)
      await store.close()
    })

    it('reports once about an unreadable session that nothing else is due', async () => {
      const { store, message } = await damaged(1, 0)
      await expect(store.work.claimTimers(at(3_600), 2, 1_000)).rejects.toThrow(message)
      expect(await store.work.claimTimers(at(3_600), 2, 1_000)).toEqual([])
      await expect(store.work.claimTasks(TERMS.network, 10, 1_000)).rejects.toThrow(message)
      await store.close()
    })
  })

  it('names the table and the id of a row that cannot be parsed', async () => {
    const local = openSqliteStore({ file: ':memory:' })
    const store = connect(local)
    local.sessions.list = async () => [toStored({ id: 'a' as SessionId, version: 1 as Version, body: '{"half' })]
    await expect(store.sessions.list({ limit: 1 })).rejects.toThrow('the row a of the table sessions cannot be parsed')
    await store.close()
  })

  it.each([
    ['users', 'lst'],
    ['users', 'constructor'],
    ['toString', 'call'],
  ])('refuses a method that it does not have: %s.%s', async (part, method) => {
    const local = openSqliteStore({ file: ':memory:' })
    const { port1, port2 } = new MessageChannel()
    serveStore(local, port1)
    const answered = once(port2, 'message') as Promise<[string]>
    port2.postMessage(JSON.stringify([{ id: 1, part, method, args: [] }]))
    const [told] = (await answered).map((text) => JSON.parse(text) as unknown)
    const message = `the thread of the store has no method ${part}.${method}`
    expect(told).toMatchObject([{ id: 1, error: { name: 'TypeError', message } }])
    port2.close()
    await local.close()
  })

  it('names rows of every other table with JSON, and lets the start fail on one that it reads', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rightofway-store-'))
    const file = join(dir, 'store.db')
    await openSqliteStore({ file }).close()
    const db = new Database(file)
    db.exec(`
      INSERT INTO applications (id, name, created_at, limits) VALUES ('app', 'x', 0, '{"half');
      INSERT INTO application_keys (prefix, application, hash, scopes, compatibility, created_at)
        VALUES ('abc', 'app', '', '["half', 'camara', 0);
      INSERT INTO token_clients (application, body) VALUES ('app', '{"half');
      INSERT INTO devices (id, services) VALUES ('dev', '["half');
      INSERT INTO changes (at, by, kind, name, before) VALUES (0, 'x', 'profile', 'x', '{"half');
      INSERT INTO events (session, owner, ordinal, at, status, delivery, attempts, log)
        VALUES ('s', 'app', 1, 0, 'AVAILABLE', 'dead', 1, '["half');`)
    db.close()
    const damaged = (row: string, table: string) =>
      new RegExp(`damaged: the row ${row} of the table ${table} cannot be`)
    /** A store reports only its first damage. */
    const meets = async (read: (store: ReturnType<typeof connect>) => Promise<unknown>, row: string, table: string) => {
      const store = connect(openSqliteStore({ file }))
      await expect(read(store)).rejects.toThrow(damaged(row, table))
      await expect(store.ping()).rejects.toThrow(damaged(row, table))
      await store.close()
    }
    const app = 'app' as ApplicationId
    await meets(({ applications }) => applications.list(undefined, 1_000), 'app', 'applications')
    await meets(({ applications }) => applications.keysOf(app, undefined, 1_000), 'abc', 'application_keys')
    await meets(({ sinkCredentials }) => sinkCredentials.tokenClient(app), 'app', 'token_clients')
    await meets(({ devices }) => devices.find('dev' as DeviceId), 'dev', 'devices')
    await meets(({ changes }) => changes.list({ limit: 1 }), '1', 'changes')
    await meets(({ events }) => events.deadLetters(1), '1', 'events')
    const broken = new Database(file)
    broken.exec(`INSERT INTO profiles (name, body) VALUES ('QOS_X', '{"half')`)
    broken.close()
    expect(() => openSqliteStore({ file })).toThrow('the row QOS_X of the table profiles cannot be parsed')
    rmSync(dir, { recursive: true })
  })

  it('rejects with the error that the store threw', async () => {
    const local = openSqliteStore({ file: ':memory:' })
    local.ping = () => Promise.reject(new StoreUnavailable('the disk is full'))
    local.tidy = () => {
      throw new TypeError('at once')
    }
    const store = connect(local)
    await expect(store.ping()).rejects.toThrow(StoreUnavailable)
    await expect(store.ping()).rejects.toThrow('the disk is full')
    await expect(store.tidy(NOON, NOON, 1)).rejects.toMatchObject({ name: 'TypeError', message: 'at once' })
    await store.close()
  })
})
