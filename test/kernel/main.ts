// npm run test:kernel                           the suites of the Linux network on the kernels that people have
// npm run test:kernel -- trixie                 on one of them
// npm run test:kernel -- trixie repair shaping  some of the suites
// npm run test:kernel -- trixie repair --name=flushed    some of the tests of a suite
// npm run test:kernel -- --short                all of them by KVM, and some tests where the processor has to be emulated
// npm run test:kernel -- said --record          keeps what each kernel says, for the quick tests of the readers

import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BUNDLE, bundle, REPOSITORY, resultsOf } from './bundle.js'
import { type Guest, OUT } from './initramfs.js'
import { boot } from './machine.js'
import { missingParts } from './missing.js'
import { type Bootable, bootable, RELEASES, type Release } from './releases.js'
import type { Results } from './results.js'
import { SHORT } from './short.js'

/** Emulated, and with other work, all suites take more than an hour. */
const TIMEOUT_MS = 3 * 3_600_000

/** Recorded output of a kernel, in the guest and in the repository. */
const RECORD = 'said.json'
const SAID = join(REPOSITORY, 'packages/gateway/src/adapters/network-linux/kernel/said')

const isRelease = (word: string): word is Release => RELEASES.includes(word as Release)

const say = (text: string): void => void process.stdout.write(`${text}\n`)

interface Selection {
  readonly suites: readonly string[]
  /** A regular expression for full names. Absent: all tests. */
  readonly testName?: string | undefined
}

interface Wanted extends Selection {
  /** For an emulated processor. */
  readonly emulated: Selection
  readonly isRecording: boolean
}

async function onKernel(release: Release, { emulated, isRecording, ...wanted }: Wanted): Promise<Results> {
  const brought: Bootable = await bootable(release)
  const out = resultsOf(release)
  const began = performance.now()
  const seconds = () => ((performance.now() - began) / 1000).toFixed(0)
  say(
    `\n${release}: Linux ${brought.version}, root ${brought.root === '/' ? 'of this machine' : `of Debian ${release}`}`,
  )
  const guestOf = ({ suites, testName }: Selection): Guest => ({
    paths: [REPOSITORY, process.execPath],
    argv: [process.execPath, join(BUNDLE, 'main.js'), ...suites],
    env: {
      CI: 'true',
      KERNEL_TESTS: release,
      REPOSITORY,
      ...(testName !== undefined && { TEST_NAME: testName }),
      ...(isRecording && { RECORD_TO: join(OUT, RECORD) }),
    },
  })
  const machine = { out, timeoutMs: TIMEOUT_MS, onLine: (line: string) => say(`[${release} ${seconds()} s] ${line}`) }
  const accelerator = await boot(brought, guestOf(wanted), machine, guestOf(emulated))
  say(`${release}: ${seconds()} s, ${accelerator === 'kvm' ? 'by KVM' : 'emulated'}`)
  if (isRecording) copyFileSync(join(out, RECORD), join(SAID, `${release}.json`))
  return JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Results
}

async function main(words: readonly string[]): Promise<number> {
  const missing = missingParts()
  if (missing !== undefined) {
    say(`skipped: the suites on other kernels (${missing})`)
    return process.env['CI'] === 'true' ? 1 : 0
  }
  const option = (name: string) => words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3)
  const named = words.filter((word) => !word.startsWith('--') && !isRelease(word))
  const releases = words.some(isRelease) ? words.filter(isRelease) : RELEASES
  const all = await bundle()
  const wanted: Selection = { suites: named.length > 0 ? named : all, testName: option('name') }
  const unknown = [...wanted.suites, ...SHORT.suites].find((word) => !all.includes(word))
  if (unknown !== undefined) {
    say(`there is no suite or release ${unknown}; there are: ${[...RELEASES, ...all].join(', ')}`)
    return 2
  }
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const isRecording = words.includes('--record')
  const isShort = words.includes('--short')
  const emulated = isShort ? SHORT : wanted
  // A guest has two processors, and uses little more than one: two guests take the time of one.
  const results = await Promise.all(releases.map((release) => onKernel(release, { ...wanted, emulated, isRecording })))
  for (const { kernel, tests } of results) {
    for (const { name, outcome } of tests) {
      counts[outcome]++
      if (outcome === 'failed') say(`failed on ${kernel}: ${name}`)
    }
    if (tests.length === 0) counts.failed++
    const passed = tests.filter(({ outcome }) => outcome === 'passed')
    for (const part of isShort ? SHORT.parts : []) {
      if (passed.some(({ name }) => new RegExp(part).test(name))) continue
      counts.failed++
      say(`no test passed on ${kernel}: ${part}`)
    }
  }
  say(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  return counts.failed > 0 ? 1 : 0
}

// An exit also ends the guest, and a signal alone would not.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.exitCode = await main(process.argv.slice(2))
