import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type CoreAdmin, coreAdmin } from '../../packages/gateway/test/support/core-admin.js'
import { CLI } from '../../test/gateway-process.js'
import { withFolder } from './processes.js'

export interface CoreProcess {
  readonly url: string
  readonly admin: CoreAdmin
}

/** Runs `use` with a core simulator that is a process of its own; every address of 10.0.0.0/8 has a PDU session there. */
export const withCore = <T>(use: (core: CoreProcess) => Promise<T>): Promise<T> =>
  withFolder(async (folder) => {
    const options = ['--data-dir', join(folder, 'core'), '--listen-port', '0', '--core', 'standard']
    const child = spawn(process.execPath, [CLI, 'core', ...options, '--pool', '10.0.0.0/8'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const kill = () => void child.kill('SIGKILL')
    process.once('exit', kill)
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      const url = line.toString().trim()
      return await use({ url, admin: coreAdmin(url) })
    } finally {
      process.off('exit', kill)
      const exited = once(child, 'exit')
      kill()
      await exited
    }
  })
