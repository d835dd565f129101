// Runs suites inside a virtual machine, one after another, and writes their results to `/out/results.json`.
//
//   node main.js SUITE...      names of bundled files beside this one

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startTests, type VitestRunner } from '@vitest/runner'
import { OUT } from '../initramfs.js'
import { FROM_GUEST } from '../machine.js'
import type { Results, TestResult } from '../results.js'
import { facts } from './facts.js'

/** An emulated processor is ten times slower. */
const TIMEOUT_MS = 600_000

const say = (text: string): void =>
  void process.stdout.write(`${FROM_GUEST}${text.replaceAll('\n', `\n${FROM_GUEST}`)}\n`)

const began = performance.now()
const done: TestResult[] = []

class GuestRunner implements VitestRunner {
  readonly config: VitestRunner['config'] = {
    root: import.meta.dirname,
    setupFiles: [],
    name: undefined,
    passWithNoTests: false,
    testNamePattern: process.env['TEST_NAME'] === undefined ? undefined : new RegExp(process.env['TEST_NAME']),
    allowOnly: false,
    sequence: { seed: 1, hooks: 'stack', setupFiles: 'list' },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    retry: 0,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  }

  importFile(path: string): Promise<unknown> {
    return import(pathToFileURL(path).href)
  }

  onAfterRunTask(test: { fullName: string; result?: { state?: string; duration?: number; errors?: Failure[] } }): void {
    note(test.fullName, test.result)
  }

  onAfterRunSuite(suite: { name: string; result?: { state?: string; errors?: Failure[] } }): void {
    // A suite fails with its tests; it has its own errors where a hook failed.
    if ((suite.result?.errors?.length ?? 0) > 0) note(`${suite.name}: a hook`, suite.result)
  }
}

function note(
  name: string,
  { state = 'skip', duration, errors = [] }: { state?: string; duration?: number; errors?: Failure[] } = {},
): void {
  const outcome = state === 'pass' ? 'passed' : state === 'fail' ? 'failed' : 'skipped'
  const words = errors.map(wordsOf).join('\n')
  done.push({ name, outcome, ...(words !== '' && { error: words }) })
  say(`${outcome === 'passed' ? 'ok  ' : outcome.toUpperCase()} ${((duration ?? 0) / 1000).toFixed(1)} s  ${name}`)
  if (words !== '') say(words.replaceAll(/^/gm, '       '))
}

interface Failure {
  readonly message?: string
  readonly stack?: string
  readonly cause?: Failure
}

/** The counterexample of a property test is in the cause of its error. */
function wordsOf({ message, stack, cause }: Failure): string {
  const words = stack ?? message ?? 'no words'
  return cause === undefined ? words : `${words}\ncaused by: ${wordsOf(cause)}`
}

const found = facts()
for (const [what, value] of Object.entries(found)) say(`${what}: ${value}`)
execFileSync('sysctl', ['-qw', 'kernel.panic_on_oops=1'])
for (const suite of process.argv.slice(2)) {
  say(`-- ${suite}, ${((performance.now() - began) / 1000).toFixed(0)} s after the start`)
  await startTests([join(import.meta.dirname, `${suite}.js`)], new GuestRunner())
}
const results: Results = { kernel: release(), facts: found, tests: done }
writeFileSync(join(OUT, 'results.json'), JSON.stringify(results, undefined, 2))
process.exit(0)
