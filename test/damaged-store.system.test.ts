// A gateway whose store is damaged while it runs, as by a disk: pages of the file are overwritten.

import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Database } from '../packages/gateway/src/adapters/sqlite/driver.js'
import { startGatewayProcess } from './gateway-process.js'

const PAGE = 4_096

/** More than SQLite keeps in memory. */
const ROWS = 4_000

function fill(file: string): void {
  const db = new Database(file)
  const insert = db.prepare(
    "INSERT INTO audit (at, actor, actor_kind, action, target) VALUES (0, 'admin socket', 'socket', 'test', ?)",
  )
  db.transaction(() => {
    for (let n = 0; n < ROWS; n++) insert.run('x'.repeat(2_000))
  })()
  db.close()
}

/** Overwrites all pages but the first, which identifies the store. */
function damage(file: string): void {
  const handle = openSync(file, 'r+')
  const pages = fstatSync(handle).size / PAGE
  for (let page = 1; page < pages; page++) writeSync(handle, Buffer.alloc(PAGE, 0xa5), 0, PAGE, page * PAGE)
  closeSync(handle)
}

describe('a gateway whose store is damaged while it runs', () => {
  it('logs it, is not ready, refuses new sessions and stops on a signal', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rightofway-damaged-'))
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
    const dataDir = join(dir, 'data')
    const first = await startGatewayProcess({ dataDir })
    const key = await first.newKey()
    await first.signal('SIGTERM')
    fill(join(dataDir, 'store.db'))

    const gateway = await startGatewayProcess({ dataDir })
    onTestFinished(() => gateway.signal('SIGKILL'))
    const ready = async () => {
      const answer = await fetch(`${gateway.url}/readyz`)
      return { status: answer.status, text: await answer.text() }
    }
    expect((await ready()).status).toBe(200)
    damage(join(dataDir, 'store.db'))
    // A read has to reach a damaged page.
    for (let before = ROWS; before > 0; before -= 100) {
      await gateway.admin('GET', `/audit?before=${before}`).catch(() => undefined)
    }
    await expect.poll(ready, { timeout: 30_000 }).toMatchObject({
      status: 503,
      text: expect.stringMatching(/the store .*store\.db is damaged: .*docs\/operate\/operations\.md/) as unknown,
    })
    const created = await fetch(`${gateway.url}/quality-on-demand/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({
        device: { ipv4Address: { publicAddress: '192.0.2.25', privateAddress: '192.0.2.25' } },
        applicationServer: { ipv4Address: '198.51.100.7' },
        qosProfile: 'QOS_L',
        duration: 60,
      }),
    })
    expect(created.status).toBe(503)
    expect(gateway.output).toMatch(/store\.db is damaged/)
    await gateway.signal('SIGTERM')
    expect(gateway.process.exitCode).toBe(0)
  })
})
