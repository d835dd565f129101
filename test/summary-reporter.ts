// Ends every run with the skipped tests and reasons, the validation of its answers by the official schemas, and one
// line with the result.

import type { Reporter, SerializedError, TestModule } from 'vitest/node'
import { Answers } from './official/answers.js'

export default class SummaryReporter implements Reporter {
  readonly #answers = new Answers()

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    let passed = 0
    let failed = errors.length
    const skipped: string[] = []
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      // A file that fails to load has no failed tests.
      if (module.state() === 'failed' && tests.every((test) => test.result().state !== 'failed')) failed++
      for (const test of tests) {
        const { state } = test.result()
        if (state === 'passed') passed++
        else if (state === 'failed') failed++
        else skipped.push(test.fullName)
      }
    }
    for (const name of skipped) process.stdout.write(`skipped: ${name}\n`)
    if (!this.#answersAgree()) failed++
    process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`)
  }

  #answersAgree(): boolean {
    const { skipped, checked, problems } = this.#answers.report()
    if (skipped !== undefined) {
      process.stdout.write(`official schemas: skipped, ${skipped}\n`)
      return true
    }
    for (const problem of problems) process.stdout.write(`official schemas: ${problem}\n`)
    process.stdout.write(
      `official schemas: ${checked} answers checked against r3.2 and r4.1, ${problems.length} kinds of differences\n`,
    )
    const agree = problems.length === 0 && (checked > 0 || process.env['CI'] !== 'true')
    if (!agree) process.exitCode = 1
    return agree
  }
}
