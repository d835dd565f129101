import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { create } from '../../../test/support/sessions.js'
import { Database } from '../sqlite/driver.js'
import { openSqliteStore } from './store.js'

const HOLDER = fileURLToPath(new URL('./hold-store.fixture.ts', import.meta.url))
const NOBODY = 65_534

let dir: string
let file: string
let children: ChildProcess[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-store-'))
  file = join(dir, 'store.db')
  children = []
})
afterEach(async () => {
  for (const child of children) await kill(child)
  chmodSync(dir, 0o700)
  rmSync(dir, { recursive: true })
})

/** Another process opens the store. @returns `open`, or why not */
async function openElsewhere(uid?: number): Promise<{ child: ChildProcess; said: string }> {
  const child = fork(HOLDER, [file], {
    execArgv: ['--import', 'tsx', '--conditions', 'rightofway-source'],
    ...(uid !== undefined && { uid, gid: uid }),
  })
  children.push(child)
  const [said] = (await once(child, 'message')) as [string]
  return { child, said }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('one gateway per file', () => {
  it('locks out another process until it is killed', async () => {
    const { child, said } = await openElsewhere()
    expect(said).toBe('open')
    expect(() => openSqliteStore({ file })).toThrow(`${file} is in use by another gateway`)
    expect((await openElsewhere()).said).toContain('only one gateway can use it')
    await kill(child)
    const store = openSqliteStore({ file })
    await create(store.sessions)
    await store.close()
  })

  it('lets a tool read the store meanwhile', async () => {
    const store = openSqliteStore({ file })
    await create(store.sessions)
    const reader = new Database(file, { readonly: true })
    expect(reader.prepare('SELECT count(*) FROM sessions').pluck().get()).toBe(1)
    reader.close()
    await store.close()
  })
})

// Root may write everywhere: there the other process is another user.
const uid = process.getuid?.() === 0 ? NOBODY : undefined

describe('a store that cannot be written', () => {
  it('is refused at the start when its file is read-only', async () => {
    const store = openSqliteStore({ file })
    await create(store.sessions)
    await store.close()
    chmodSync(dir, 0o777)
    for (const name of [file, `${file}.lock`]) chmodSync(name, name === file ? 0o444 : 0o666)
    const { said } = await openElsewhere(uid)
    expect(said).toBe(
      `the store ${file} cannot be opened: attempt to write a readonly database. It must be a file of this ` +
        'gateway in an existing folder, and both must be writable for the user of the gateway.',
    )
  })

  it('is refused at the start when its folder is not writable', async () => {
    chmodSync(dir, 0o555)
    const { said } = await openElsewhere(uid)
    expect(said).toContain(`the store ${file} cannot be opened: unable to open database file.`)
  })
})
