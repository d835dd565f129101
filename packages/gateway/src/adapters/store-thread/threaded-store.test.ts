import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { at, NOON } from '../../domain/session.fixture.js'
import { describeStore, type RealTime } from '../../ports/store.contract.js'
import { StoreUnavailable } from '../../ports/store.js'
import { create, happen } from '../../testing/sessions.js'
import { openSqliteStore, type SqliteStore } from '../store-sqlite/store.js'
import { serveStore } from './serve.js'
import { threadedStore } from './threaded-store.js'

/** All of it but the thread, which would have no clock that a test could move. */
function connect(local: SqliteStore) {
  const { port1, port2 } = new MessageChannel()
  serveStore(local, port1)
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
  it('answers a read of what was just committed without asking the thread', async () => {
    const local = openSqliteStore({ file: ':memory:' })
    const store = connect(local)
    const stored = await create(store.sessions)
    local.sessions.find = () => Promise.reject(new Error('asked'))
    expect(await store.sessions.find(stored.session.id)).toEqual(stored)
    const granted = await happen(store.sessions, stored, { type: 'granted', at: NOON }, NOON)
    expect(await store.sessions.find(stored.session.id)).toEqual(granted)
    await store.close()
  })

  it('tells a watcher of each commit before what was asked after it', async () => {
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

  it('rejects with what the store threw, as it threw it', async () => {
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
