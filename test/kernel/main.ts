// npm run test:kernel                           the suites of the Linux network on the kernels that people have
// npm run test:kernel -- trixie                 on one of them
// npm run test:kernel -- trixie repair shaping  some of the suites
// npm run test:kernel -- trixie repair --name=flushed    some of the tests of a suite
// npm run test:kernel -- said --record          keeps what each kernel says, for the quick tests of the readers

import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BUNDLE, bundle, REPOSITORY } from './bundle.js'
import { OUT } from './initramfs.js'
import { boot } from './machine.js'
import { missingParts } from './missing.js'
import { type Bootable, bootable, RELEASES, type Release } from './releases.js'
import type { Results } from './results.js'

/** Emulated, and beside other work, all suites take that long. */
const TIMEOUT_MS = 40 * 60_000

/** What a kernel says, in the guest and in the repository. */
const RECORD = 'said.json'
const SAID = join(REPOSITORY, 'packages/gateway/src/adapters/network-linux/kernel/said')

const isRelease = (word: string): word is Release => RELEASES.includes(word as Release)

const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function onKernel(
  release: Release,
  suites: readonly string[],
  { testName, isRecording }: { testName: string | undefined; isRecording: boolean },
): Promise<Results> {
  const brought: Bootable = await bootable(release)
  const out = join(REPOSITORY, 'node_modules', '.cache', 'kernel-results', release)
  const began = performance.now()
  const seconds = () => ((performance.now() - began) / 1000).toFixed(0)
  say(
    `\n${release}: Linux ${brought.version}, root ${brought.root === '/' ? 'of this machine' : `of Debian ${release}`}`,
  )
  const accelerator = await boot(
    brought,
    {
      paths: [REPOSITORY, process.execPath],
      argv: [process.execPath, join(BUNDLE, 'main.js'), ...suites],
      env: {
        CI: 'true',
        KERNEL_TESTS: release,
        REPOSITORY,
        ...(testName !== undefined && { TEST_NAME: testName }),
        ...(isRecording && { RECORD_TO: join(OUT, RECORD) }),
      },
    },
    { out, timeoutMs: TIMEOUT_MS, onLine: (line) => say(`[${release} ${seconds()} s] ${line}`) },
  )
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
  const testName = words.find((word) => word.startsWith('--name='))?.slice('--name='.length)
  const wanted = words.filter((word) => !word.startsWith('--') && !isRelease(word))
  const releases = words.some(isRelease) ? words.filter(isRelease) : RELEASES
  const suites = await bundle()
  const unknown = wanted.find((word) => !suites.includes(word))
  if (unknown !== undefined) {
    say(`there is no suite or release ${unknown}; there are: ${[...RELEASES, ...suites].join(', ')}`)
    return 2
  }
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const release of releases) {
    const { kernel, tests } = await onKernel(release, wanted.length > 0 ? wanted : suites, {
      testName,
      isRecording: words.includes('--record'),
    })
    for (const { name, outcome } of tests) {
      counts[outcome]++
      if (outcome === 'failed') say(`failed on ${kernel}: ${name}`)
    }
    if (tests.length === 0) counts.failed++
  }
  say(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  return counts.failed > 0 ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
