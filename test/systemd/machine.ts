// A machine whose init is a real systemd, in namespaces of its own. Its files are a copy of this machine's, in memory.

import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const BOOT = fileURLToPath(new URL('boot.sh', import.meta.url))
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const INIT = '/lib/systemd/systemd'
/** Possible paths of control groups. */
const GROUPS = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified']

export interface SystemdMachine {
  /**
   * Runs a command in it.
   * @returns its output
   * @throws {Error} it failed
   */
  run(...argv: readonly string[]): Promise<string>
  /** Writes a file in it, and creates the folders of its path. */
  write(path: string, text: string): Promise<void>
  close(): Promise<void>
}

/** Whether this machine can have one: it needs root, systemd, and writable control groups. */
export function canBootSystemd(): boolean {
  if (process.getuid?.() !== 0 || !existsSync(INIT)) return false
  const trial =
    'mount -t tmpfs tmpfs /mnt && mkdir /mnt/up /mnt/work /mnt/all /mnt/groups && mount -t cgroup2 cgroup /mnt/groups &&' +
    ' mount -t overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work overlay /mnt/all && mknod /mnt/null c 1 3'
  const { status } = spawnSync('unshare', ['--mount', '--pid', '--fork', '--net', '--cgroup', 'sh', '-c', trial])
  return status === 0 && GROUPS.some((folder) => canMakeGroup(folder))
}

function canMakeGroup(folder: string): boolean {
  const { status } = spawnSync('sh', [
    '-c',
    '[ -e "$1/cgroup.procs" ] && mkdir "$1/$2" && rmdir "$1/$2"',
    'sh',
    folder,
    nameOf(process.pid),
  ])
  return status === 0
}

/** @throws {Error} systemd did not boot; with its output */
export async function bootSystemd(): Promise<SystemdMachine> {
  const child = spawn('sh', [BOOT, REPOSITORY, process.execPath], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  // It ends with this process.
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const exited = once(child, 'exit')

  const run = async (argv: readonly string[], input = ''): Promise<string> => {
    const init = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
    const running = promisify(execFile)('nsenter', ['--target', init, '--all', '--root', '--wd', '--', ...argv])
    // If it stops reading, its exit has the reason.
    running.child.stdin?.on('error', () => undefined).end(input)
    return (await running).stdout
  }
  const hasBooted = () =>
    run(['systemctl', 'is-system-running', '--wait']).then(
      () => true,
      ({ stdout = '' }: { stdout?: string }) => stdout.startsWith('degraded'),
    )
  const close = async () => {
    process.off('exit', end)
    // All child processes of `unshare` die with it.
    end()
    await exited
    for (const folder of GROUPS) await removeGroup(join(folder, nameOf(child.pid)))
  }
  while (!(await hasBooted())) {
    if (child.exitCode === null && child.signalCode === null) continue
    await close()
    throw new Error(`systemd did not boot: ${said}`)
  }
  return {
    run: (...argv) => run(argv),
    write: async (path, text) => {
      await run(['sh', '-c', 'mkdir -p "$(dirname "$1")" && cat > "$1"', 'sh', path], text)
    },
    close,
  }
}

/** The name that `boot.sh` uses. */
const nameOf = (pid: number | undefined): string => `rightofway-${pid}`

/** A group can be removed when it has no groups and no processes. */
async function removeGroup(folder: string): Promise<void> {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeGroup(join(folder, entry.name))
  }
  for (;;) {
    try {
      rmdirSync(folder)
      return
    } catch (error) {
      // Killed processes leave it when they have exited.
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
