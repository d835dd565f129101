// A gateway whose log cannot be written: sessions, answers and stops still work.

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type GatewayProcess, startGatewayProcess } from './gateway-process.js'

/** Starts a gateway that logs much, with its standard output as a shell redirects it. */
async function serve(redirect?: string): Promise<GatewayProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-log-'))
  const gateway = await startGatewayProcess({
    dataDir: join(dir, 'data'),
    flags: ['--log-level', 'debug'],
    ...(redirect && { enter: (argv) => ['sh', '-c', `exec "$@" ${redirect}`, 'sh', ...argv] }),
  })
  onTestFinished(async () => {
    await gateway.signal('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  })
  return gateway
}

const warningsOf = async ({ url }: GatewayProcess): Promise<string[]> => {
  const answer = await request(`${url}/readyz`)
  expect(answer.statusCode).toBe(200)
  return ((await answer.body.json()) as { warnings: string[] }).warnings
}

async function expectAlive(gateway: GatewayProcess, warning: RegExp): Promise<void> {
  expect((await request(`${gateway.url}/healthz`)).statusCode).toBe(200)
  await gateway.admin('POST', '/applications', { name: 'one' })
  await expect.poll(() => warningsOf(gateway)).toContainEqual(expect.stringMatching(warning))
  await gateway.signal('SIGTERM')
  expect(gateway.process.exitCode).toBe(0)
}

describe('a gateway whose log', () => {
  it('is on a disk that is full goes on, says so in /readyz, and stops', async () => {
    await expectAlive(
      await serve('> /dev/full'),
      /^the log cannot be written: its disk is full\. \d+ lines? (is|are) lost$/,
    )
  })

  it('is read by nobody any more goes on, says so in /readyz, and stops', async () => {
    const gateway = await serve()
    const closed = once(gateway.process.stdout as NodeJS.ReadableStream, 'close')
    gateway.process.stdout?.destroy()
    await closed
    // The gateway logs a line for it.
    gateway.process.kill('SIGHUP')
    await expectAlive(gateway, /^the log cannot be written: its reader has closed it\. /)
  })

  it('is read by somebody who stands still goes on, and stops', async () => {
    const gateway = await serve()
    gateway.process.stdout?.pause()
    expect((await request(`${gateway.url}/healthz`)).statusCode).toBe(200)
    await gateway.signal('SIGTERM')
    expect(gateway.process.exitCode).toBe(0)
  })

  it('is a file gets all lines, the last one included', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'rightofway-log-')), 'log')
    onTestFinished(() => rmSync(join(file, '..'), { recursive: true }))
    const gateway = await serve(`> ${file}`)
    await gateway.signal('SIGTERM')
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toContain('listening')
  })
})
