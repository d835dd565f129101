// A gateway as users run it: `rightofway serve` in a process of its own, which can be killed.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Beside this file, built or not. */
const MAIN = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url))

export interface DemoGateway {
  readonly url: string
  readonly pid: number
  readonly adminSocket: string
  /** Resolves when the process has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** @throws {Error} it did not start; with its output */
export async function startDemoGateway(dataDir: string, port: number): Promise<DemoGateway> {
  const args = ['serve', '--sandbox', '--data-dir', dataDir, '--listen-port', String(port), '--log-level', 'warn']
  const child = fork(MAIN, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const started = await Promise.race([
    once(child, 'message').then(([message]) => message as { url: string; adminSocket: string }),
    once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the gateway did not start (${String(code ?? signal)}): ${output}`)
    }),
  ])
  return { ...started, pid: child.pid as number, end: (signal) => end(child, signal) }
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
