// The module that suites import as `vitest`, without server and workers: the same runner and expectations, in one file
// that a slow machine loads quickly.

import { mock } from 'node:test'
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  ChaiStyleAssertions,
  chai,
  customMatchers,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect'
import { getCurrentTest } from '@vitest/runner'

export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  onTestFailed,
  onTestFinished,
  suite,
  test,
} from '@vitest/runner'

/** The parts of `vi` that suites use: fake intervals, and time limits, of which the guest has its own. */
export const vi = {
  setConfig: () => undefined,
  useFakeTimers: () => mock.timers.enable({ apis: ['setInterval'] }),
  advanceTimersByTime: (ms: number) => mock.timers.tick(ms),
  useRealTimers: () => mock.timers.reset(),
}

for (const plugin of [JestExtend, JestChaiExpect, ChaiStyleAssertions, JestAsymmetricMatchers]) chai.use(plugin)

type Expect = typeof chai.expect & { extend(matchers: object): void }

export const expect = ((value: unknown, message?: string) => {
  const test = getCurrentTest()
  const assertion = chai.expect(value, message) as Chai.Assertion & { withTest?(test: object): Chai.Assertion }
  return test === undefined ? assertion : assertion.withTest?.(test)
}) as unknown as Expect

Object.assign(expect, chai.expect, (globalThis as Record<symbol, unknown>)[ASYMMETRIC_MATCHERS_OBJECT])
setState({ assertionCalls: 0 }, expect as never)
;(chai.expect as unknown as { extend(on: Expect, matchers: object): void }).extend(expect, customMatchers)
