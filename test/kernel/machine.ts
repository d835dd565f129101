// A virtual machine that boots a kernel, runs one command and ends. KVM is used where it works; elsewhere the processor
// is emulated, some ten times slower.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Guest, MACHINE_TAG, OUT_TAG, writeInitramfs } from './initramfs.js'
import type { Bootable } from './releases.js'

export interface Machine {
  /** An unshared folder, which becomes the guest's `/out`. */
  readonly out: string
  readonly onLine: (line: string) => void
  /** It is killed after that many milliseconds. */
  readonly timeoutMs: number
}

type Accelerator = 'kvm' | 'tcg'

/** Under KVM a guest prints its first line within a second. */
const FIRST_WORD_MS = 15_000

/**
 * Boots a guest and waits for its end.
 * @param emulated the guest to boot where KVM does not work. Default: the same
 * @returns the accelerator
 * @throws {Error} it did not end in time
 */
export async function boot(
  bootable: Bootable,
  guest: Guest,
  machine: Machine,
  emulated: Guest = guest,
): Promise<Accelerator> {
  rmSync(machine.out, { recursive: true, force: true })
  mkdirSync(machine.out, { recursive: true })
  const initramfs = join(machine.out, 'initramfs')
  await writeInitramfs(initramfs, bootable, guest)
  // KVM that can be opened may still not work, for example in a virtual machine.
  if (await ran('kvm', bootable, initramfs, machine)) return 'kvm'
  if (emulated !== guest) await writeInitramfs(initramfs, bootable, emulated)
  if (await ran('tcg', bootable, initramfs, machine)) return 'tcg'
  throw new Error(`${bootable.version} does not boot`)
}

/** @returns whether the guest printed anything */
async function ran(
  accelerator: Accelerator,
  { kernel }: Bootable,
  initramfs: string,
  machine: Machine,
): Promise<boolean> {
  const tcg = accelerator === 'tcg'
  const share = (tag: string, path: string, more: string) => [
    '-virtfs',
    `local,path=${path},mount_tag=${tag},security_model=none,multidevs=remap${more}`,
  ]
  const argv = [
    ...['-accel', tcg ? 'tcg,thread=multi,tb-size=512' : 'kvm'],
    // More features of an emulated processor would be slow.
    ...['-machine', 'q35', '-cpu', tcg ? 'Nehalem' : 'host', '-smp', '2', '-m', '2048'],
    ...[
      '-nodefaults',
      '-no-user-config',
      '-display',
      'none',
      '-no-reboot',
      '-serial',
      'stdio',
      '-device',
      'virtio-rng-pci',
    ],
    ...share(MACHINE_TAG, '/', ',readonly=on'),
    ...share(OUT_TAG, machine.out, ''),
    ...['-kernel', kernel, '-initrd', initramfs],
    ...['-append', 'console=ttyS0 loglevel=4 panic=-1 oops=panic mitigations=off random.trust_cpu=on'],
  ]
  const child = spawn('qemu-system-x86_64', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  let spoke = false
  const limit = setTimeout(() => child.kill('SIGKILL'), machine.timeoutMs)
  const first = tcg ? undefined : setTimeout(() => child.kill('SIGKILL'), FIRST_WORD_MS)
  const hear = (line: string) => {
    if (!line.startsWith(FROM_GUEST)) return
    spoke = true
    clearTimeout(first)
    machine.onLine(line.slice(FROM_GUEST.length))
  }
  const complaints: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) =>
    line.startsWith(FROM_GUEST) ? hear(line) : complaints.push(line),
  )
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line))
  const ended = once(child, 'close')
  // It ends with this process.
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const [code, signal] = (await ended) as [number | null, string | null]
  process.off('exit', end)
  clearTimeout(limit)
  clearTimeout(first)
  if (tcg || spoke) for (const line of complaints) machine.onLine(`console: ${line.trimEnd()}`)
  if (spoke && signal !== null) throw new Error(`the guest was ended after ${machine.timeoutMs / 60_000} minutes`)
  if (tcg && code !== 0) throw new Error(`qemu-system-x86_64 ended with ${code}`)
  return spoke
}

/** Prefix of every line of the guest's command; other lines come from the kernel. */
export const FROM_GUEST = '> '
