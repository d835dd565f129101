// Commands whose output cannot be written: a pipe without a reader, a full disk.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLI, type GatewayProcess, startGatewayProcess } from './gateway-process.js'

let folder: string
let gateway: GatewayProcess

/** Runs a command whose standard output is a pipe without a reader, or a full disk. */
async function run(into: 'closed' | 'full' | 'pipe', ...args: string[]) {
  const full = into === 'full' ? openSync('/dev/full', 'w') : undefined
  const child = spawn(process.execPath, [CLI, ...args, '--data-dir', join(folder, 'data')], {
    stdio: ['ignore', full ?? 'pipe', 'pipe'],
  })
  if (full !== undefined) closeSync(full)
  if (into === 'closed') child.stdout?.destroy()
  const [err, out] = await Promise.all([
    text(child.stderr as NonNullable<typeof child.stderr>),
    into === 'pipe' ? text(child.stdout as NonNullable<typeof child.stdout>) : '',
    once(child, 'close'),
  ])
  return { code: child.exitCode, err, out }
}

const keys = async () =>
  JSON.parse((await run('pipe', 'keys', 'list', 'app', '--json')).out) as { revokedAt?: string }[]

describe('a command whose output cannot be written', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rightofway-output-'))
    gateway = await startGatewayProcess({ dataDir: join(folder, 'data'), flags: ['--sandbox'] })
    await run('pipe', 'keys', 'create', 'app')
  })
  afterAll(async () => {
    await gateway.signal('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  it.each([
    ['keys', 'list'],
    ['sandbox', 'world'],
    ['keys', 'create', 'app'],
    ['clients', 'create', 'app', '--json'],
  ])('ends quietly where its reader went away: %s %s', async (...args) => {
    expect(await run('closed', ...args)).toEqual({ code: 141, err: '', out: '' })
  })

  it.skipIf(!existsSync('/dev/full')).each([
    ['keys', 'list'],
    ['keys', 'create', 'app'],
    ['clients', 'create', 'app'],
  ])('says in one line that the disk behind it is full: %s %s', async (...args) => {
    const { code, err } = await run('full', ...args)
    expect(code).toBe(1)
    expect(err).toMatch(/^rightofway: the output cannot be written: ENOSPC.*\n$/)
  })

  it('leaves no valid key behind that was not written', async () => {
    const before = await keys()
    await run('closed', 'keys', 'create', 'app')
    const after = await keys()
    expect(after).toHaveLength(before.length + 1)
    expect(after.filter(({ revokedAt }) => revokedAt === undefined)).toHaveLength(1)
  })
})
