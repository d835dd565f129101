// The gateway of the lab: the real command line, on the router, with a disk in memory that nobody else sees. When the
// lab dies, the kernel kills it, and the disk is gone with it.

import { once } from 'node:events'
import type { Namespace } from '../namespaces/namespace.js'
import { run } from '../namespaces/run.js'

/** Every machine has this folder, and nothing of ours lies there. */
const DISK = '/mnt'
const FOLDER = `${DISK}/rightofway-data`
const ON_A_DISK = `mount -t tmpfs rightofway ${DISK} && cat > ${DISK}/gateway.yaml && exec "$@"`
const START = ['unshare', '--mount', 'sh', '-c', ON_A_DISK, 'sh', 'setpriv', '--pdeathsig', 'KILL']

export interface LabGateway {
  /** Makes an application and a key of it. */
  newKey(): Promise<string>
  /** Resolves when the process is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/**
 * Starts a gateway, and resolves when it listens.
 * @param cli the command line `rightofway`, as what starts it
 * @throws {Error} it did not start; with what it printed
 */
export async function startGateway(router: Namespace, cli: readonly string[], config: object): Promise<LabGateway> {
  const argv = [...START, ...cli, 'serve', '--config', `${DISK}/gateway.yaml`, '--data-dir', FOLDER]
  const child = router.spawn([...argv, '--log-level', 'warn'], { stdio: ['pipe', 'pipe', 'pipe', 'ipc'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-10_000)
    })
  }
  // One that has ended before it read says why by its output.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(JSON.stringify(config))
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`the gateway did not start (${code ?? signal}): ${output}`)))
  })
  child.removeAllListeners('exit')
  return {
    newKey: async () => {
      const beside = ['nsenter', '--mount', '--target', String(child.pid)]
      return (await run([...beside, ...cli, 'keys', 'create', 'lab', '--data-dir', FOLDER])).trim()
    },
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill(signal)
      await gone
    },
  }
}
