import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

const demo = async (...args: string[]) => {
  const { stdout } = await promisify(execFile)('npm', ['run', '-s', 'demo', ...args], { cwd: root, timeout: 60_000 })
  return stdout
}

it('runs the demo of the README to its last line, in less than a minute', async () => {
  expect((await demo()).trimEnd().split('\n').at(-1)).toContain('in spite of kill -9')
})

it('runs the same demo on a simulated 5G core', async () => {
  const text = await demo('--', '--network', 'pcf')
  expect(text).toContain('its PCF by N5')
  expect(text.trimEnd().split('\n').at(-1)).toContain('in spite of kill -9')
})
