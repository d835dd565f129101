import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backupStore, inspectStore, settingOfStore } from './offline.js'
import { restoreStore } from './restore.js'
import { openSqliteStore } from './store.js'

let dir: string
let file: string
let copy: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-restore-'))
  file = join(dir, 'store.db')
  copy = join(dir, 'copy.db')
})
afterEach(() => rmSync(dir, { recursive: true }))

const set = async (value: string) => {
  const store = openSqliteStore({ file })
  await store.settings.set('state', value)
  await store.close()
}

/** The store is used after the backup, and its gateway dies: a log is left beside it. */
async function crashAfterBackup(): Promise<void> {
  await set('before')
  await backupStore(file, copy)
  const store = openSqliteStore({ file })
  await store.settings.set('state', 'after')
  const [db, wal] = [join(dir, 'crashed.db'), join(dir, 'crashed.db-wal')]
  copyFileSync(file, db)
  copyFileSync(`${file}-wal`, wal)
  await store.close()
  copyFileSync(db, file)
  copyFileSync(wal, `${file}-wal`)
}

describe('restoreStore', () => {
  it('restores the contents of the backup after a crash, and keeps the old store complete', async () => {
    await crashAfterBackup()
    const { report, aside } = await restoreStore(copy, file, 'old')
    expect(report.damage).toEqual([])
    expect(settingOfStore(file, 'state')).toBe('before')
    expect(aside).toBe(`${file}.old`)
    expect(settingOfStore(`${file}.old`, 'state')).toBe('after')
    await set('again')
    expect(settingOfStore(file, 'state')).toBe('again')
    expect(readdirSync(dir).filter((name) => name.includes('restoring') || name.includes('partial'))).toEqual([])
  })

  it('replaces a store that is damaged, and keeps it as it is', async () => {
    await set('before')
    await backupStore(file, copy)
    truncateSync(file, 20_000)
    await restoreStore(copy, file, 'old')
    expect(settingOfStore(file, 'state')).toBe('before')
    expect(existsSync(`${file}.old`)).toBe(true)
  })

  it('creates a store if there is none', async () => {
    await set('before')
    await backupStore(file, copy)
    rmSync(file)
    expect((await restoreStore(copy, file, 'old')).aside).toBeUndefined()
    expect(settingOfStore(file, 'state')).toBe('before')
  })

  it('makes a missing data folder, for its user alone, and none where the backup is missing', async () => {
    await set('before')
    await backupStore(file, copy)
    const folder = join(dir, 'another', 'machine')
    await expect(restoreStore(join(dir, 'none'), join(folder, 'store.db'), 'old')).rejects.toThrow(
      `there is no store at ${dir}/none`,
    )
    expect(existsSync(folder)).toBe(false)
    await restoreStore(copy, join(folder, 'store.db'), 'old')
    expect(settingOfStore(join(folder, 'store.db'), 'state')).toBe('before')
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  it('changes nothing while a gateway runs, nor with a file that is no backup', async () => {
    await set('before')
    await backupStore(file, copy)
    const store = openSqliteStore({ file })
    await expect(restoreStore(copy, file, 'old')).rejects.toThrow('is in use by another gateway')
    await store.close()
    writeFileSync(copy, 'no backup at all. '.repeat(500))
    await expect(restoreStore(copy, file, 'old')).rejects.toThrow('file is not a database')
    await expect(restoreStore(join(dir, 'none.db'), file, 'old')).rejects.toThrow('there is no store at')
    expect(settingOfStore(file, 'state')).toBe('before')
    expect(existsSync(`${file}.old`)).toBe(false)
  })
})

describe('a backup that was copied over a store', () => {
  it('is refused while the log of the old store is beside it, by a start and by an inspection', async () => {
    await crashAfterBackup()
    copyFileSync(copy, file)
    const why = `the store ${file} is a backup, but ${file}-wal beside it belongs to the previous store`
    expect(() => openSqliteStore({ file })).toThrow(why)
    expect(() => inspectStore(file)).toThrow(why)
    await expect(backupStore(file, join(dir, 'other.db'))).rejects.toThrow(why)
    // None of them has changed it.
    rmSync(`${file}-wal`)
    expect(settingOfStore(file, 'state')).toBe('before')
  })

  it('is a normal store once a gateway has opened it', async () => {
    await set('before')
    await backupStore(file, copy)
    rmSync(file)
    copyFileSync(copy, file)
    const store = openSqliteStore({ file })
    await store.settings.set('state', 'after')
    const [db, wal] = [join(dir, 'killed.db'), join(dir, 'killed.db-wal')]
    copyFileSync(file, db)
    copyFileSync(`${file}-wal`, wal)
    await store.close()
    expect(settingOfStore(db, 'state')).toBe('after')
  })
})
