import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApplicationId, DeviceId } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeStore } from '../../../test/contracts/store.js'
import { claim, QUEUE, SINK, settle } from '../../../test/support/deliveries.js'
import { create, createGranted, creation, forget, happen } from '../../../test/support/sessions.js'
import { parsePrefix } from '../../domain/address.js'
import { at, NOON, TERMS } from '../../domain/session.fixture.js'
import type { Store } from '../../ports/store/store.js'
import { Database } from '../sqlite/driver.js'
import { SCHEMA_VERSION } from './schema.js'
import { openSqliteStore } from './store.js'

describeStore('sqlite', async (time) => {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-store-'))
  const open = () => openSqliteStore({ file: join(dir, 'store.db'), ...time })
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

describe('the SQLite store', () => {
  let dir: string
  let file: string
  let opened: Store[]

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rightofway-store-'))
    file = join(dir, 'store.db')
    opened = []
  })
  afterEach(async () => {
    for (const store of opened) await store.close()
    rmSync(dir, { recursive: true })
  })

  function open(options: Partial<Parameters<typeof openSqliteStore>[0]> = {}): Store {
    const store = openSqliteStore({ file, ...options })
    opened.push(store)
    return store
  }

  const digest = () => createHash('sha256').update(readFileSync(file)).digest('hex')

  describe('opening it', () => {
    it('refuses a file that another gateway has open, with a message', async () => {
      const first = open()
      expect(() => open()).toThrow(
        `${file} is in use by another gateway, and only one gateway can use it. Stop the other gateway first.`,
      )
      // The first one is not affected.
      await create(first.sessions)
    })

    it('unlocks the file when it is closed', async () => {
      const { session } = await create(open().sessions)
      await opened[0]?.close()
      expect(await open().sessions.find(session.id)).toBeDefined()
    })

    it('continues with an import that was accepted, and drops one that was not', async () => {
      const device = (id: string, phoneNumber: string) => ({ id: id as DeviceId, phoneNumber, addresses: [] })
      const first = open()
      await first.devices.put(device('a', '+15550001'))
      await first.close()
      const bodies = [device('a', '+15550002'), device('b', '+15550001')].map((one) => JSON.stringify(one))
      const write = (accepted: boolean) => {
        const db = new Database(file)
        for (const [position, body] of bodies.entries())
          db.prepare('INSERT INTO incoming_devices (position, body) VALUES (?, ?)').run(position, body)
        if (accepted) db.exec("INSERT INTO settings (name, value) VALUES ('incoming-devices', 'accepted')")
        db.close()
      }
      write(false)
      const second = open()
      expect(await second.devices.list(undefined, 10)).toEqual([device('a', '+15550001')])
      await second.close()
      write(true)
      const third = open()
      expect((await third.devices.list(undefined, 10)).map((one) => JSON.stringify(one))).toEqual(bodies)
      await third.devices.putAll([device('b', '+15550003')])
      await third.close()
      expect(await open().devices.find('b' as DeviceId)).toEqual(device('b', '+15550003'))
    })

    it('finishes an import that a full disk interrupted before any other write of devices', async () => {
      const first = open()
      const many = Array.from({ length: 1_000 }, (_, n) => ({ id: `d${n}` as DeviceId, addresses: [] }))
      const db = new Database(file)
      db.exec(
        `CREATE TRIGGER no_room BEFORE INSERT ON devices WHEN new.id = 'd700' BEGIN SELECT raise(ABORT, 'full'); END`,
      )
      await expect(first.devices.putAll(many)).rejects.toThrow('full')
      db.exec('DROP TRIGGER no_room')
      db.close()
      await first.devices.delete('d999' as DeviceId)
      expect(await first.devices.list(undefined, 2_000)).toHaveLength(999)
    })

    it('gives claims to the next gateway at once: the claims of a dead one are void', async () => {
      const first = open()
      const stored = await create(first.sessions)
      await first.work.claimTasks(TERMS.network, 10, 60_000)
      await first.work.claimTimers(at(30), 10, 60_000)
      await first.close()
      const second = open()
      expect(await second.work.claimTasks(TERMS.network, 10, 60_000)).toHaveLength(1)
      expect(await second.work.claimTimers(at(30), 10, 60_000)).toEqual([stored])
    })

    it('refuses a file that a newer version wrote, changes nothing in it, and unlocks it', async () => {
      await create(open().sessions)
      await opened[0]?.close()
      const db = new Database(file)
      db.pragma(`user_version = ${SCHEMA_VERSION + 1}`)
      db.close()
      const before = digest()
      for (let attempt = 1; attempt <= 2; attempt++) {
        expect(() => open()).toThrow(
          `${file} has schema version ${SCHEMA_VERSION + 1}, this gateway supports up to ${SCHEMA_VERSION}: ` +
            'it was written by a newer version of Right of Way. Nothing was changed.',
        )
        expect(digest()).toBe(before)
      }
    })

    it('refuses it even if that version was killed, and its log has what the file lacks', async () => {
      open()
      const db = new Database(file)
      db.pragma(`user_version = ${SCHEMA_VERSION + 1}`)
      expect(readdirSync(dir)).toContain('store.db-wal')
      const before = digest()
      await opened[0]?.close()
      expect(digest()).toBe(before)
      expect(() => open()).toThrow('was written by a newer version')
      expect(digest()).toBe(before)
      db.close()
    })

    it.each([
      ['a folder that is not there', () => join(dir, 'missing', 'store.db')],
      [
        'a folder that is a file',
        () => {
          writeFileSync(join(dir, 'file'), '')
          return join(dir, 'file', 'store.db')
        },
      ],
      [
        'a folder in place of the file',
        () => {
          mkdirSync(join(dir, 'folder.db'))
          return join(dir, 'folder.db')
        },
      ],
    ])('names the file that it cannot open, and the reason: %s', (_what, pathOf) => {
      const path = pathOf()
      expect(() => open({ file: path })).toThrow(`the store ${path} cannot be opened: `)
      expect(() => open({ file: path })).toThrow('writable for the user of the gateway')
    })

    it('refuses a foreign file, and does not change it', () => {
      const path = join(dir, 'notes.db')
      const notes = 'milk, bread, butter, '.repeat(500)
      writeFileSync(path, notes)
      expect(() => open({ file: path })).toThrow(
        `the store ${path} cannot be opened: file is not a database. It is damaged, or not a store. Nothing was changed`,
      )
      expect(readFileSync(path, 'utf8')).toBe(notes)
    })

    it('works without a file', async () => {
      const store = open({ file: ':memory:' })
      const stored = await create(store.sessions)
      expect(await store.sessions.find(stored.session.id)).toEqual(stored)
      expect(readdirSync(dir)).toEqual([])
    })
  })

  describe('writing', () => {
    it('puts all writes of one turn of the event loop into one commit, and so one fsync', async () => {
      const statements: string[] = []
      const store = open({ trace: (sql) => void statements.push(sql) })
      const commits = () => statements.filter((sql) => sql === 'COMMIT').length
      const before = commits()
      await Promise.all(Array.from({ length: 100 }, () => create(store.sessions)))
      expect(commits() - before).toBe(1)
      for (let i = 0; i < 3; i++) await create(store.sessions)
      expect(commits() - before).toBe(4)
    })

    it('lets a write that fails unexpectedly fail alone', async () => {
      const store = open()
      const application = 'nobody' as ApplicationId
      const key = { prefix: 'p', application, hash: 'h', compatibility: 'camara', createdAt: NOON } as const
      const [before, culprit, after, refused] = [creation(), key, creation(), creation()]
      const settled = await Promise.allSettled([
        store.sessions.commit(before),
        store.applications.addKey(culprit),
        store.sessions.commit(after),
        store.sessions.commit({ ...refused, step: { ...after.step, effects: [] }, id: after.id }),
      ])
      expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
      expect(await store.sessions.find(before.id)).toBeDefined()
      expect(await store.sessions.find(after.id)).toBeDefined()
      expect(await store.work.countTasks(TERMS.network)).toBe(2)
    })

    it('notifies nobody of a commit that was rolled back with the turn, and of each commit once', async () => {
      const store = open()
      const change = creation()
      const told: unknown[] = []
      store.sessions.watch(change.id, (stored) => void told.push(stored))
      const application = 'nobody' as ApplicationId
      await Promise.allSettled([
        store.sessions.commit(change),
        store.applications.addKey({ prefix: 'p', application, hash: 'h', compatibility: 'camara', createdAt: NOON }),
      ])
      expect(told).toEqual([{ session: change.step.session, version: 1 }])
    })

    it('reports that it is unavailable while another process locks the file, and continues afterwards', async () => {
      const store = open()
      const stored = await create(store.sessions)
      const other = new Database(file)
      other.exec('BEGIN IMMEDIATE')
      const writes = await Promise.allSettled([create(store.sessions), store.settings.set('a', '1')])
      for (const write of writes) {
        expect(write).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } })
      }
      await expect(store.ping()).rejects.toMatchObject({ name: 'StoreUnavailable' })
      expect(await store.sessions.find(stored.session.id)).toEqual(stored)
      other.exec('ROLLBACK')
      other.close()
      await store.ping()
      expect(await store.settings.get('a')).toBeUndefined()
      await create(store.sessions)
    })

    it('writes what was requested before it was closed', async () => {
      const store = open()
      const change = creation()
      const committed = store.sessions.commit(change)
      await store.close()
      await expect(committed).resolves.toBe(1)
      expect(await open().sessions.find(change.id)).toBeDefined()
    })
  })

  it('uses an index for all its statements: "a full scan per sweep"', async () => {
    const statements = new Set<string>()
    const store = open({ trace: (sql) => void statements.add(sql) })
    const { sessions, work, events, devices } = store
    const idempotency = { key: 'k', body: 'b' }
    const granted = await createGranted(sessions, {}, { sink: SINK, idempotency })
    await happen(sessions, granted, { type: 'extend', by: 60 as never }, at(10))
    await forget(sessions, await createGranted(sessions, {}, { sink: SINK }))
    await create(sessions)
    await sessions.ofDevice(TERMS.device, TERMS.owner, 100)
    await sessions.findCreated('k')
    await sessions.list({ limit: 100, live: true, network: TERMS.network })
    await sessions.list({ limit: 100, owner: TERMS.owner, newestFirst: true })
    await work.nextTimer(NOON)
    await work.claimTimers(at(9999), 10, 1)
    await work.claimTasks(TERMS.network, 10, -1)
    await work.claimTasks(TERMS.network, 10, -1)
    for (const result of ['retry', 'dead', 'stopped', 'delivered'] as const) {
      for (const delivery of await claim(store, at(9999), 1)) {
        await settle(store, delivery, { result, reason: 'x', at: NOON }, NOON)
      }
    }
    await events.countWaiting(QUEUE)
    await events.redeliver('dead-letters', NOON)
    await events.redeliver({ session: granted.session.id }, NOON)
    await events.deadLetters(10)
    await store.tidy(at(99_999_999), at(99_999_999), 0)
    const addresses = ['2001:db8:1::/48', '2001:db8:2::/64'].map((text) => ({
      address: parsePrefix(text, 'ipv6', 'test'),
      source: 'admin',
    }))
    await devices.put({ id: 'd-1' as DeviceId, phoneNumber: '+15550001', addresses })
    const ipv6 = parsePrefix('2001:db8:3::1', 'ipv6', 'test')
    await devices.resolve({ kind: 'ipv6Address', address: ipv6 }, NOON)
    const ipv4 = { kind: 'ipv4Address', publicAddress: '192.0.2.1' } as const
    await devices.resolve({ ...ipv4, publicPort: 80, privateAddress: '10.0.0.1' }, NOON)
    await devices.resolve({ kind: 'phoneNumber', phoneNumber: '+15550001' }, NOON)
    await devices.list(undefined, 10)
    await devices.expire(NOON)
    await devices.delete('d-1' as DeviceId)

    const reader = new Database(file, { readonly: true })
    const asked = [...statements].filter((sql) => /^(SELECT|INSERT|UPDATE|DELETE)/.test(sql))
    const plans = asked.flatMap((sql) =>
      reader
        .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        // Profiles are few, and read once. min() without an index reads all of the primary key.
        .filter(({ detail }) =>
          /^SCAN (?!CONSTANT ROW|profiles$|.* USING (COVERING )?INDEX)|^SEARCH \w+ USING PRIMARY KEY$/.test(detail),
        )
        .map(({ detail }) => `${detail}: ${sql}`),
    )
    const sorts = asked.filter((sql) => /ORDER BY ([est]\.)?(wake_at|next_attempt_at|seq)/.test(sql))
    const sorted = sorts.flatMap((sql) =>
      reader
        .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => detail),
    )
    reader.close()
    expect(asked.length).toBeGreaterThan(40)
    expect(plans).toEqual([])
    expect(sorts.length).toBeGreaterThanOrEqual(4)
    expect(sorted.filter((detail) => detail.includes('TEMP B-TREE FOR ORDER BY'))).toEqual([])
  })
})
