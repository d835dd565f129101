// The SDK in every runtime that its package names, against a sandbox.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Sandbox, startSandbox } from '@rightofway/sandbox'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../parts.js'
import type { Setting } from './program.js'
import { SEEN } from './seen.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const bin = fileURLToPath(new URL('../../node_modules/.cache/runtimes/node_modules/.bin/', import.meta.url))

describeWith(['runtimes'], 'the SDK', () => {
  let sandbox: Sandbox
  let setting: Setting
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rightofway-runtimes-'))
    sandbox = await startSandbox()
    setting = { url: sandbox.url, key: await sandbox.newKey(), oauth: await sandbox.newOAuthClient() }
  })
  afterAll(async () => {
    await sandbox.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** The program followed by these lines, as one module. */
  async function bundle(name: string, lines: string): Promise<string> {
    const outfile = join(folder, `${name}.mjs`)
    const contents = `import { program } from './program.ts'\nconst setting = ${JSON.stringify(setting)}\n${lines}`
    const stdin = { contents, resolveDir: here }
    const conditions = ['rightofway-source']
    await build({ stdin, outfile, conditions, bundle: true, format: 'esm', target: 'es2022' })
    return outfile
  }

  it.each([
    ['Node', process.execPath, []],
    ['Deno', `${bin}deno`, ['run', '--allow-net']],
    ['Bun', `${bin}bun`, ['run']],
  ])('works in %s', async (name, command, args) => {
    const file = await bundle(name, 'console.log(JSON.stringify(await program(setting)))')
    const { stdout } = await promisify(execFile)(command, [...args, file])
    expect(JSON.parse(stdout)).toEqual(SEEN)
  })

  it('works in workerd', async () => {
    await bundle('worker', 'export default { fetch: async () => Response.json(await program(setting)) }')
    writeFileSync(
      join(folder, 'worker.capnp'),
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.mjs")],
      compatibilityDate = "2026-01-01", globalOutbound = "net")),
    (name = "net", network = (allow = ["private", "local", "public"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
`,
    )
    const child = spawn(`${bin}workerd`, ['serve', join(folder, 'worker.capnp'), '--control-fd=3'], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    })
    try {
      const [line] = (await once(child.stdio[3] as Readable, 'data')) as [Buffer]
      const { port } = JSON.parse(String(line).split('\n')[0] as string) as { port: number }
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).json()).toEqual(SEEN)
    } finally {
      const closed = once(child, 'close')
      child.kill()
      await closed
    }
  })
})
