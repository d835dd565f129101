// npm run lab:kernel -- trixie            the lab on a kernel that people have, all scenarios
// npm run lab:kernel -- trixie latency    one of them
//
// Its figures and pictures are left in node_modules/.cache/kernel-results/RELEASE/lab.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Judged } from '@rightofway/lab'
import { bundleCommandLine, REPOSITORY, resultsOf } from './bundle.js'
import { OUT } from './initramfs.js'
import { boot, FROM_GUEST } from './machine.js'
import { missingParts } from './missing.js'
import { bootable, RELEASES, type Release } from './releases.js'

const TIMEOUT_MS = 3_600_000
/** Runs the command after it, and forwards its output. */
const HEARD = `{ "$@"; echo "the lab ended with $?"; } 2>&1 | sed -u 's/^/${FROM_GUEST}/'`

const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function main([release, scenario = 'all']: readonly string[]): Promise<number> {
  if (!RELEASES.includes(release as Release)) {
    say(`name a release: ${RELEASES.join(' or ')}`)
    return 2
  }
  const missing = missingParts()
  if (missing !== undefined) {
    say(`other kernels cannot be booted here (${missing})`)
    return 1
  }
  const brought = await bootable(release as Release)
  const program = await bundleCommandLine()
  const out = resultsOf(brought.release)
  const lab = [process.execPath, program, 'lab', '--scenario', scenario, '--out', join(OUT, 'lab')]
  const guest = { paths: [REPOSITORY, process.execPath], argv: ['sh', '-c', HEARD, 'sh', ...lab], env: {} }
  const accelerator = await boot(brought, guest, { out, timeoutMs: TIMEOUT_MS, onLine: say })
  say(`Linux ${brought.version}, ${accelerator === 'kvm' ? 'by KVM' : 'emulated'}`)
  const { scenarios } = JSON.parse(readFileSync(join(out, 'lab', 'lab.json'), 'utf8')) as {
    readonly scenarios: readonly Judged[]
  }
  return scenarios.every(({ passed }) => passed) ? 0 : 1
}

// An exit also ends the guest, and a signal alone would not.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.exitCode = await main(process.argv.slice(2))
