// Unnamed network namespaces, each held by a process that waits for the end of its input. When the process that
// created them dies, however it dies, the pipes close, the holders exit, and the kernel removes everything.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { run } from './run.js'

const HOLD = ['sh', '-c', 'echo held; exec cat'] as const

export class Namespace {
  readonly name: string
  readonly #holder: ChildProcess
  readonly #prefix: readonly string[]

  private constructor(name: string, holder: ChildProcess, prefix: readonly string[]) {
    this.name = name
    this.#holder = holder
    this.#prefix = prefix
  }

  /**
   * A new network namespace with its loopback up. Root creates it directly; other users inside a user namespace, where
   * the kernel allows those.
   * @throws {Error} the kernel or the permissions do not allow it
   */
  static async create(name: string): Promise<Namespace> {
    const outer = await userNamespace()
    const holder = await hold([...outer, 'unshare', '--net', ...HOLD])
    const namespace = new Namespace(name, holder, [...outer, 'nsenter', '--net', '--target', String(holder.pid)])
    await namespace.run(['ip', 'link', 'set', 'lo', 'up'])
    return namespace
  }

  /** Process id for `ip link ... netns`. */
  get pid(): number {
    return this.#holder.pid as number
  }

  /** The command line that runs `argv` in this namespace. */
  command(argv: readonly string[]): string[] {
    return [...this.#prefix, ...argv]
  }

  /** Runs a command in this namespace and resolves with its output. @throws {CommandFailed} */
  run(argv: readonly string[], input?: string): Promise<string> {
    return run(this.command(argv), input)
  }

  /** Runs lines of `ip` in this namespace, such as `addr add 10.0.0.1/24 dev eth0`. */
  ip(...lines: readonly string[]): Promise<string> {
    return this.run(['ip', '-batch', '-'], `${lines.join('\n')}\n`)
  }

  /** Starts a command in this namespace. */
  spawn(argv: readonly string[], options: SpawnOptions): ChildProcess {
    const [command = '', ...args] = this.command(argv)
    return spawn(command, args, options)
  }

  /** Releases it: the kernel removes it when its last process has exited. */
  async close(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return
    const exited = once(this.#holder, 'exit')
    this.#holder.ref()
    this.#holder.stdin?.end()
    await exited
  }
}

async function hold(argv: readonly string[]): Promise<ChildProcess> {
  const [command = '', ...args] = argv
  const holder = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  holder.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  await new Promise<void>((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`no network namespace could be made: ${reason.trim()}`))
    holder.stdout.once('data', () => resolve())
    holder.once('error', (error) => fail(error.message))
    holder.once('exit', (code) => fail(complaint || `${command} ended with ${code}`))
  })
  holder.removeAllListeners('exit')
  // The holder must not keep this process running: it exits with this process.
  holder.unref()
  for (const stream of [holder.stdin, holder.stdout, holder.stderr]) (stream as unknown as Socket).unref()
  return holder
}

let outerHolder: Promise<ChildProcess> | undefined

/** Prefix that runs a command in a user namespace with network rights; empty for root. */
async function userNamespace(): Promise<readonly string[]> {
  if (process.getuid?.() === 0) return []
  outerHolder ??= hold(['unshare', '--user', '--map-root-user', '--net', '--mount', ...HOLD])
  const { pid } = await outerHolder
  return ['nsenter', '--preserve-credentials', '--user', '--mount', '--target', String(pid)]
}
