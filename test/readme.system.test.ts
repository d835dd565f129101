import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

it('runs the demo that the README promises, to its last line, in less than a minute', async () => {
  const { stdout } = await promisify(execFile)('npm', ['run', '-s', 'demo'], { cwd: root, timeout: 60_000 })
  expect(stdout.trimEnd().split('\n').at(-1)).toContain('in spite of kill -9')
})
