import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const run = promisify(execFile)

it('runs three gateways, breaks them, and says what held', async () => {
  const args = ['--conditions', 'rightofway-source', '--import', 'tsx', MAIN]
  const { stdout } = await run(process.execPath, args).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`)
  })
  expect(stdout).toMatch(/^kill: 1, pause: 1, cut: 1, away: 1, restart: 1, upgrade: 1, step: 1$/m)
  // Otherwise it was not under load, and showed nothing.
  expect(stdout).toMatch(/^[1-9]\d\d+ sessions were acknowledged; [1-9]\d\d+ events arrived/m)
  expect(stdout).toContain('every event arrived, in order; the network holds nothing that it should not.')
}, 240_000)
