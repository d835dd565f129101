// The requirements of booting other kernels on this machine.

import { spawnSync } from 'node:child_process'

/** Packages of Debian, by a command of theirs. */
const NEEDED: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  debootstrap: 'debootstrap',
  depmod: 'kmod',
  xz: 'xz-utils',
  nft: 'nftables',
  tc: 'iproute2',
  conntrack: 'conntrack',
  iperf3: 'iperf3',
  ethtool: 'ethtool',
  wg: 'wireguard-tools',
}

const hasCommand = (name: string): boolean =>
  spawnSync('sh', ['-c', `PATH="$PATH:/usr/sbin:/sbin" command -v ${name}`]).status === 0

/** The missing requirements, and the command that installs them; undefined if none is missing. */
export function missingParts(): string | undefined {
  if (process.arch !== 'x64') return `they are built for x86-64, and this machine is ${process.arch}`
  if (!hasCommand('apt-get')) return 'they come from Debian, and this machine has no apt-get'
  if (process.getuid?.() !== 0) return 'no root: sudo npm run test:kernel'
  const packages = Object.entries(NEEDED).flatMap(([command, name]) => (hasCommand(command) ? [] : [name]))
  return packages.length === 0 ? undefined : `apt-get install -y ${packages.join(' ')}`
}
