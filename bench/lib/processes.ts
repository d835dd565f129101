// The processes of a bench: servers to measure, and the load generator.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'undici'
import type { LoadOrder, LoadReport } from './load-generator.js'

const CLI = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url))

const tsx = (file: string): ChildProcess =>
  fork(fileURLToPath(new URL(file, import.meta.url)), { execArgv: ['--import', 'tsx'] })

/** Runs `use` with a bare echo server's port. */
export async function withEcho<T>(use: (port: number) => Promise<T>): Promise<T> {
  const child = tsx('./echo-server.ts')
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return await use(port)
  } finally {
    child.kill('SIGKILL')
  }
}

export interface RunningGateway {
  readonly port: number
  readonly dataDir: string
  readonly process: ChildProcess
  /** Calls the admin API. */
  admin<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<T>
  /** A new application key. */
  key(): Promise<string>
  stop(): Promise<void>
}

/** Starts the built gateway on an empty store, or on the one in `dataDir`. */
export async function startGateway(flags: readonly string[], dataDir?: string): Promise<RunningGateway> {
  const dir = dataDir ?? (await mkdtemp(join(tmpdir(), 'rightofway-bench-')))
  const child = fork(CLI, ['serve', '--data-dir', dir, '--listen-port', '0', '--log-level', 'warn', ...flags], {
    execArgv: process.env['GATEWAY_ARGS']?.split(' ') ?? [],
  })
  const [{ url, adminSocket }] = (await once(child, 'message')) as [{ url: string; adminSocket: string }]
  const client = new Client('http://localhost', { socketPath: adminSocket })
  const gateway: RunningGateway = {
    port: Number(new URL(url).port),
    dataDir: dir,
    process: child,
    async admin(method, path, body) {
      const answer = await client.request({
        method,
        path: `/admin/v1${path}`,
        ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      })
      const text = await answer.body.text()
      if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${text}`)
      return (text === '' ? undefined : JSON.parse(text)) as never
    },
    async key() {
      const { id } = await gateway.admin<{ id: string }>('POST', '/applications', { name: 'bench' })
      return (await gateway.admin<{ key: string }>('POST', `/applications/${id}/keys`, {})).key
    },
    async stop() {
      await client.close()
      if (child.exitCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      if (dataDir === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
  return gateway
}

/** Sends requests from a process of its own. */
export async function load(order: LoadOrder): Promise<LoadReport> {
  const child = tsx('./load-generator.ts')
  child.send(order)
  const [report] = (await once(child, 'message')) as [LoadReport]
  return report
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
