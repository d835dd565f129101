import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cli, startWorld, temporaryFolder } from '../world.fixture.js'

interface Finding {
  readonly check: string
  readonly verdict: string
  readonly says: string
  readonly advice?: string
}

/** The results of doctor, by check. */
async function examine(...argv: string[]) {
  const { code, out } = await cli('doctor', '--json', '--sandbox', ...argv)
  const findings = JSON.parse(out) as Finding[]
  return { code, of: (check: string) => findings.find((finding) => finding.check === check) }
}

/** Listens there until the end of the test. */
const takenPort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A socket whose process has died. */
async function leaveSocket(path: string): Promise<void> {
  const listen = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))"
  await once(spawn(process.execPath, ['-e', listen, path]), 'exit')
}

describe('rightofway doctor', () => {
  it('finds no problem in a running gateway', async () => {
    const { gateway } = await startWorld()
    const port = new URL(gateway.url).port
    const { code, of } = await examine('--listen-port', port)
    expect(code).toBe(0)
    expect(of('store')).toMatchObject({
      verdict: 'ok',
      says: expect.stringMatching(/^0 sessions, schema version \d+$/) as unknown,
    })
    expect(of('admin socket')).toMatchObject({ verdict: 'ok', says: 'a gateway is running and ready' })
    for (const check of ['settings', 'data folder', 'keyring', 'clock', 'port']) expect(of(check)?.verdict).toBe('ok')
  })

  it('prints what it found and what to do', async () => {
    const taken = await takenPort()
    const { code, out } = await cli(
      'doctor',
      '--sandbox',
      '--data-dir',
      temporaryFolder(),
      '--listen-port',
      String(taken),
    )
    expect(code).toBe(1)
    expect(out).toMatch(/^ok +settings/m)
    expect(out).toContain(`PROBLEM  port          port ${taken} of 127.0.0.1 is in use by another program. `)
  })

  it('finds invalid settings', async () => {
    const { code, of } = await examine('--listen-port', '99999')
    expect(code).toBe(1)
    expect(of('settings')).toMatchObject({
      verdict: 'problem',
      says: expect.stringContaining('listen.port') as unknown,
    })
  })

  it('finds a keyring that others can read, an invalid one, and a missing one', async () => {
    const { dataDir } = await startWorld()
    const keyring = join(dataDir, 'keyring')
    chmodSync(keyring, 0o644)
    expect((await examine()).of('keyring')).toMatchObject({
      verdict: 'warning',
      advice: expect.stringContaining('chmod 600') as unknown,
    })
    writeFileSync(keyring, 'short', { mode: 0o600 })
    chmodSync(keyring, 0o600)
    expect((await examine()).of('keyring')?.says).toContain('is not 32 bytes in base64')
    rmSync(keyring)
    expect((await examine()).of('keyring')).toMatchObject({
      verdict: 'problem',
      advice: expect.stringContaining('restore its copy') as unknown,
    })
  })

  it('finds an invalid store, and a folder that others can open', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    mkdirSync(dataDir)
    // Whatever the umask is.
    chmodSync(dataDir, 0o755)
    writeFileSync(
      join(dataDir, 'store.db'),
      'a text that is long enough to be no header of a database of any kind whatsoever',
    )
    const { code, of } = await examine('--data-dir', dataDir)
    expect(code).toBe(1)
    expect(of('store')).toMatchObject({ verdict: 'problem', advice: 'restore a backup' })
    expect(of('data folder')).toMatchObject({ verdict: 'warning', advice: `chmod 700 ${dataDir}` })
  })

  it('accepts a folder that does not exist yet, and recognises a stale socket', async () => {
    const dataDir = join(temporaryFolder(), 'not', 'yet')
    expect((await examine('--data-dir', dataDir)).of('data folder')?.says).toContain(
      'does not exist yet: `serve` creates it',
    )
    mkdirSync(dataDir, { recursive: true })
    await leaveSocket(join(dataDir, 'admin.sock'))
    expect((await examine('--data-dir', dataDir)).of('admin socket')?.says).toContain('is left over from one')
  })
})
