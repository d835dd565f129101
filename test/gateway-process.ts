// The gateway as users run it: the bundled command line, in a process of its own, with a real file and a real port.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'undici'
import { simulatedNetworkFile } from '../packages/gateway/test/support/simulated-network.js'

/** Bundled from the current sources under vitest (`build-program.ts`); elsewhere the output of `npm run build`. */
export const CLI =
  process.env['RIGHTOFWAY_TEST_PROGRAM'] ?? fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))

/** Running gateways: they are killed when the starting process ends. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export interface GatewayProcess {
  readonly url: string
  readonly process: ChildProcess
  /** The end of its output, including its log. */
  readonly output: string
  /** Calls the admin API; rejects if it refuses. */
  admin<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<T>
  /** A new application and a key of it. */
  newKey(): Promise<string>
  /** Resolves when the process has exited. */
  signal(signal: NodeJS.Signals): Promise<void>
}

export interface GatewayProcessOptions {
  readonly dataDir: string
  /** Default: a free one. */
  readonly port?: number
  /** More arguments of `serve`. Without `--sandbox` and `--config` it has a simulated network. */
  readonly flags?: readonly string[]
  /** Default: {@link CLI}, with the running Node. */
  readonly program?: { readonly main: string; readonly node: string }
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Prefix that starts a command in another namespace. Default: none. */
  readonly enter?: (argv: readonly string[]) => readonly string[]
}

/** A configuration beside the data folder, unless the flags have a network. */
function networkFlags(dataDir: string, flags: readonly string[]): readonly string[] {
  if (flags.includes('--sandbox') || flags.includes('--config')) return []
  const dir = dirname(dataDir)
  mkdirSync(dir, { recursive: true })
  return ['--config', simulatedNetworkFile(dir)]
}

/** Starts `rightofway serve` and waits until it listens; rejects with its output if it fails. */
export async function startGatewayProcess(options: GatewayProcessOptions): Promise<GatewayProcess> {
  const { dataDir, port = 0, flags = [], nodeArgs = [], env = {}, enter = (argv) => argv } = options
  const { main, node } = options.program ?? { main: CLI, node: process.execPath }
  const all = [...networkFlags(dataDir, flags), ...flags]
  const args = ['serve', '--data-dir', dataDir, '--listen-port', String(port), '--log-level', 'warn', ...all]
  const [command = '', ...rest] = enter([node, ...nodeArgs, main, ...args])
  const child = spawn(command, rest, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8')
    // Only the end: the output of a long run must not fill the memory of the test.
    stream?.on('data', (text: string) => {
      output = (output + text).slice(-10_000)
    })
  }
  const { url, adminSocket } = await new Promise<{ url: string; adminSocket: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { url: string; adminSocket: string }))
    // Not `exit`: the end of the output may arrive later.
    child.once('close', (code, signal) => reject(new Error(`the gateway did not start (${code ?? signal}): ${output}`)))
  })
  const client = new Client('http://localhost', { socketPath: adminSocket })

  const admin: GatewayProcess['admin'] = async (method, path, body) => {
    const answer = await client.request({
      method,
      path: `/admin/v1${path}`,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await answer.body.text()
    if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as never
  }
  return {
    url,
    process: child,
    get output() {
      return output
    },
    admin,
    async newKey() {
      const { id } = await admin<{ id: string }>('POST', '/applications', { name: 'test' })
      return (await admin<{ key: string }>('POST', `/applications/${id}/keys`, {})).key
    },
    async signal(signal) {
      const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
      child.kill(signal)
      await exited
      await client.destroy()
    },
  }
}
