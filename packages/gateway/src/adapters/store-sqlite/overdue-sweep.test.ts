import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeviceId } from '@rightofway/camara'
import { expect, it, onTestFinished } from 'vitest'
import { create } from '../../../test/support/sessions.js'
import { at } from '../../domain/session.fixture.js'
import { Database } from '../sqlite/driver.js'
import { backupStore, inspectStore } from './offline.js'
import { openSqliteStore, type SqliteStore } from './store.js'

const SESSIONS = 2_000
const LATER = at(86_400)

/** Copies one leaf of an index over another. */
function damageIndex(file: string): void {
  const db = new Database(file)
  db.pragma('wal_checkpoint(TRUNCATE)')
  const size = db.pragma('page_size', { simple: true }) as number
  const leaves = db
    .prepare<[], number>("SELECT pageno FROM dbstat WHERE name = 'sessions_wake' AND pagetype = 'leaf'")
    .pluck()
    .all()
  db.close()
  const [from = 0, to = 0] = leaves.map((page) => (page - 1) * size)
  const bytes = readFileSync(file)
  bytes.copy(bytes, to, from, from + size)
  writeFileSync(file, bytes)
}

const claimable = async (store: SqliteStore) =>
  new Set((await store.work.claimTimers(LATER, 2 * SESSIONS, 0)).map(({ session }) => session.id)).size

it('a damaged index is found by doctor and `backup --verify`, and sessions that it lacks end', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-sweep-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'store.db')
  const first = openSqliteStore({ file })
  await Promise.all(
    Array.from({ length: SESSIONS }, (_, n) => create(first.sessions, { device: `d-${n}` as DeviceId })),
  )
  await first.tidy(LATER, LATER, 0)
  expect(await claimable(first)).toBe(SESSIONS)
  await first.close()
  expect(inspectStore(file).damage).toEqual([])

  damageIndex(file)
  expect(inspectStore(file).damage[0]).toMatch(/index sessions_wake/)
  const copy = join(dir, 'copy.db')
  await expect(backupStore(file, copy, { verify: true })).rejects.toThrow(/is damaged: .*index sessions_wake/)

  const store = openSqliteStore({ file })
  onTestFinished(() => store.close())
  expect(await claimable(store)).toBeLessThan(SESSIONS)
  const told: unknown[] = []
  store.work.watchWork((hint) => told.push(hint))
  await expect(store.tidy(LATER, LATER, 0)).rejects.toThrow(
    /is damaged: the index sessions_wake lacked session \S+, which was overdue; the index was rebuilt/,
  )
  expect(told).toContainEqual({ timer: LATER })
  expect(await claimable(store)).toBe(SESSIONS)
  await store.tidy(LATER, LATER, 0)
})
