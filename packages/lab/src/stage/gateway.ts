// The gateway of the lab, and the core behind it: the real command line, on the router, each with a private disk in
// memory. When the lab dies, the kernel kills them and removes the disks.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Namespace } from '../namespaces/namespace.js'
import { run } from '../namespaces/run.js'

/** Every machine has this folder, and the lab needs nothing in it. */
const DISK = '/mnt'
const FOLDER = `${DISK}/rightofway-data`
const ON_A_DISK = `mount -t tmpfs rightofway ${DISK} && cat > ${DISK}/gateway.yaml && exec "$@"`
const START = ['unshare', '--mount', 'sh', '-c', ON_A_DISK, 'sh', 'setpriv', '--pdeathsig', 'KILL']

export interface LabGateway {
  /** Creates an application with a key. */
  newKey(): Promise<string>
  /** Resolves when the process has exited. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/**
 * Starts a gateway, and resolves when it listens.
 * @param cli the command that starts `rightofway`
 * @throws {Error} it did not start; with its output
 */
export async function startGateway(router: Namespace, cli: readonly string[], config: object): Promise<LabGateway> {
  const settings = ['--config', `${DISK}/gateway.yaml`, '--data-dir', FOLDER, '--log-level', 'warn']
  const child = await start('the gateway', router, [...cli, 'serve', ...settings], JSON.stringify(config))
  return {
    newKey: async () => {
      const beside = ['nsenter', '--mount', '--target', String(child.pid)]
      return (await run([...beside, ...cli, 'keys', 'create', 'lab', '--data-dir', FOLDER])).trim()
    },
    end: (signal) => end(child, signal),
  }
}

/**
 * Starts a core simulator on the router's loopback, and resolves when it listens.
 * @param pool prefix of the addresses that have a PDU session
 * @returns stops it
 * @throws {Error} it did not start; with its output
 */
export async function startCore(
  router: Namespace,
  cli: readonly string[],
  { port, pool }: { readonly port: number; readonly pool: string },
): Promise<() => Promise<void>> {
  const settings = ['--data-dir', FOLDER, '--listen-port', String(port), '--core', 'standard', '--pool', pool]
  const child = await start('the core', router, [...cli, 'core', ...settings], '')
  return () => end(child, 'SIGTERM')
}

async function start(
  name: string,
  router: Namespace,
  command: readonly string[],
  config: string,
): Promise<ChildProcess> {
  const child = router.spawn([...START, ...command], { stdio: ['pipe', 'pipe', 'pipe', 'ipc'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-10_000)
    })
  }
  // If it exits before it reads, its output has the reason.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(config)
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`${name} did not start (${code ?? signal}): ${output}`)))
  })
  child.removeAllListeners('exit')
  return child
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
