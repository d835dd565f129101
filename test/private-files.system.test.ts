import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startGatewayProcess } from './gateway-process.js'

it('`serve` creates files that only its user can read, also in a folder that others can open', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-private-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const dataDir = join(dir, 'data')
  mkdirSync(dataDir, { mode: 0o755 })
  const gateway = await startGatewayProcess({ dataDir })
  onTestFinished(() => gateway.signal('SIGKILL'))
  await gateway.newKey()
  const modes = readdirSync(dataDir).map((name) => [name, statSync(join(dataDir, name)).mode & 0o077])
  expect(modes).toContainEqual(['store.db', 0])
  expect(modes).toContainEqual(['store.db-wal', 0])
  expect(modes.filter(([, others]) => others !== 0)).toEqual([])
})
