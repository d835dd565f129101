// Programs and rights that a machine may lack. A test that needs one is skipped where it is missing, with the command
// that installs it; with CI=true a missing one is a failure.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'

interface Part {
  readonly missing: () => boolean
  /** The command that installs it. */
  readonly bring: string
}

const canRun = (command: string, args: readonly string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const hasCommand = (name: string): boolean => canRun('sh', ['-c', `PATH="$PATH:/usr/sbin:/sbin" command -v ${name}`])

/** Something installed beside our packages, with a mark when it is complete. */
const inCache = (folder: string): Part['missing'] => {
  const installed = fileURLToPath(new URL(`../node_modules/.cache/${folder}/installed`, import.meta.url))
  return () => !existsSync(installed)
}

const PARTS = {
  runtimes: { missing: inCache('runtimes'), bring: 'npm run runtimes' },
  localRegistry: { missing: inCache('registry'), bring: 'npm run registry' },
  nokiaPython: { missing: inCache('nokia-python/10.0.0'), bring: 'npm run nokia-python' },
  authlib: { missing: inCache('authlib/1.9.10'), bring: 'npm run authlib' },
  schemathesis: { missing: inCache('schemathesis/4.32.5'), bring: 'npm run schemathesis' },
  root: { missing: () => process.getuid?.() !== 0, bring: 'sudo npm test' },
  pgbouncer: { missing: () => !hasCommand('pgbouncer'), bring: 'apt-get install -y pgbouncer' },
  loop: {
    missing: () => !existsSync('/dev/loop-control') || !hasCommand('mkfs.ext4'),
    bring: 'apt-get install -y e2fsprogs && modprobe loop',
  },
  chromium: { missing: () => !hasCommand('chromium'), bring: 'apt-get install -y chromium' },
  nginx: { missing: () => !hasCommand('nginx'), bring: 'apt-get install -y nginx-light' },
  prometheus: {
    missing: () => !hasCommand('prometheus') || !hasCommand('promtool'),
    bring: 'apt-get install -y prometheus',
  },
  curl: { missing: () => !hasCommand('curl'), bring: 'apt-get install -y curl' },
  zsh: { missing: () => !hasCommand('zsh'), bring: 'apt-get install -y zsh' },
  registry: { missing: () => !canRun('npm', ['ping']), bring: 'a connection to a registry of npm packages' },
  fish: { missing: () => !hasCommand('fish'), bring: 'apt-get install -y fish' },
  namespaces: {
    missing: () =>
      !canRun('unshare', process.getuid?.() === 0 ? ['--net', 'true'] : ['--map-root-user', '--net', 'true']),
    bring: 'sudo npm test',
  },
  ethtool: { missing: () => !hasCommand('ethtool'), bring: 'apt-get install -y ethtool' },
  nftables: {
    missing: () => !hasCommand('nft') || !hasCommand('tc') || !hasCommand('conntrack'),
    bring: 'apt-get install -y nftables iproute2 conntrack',
  },
} as const satisfies Record<string, Part>

export type PartName = keyof typeof PARTS

/** A `describe` that needs parts. */
export function describeWith(parts: readonly PartName[], name: string, body: () => void): void {
  const missing = parts.filter((part) => PARTS[part].missing())
  if (missing.length === 0) {
    describe(name, body)
    return
  }
  const reason = missing.map((part) => `no ${part}: ${PARTS[part].bring}`).join('; ')
  if (process.env['CI'] === 'true') {
    it(name, () => {
      throw new Error(`this needs parts that the machine lacks (${reason})`)
    })
  } else {
    describe.skip(`${name} (${reason})`, body)
  }
}
