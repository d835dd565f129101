import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

it('writes the API reference, without a warning', async () => {
  const out = mkdtempSync(join(tmpdir(), 'rightofway-api-'))
  onTestFinished(() => rmSync(out, { recursive: true }))
  const { stdout, stderr } = await promisify(execFile)('npm', ['run', '-s', 'docs:api', '--', '--out', out], {
    cwd: root,
  })
  expect(`${stdout}${stderr}`).not.toContain('[warning]')
  const page = readFileSync(join(out, 'classes/_rightofway_sdk.QoDSession.html'), 'utf8')
  for (const name of ['settled', 'ended', 'changes', 'extend', 'delete']) expect(page).toContain(name)
})
