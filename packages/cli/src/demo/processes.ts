// Processes of the demo: commands as users run them, which can be killed.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { PROGRAM_FILE } from '../program-file.js'

export interface DemoProcess<T> {
  /** Its first line of output, when it was ready. */
  readonly started: T
  readonly pid: number
  /** Resolves when the process has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

export interface StartedGateway {
  readonly url: string
  readonly adminSocket: string
}

/** @throws {Error} it did not start; with its output */
export function startDemoGateway(
  dataDir: string,
  port: number,
  flags: readonly string[],
): Promise<DemoProcess<StartedGateway>> {
  const args = ['--data-dir', dataDir, '--listen-port', String(port), '--log-level', 'warn', ...flags]
  // A busy machine makes the demo slower, and no session REQUESTED.
  return start('the gateway', ['serve', '--sandbox', '--sessions-create-hold-ms', '30000', ...args])
}

/**
 * A core simulator, with devices in `pools`.
 * @throws {Error} it did not start; with its output
 */
export function startDemoCore(
  dataDir: string,
  pools: readonly string[],
): Promise<DemoProcess<{ readonly url: string }>> {
  const args = ['--data-dir', dataDir, '--listen-port', '0', '--core', 'standard']
  return start('the core', ['core', ...args, ...pools.flatMap((pool) => ['--pool', pool])])
}

async function start<T>(name: string, args: readonly string[]): Promise<DemoProcess<T>> {
  const child = fork(PROGRAM_FILE, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const started = await Promise.race([
    once(child, 'message').then(([message]) => message as T),
    once(child, 'exit').then(([code, signal]) => {
      throw new Error(`${name} did not start (${String(code ?? signal)}): ${output}`)
    }),
  ])
  return { started, pid: child.pid as number, end: (signal) => end(child, signal) }
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
