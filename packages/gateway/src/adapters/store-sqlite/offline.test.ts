import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionInfo } from '@rightofway/camara'
import { describe, expect, it, onTestFinished } from 'vitest'
import { QOD, startTestGateway } from '../../../test/support/gateway.js'
import { Database } from '../sqlite/driver.js'
import { backupStore, inspectStore } from './offline.js'

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-backup-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

describe('a backup of a store', () => {
  it('contains every session that was acknowledged before it began, and a gateway can continue with it', async () => {
    const gateway = await startTestGateway({ settings: { 'limits.sessionsPerDevice': 1_000 } })
    onTestFinished(() => gateway.close())
    const create = (n: number) =>
      gateway.create({ applicationServer: { ipv4Address: `198.51.${n >> 8}.${n & 255}` }, qosProfile: 'QOS_S' })
    const before = await Promise.all(Array.from({ length: 50 }, (_, n) => create(n)))

    // Creates continue while it is copied.
    const meanwhile = Promise.all(Array.from({ length: 200 }, (_, n) => create(1000 + n)))
    const dataDir = folder()
    const report = await backupStore(join(gateway.dataDir, 'store.db'), join(dataDir, 'store.db'))
    await meanwhile
    expect(report.damage).toEqual([])
    expect(report.sessions).toBeGreaterThanOrEqual(50)
    expect(readdirSync(dataDir)).toEqual(['store.db'])

    const restored = await startTestGateway({ dataDir })
    onTestFinished(() => restored.close())
    for (const { sessionId } of before) {
      const { status, body } = await restored.call<SessionInfo>('GET', `${QOD}/sessions/${sessionId}`, {
        key: gateway.key,
      })
      expect([status, body.qosStatus]).toEqual([200, 'AVAILABLE'])
    }
  })

  it('replaces an earlier backup on request, and never another file or the store itself', async () => {
    const gateway = await startTestGateway()
    onTestFinished(() => gateway.close())
    const store = join(gateway.dataDir, 'store.db')
    const dir = folder()
    const copy = join(dir, 'copy.db')
    await backupStore(store, copy)
    await expect(backupStore(store, copy)).rejects.toThrow(`${copy} already exists: nothing was changed`)
    await gateway.create()
    expect((await backupStore(store, copy, { replace: true })).sessions).toBe(1)
    expect(inspectStore(copy)).toMatchObject({ sessions: 1, damage: [] })

    const mine = join(dir, 'mine')
    writeFileSync(mine, 'mine')
    writeFileSync(`${copy}.partial`, 'mine too')
    const replace = (path: string) => backupStore(store, path, { replace: true })
    await expect(replace(mine)).rejects.toThrow(`${mine} exists and is not a backup`)
    await expect(replace(dir)).rejects.toThrow(`${dir} exists and is not a backup`)
    await expect(replace(store)).rejects.toThrow(`${store} is the store itself`)
    await replace(copy)
    expect([readFileSync(mine, 'utf8'), readFileSync(`${copy}.partial`, 'utf8')]).toEqual(['mine', 'mine too'])
    expect(readdirSync(dir).sort()).toEqual(['copy.db', 'copy.db.partial', 'mine'])
  })

  it('leaves no file if there is nothing to copy, or no place for it', async () => {
    const dir = folder()
    await expect(backupStore(join(dir, 'store.db'), join(dir, 'copy.db'))).rejects.toThrow('there is no store at')
    new Database(join(dir, 'store.db')).close()
    await expect(backupStore(join(dir, 'store.db'), join(dir, 'no', 'such', 'folder.db'))).rejects.toThrow()
    expect(existsSync(join(dir, 'copy.db'))).toBe(false)
  })
})

describe('inspecting a store', () => {
  it('returns its schema, its sessions and the time of the last event', async () => {
    const gateway = await startTestGateway()
    onTestFinished(() => gateway.close())
    await gateway.advance(3600)
    const { startedAt } = await gateway.create()
    const report = inspectStore(join(gateway.dataDir, 'store.db'))
    expect(report).toMatchObject({ sessions: 1, damage: [], lastEventAt: Date.parse(startedAt as string) })
    expect(report.schemaVersion).toBe(report.knownSchemaVersion)
    expect(report.sandboxOffsetMs).toBeGreaterThan(3_500_000)
  })

  it('refuses a file that is no store', () => {
    const file = join(folder(), 'store.db')
    writeFileSync(file, 'a text that is long enough to be no header of a database of any kind whatsoever')
    expect(() => inspectStore(file)).toThrow('not a database')
  })
})
