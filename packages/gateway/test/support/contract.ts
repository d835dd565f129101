// What contract suites share: one suite, several adapters, and skips that say why.

import { describe, expect, it } from 'vitest'

/** What an adapter cannot do, by the title of the test, and why. */
export type Skips = Readonly<Record<string, string>>

/** Defines a test, unless the adapter skips it. */
export type ContractTest = (title: string, run: () => Promise<void>) => void

/** A `describe` whose tests an adapter may skip with a reason. A skip of a test that does not exist is a failure. */
export function contract(name: string, skips: Skips, define: (test: ContractTest) => void): void {
  describe(name, () => {
    const unused = new Set(Object.keys(skips))
    define((title, run) => {
      const reason = skips[title]
      unused.delete(title)
      if (reason === undefined) it(title, run)
      else it.skip(`${title} (${reason})`, run)
    })
    // Nested suites are collected after this one: looked at when the tests run.
    if (Object.keys(skips).length > 0) it('skips only tests that there are', () => expect([...unused]).toEqual([]))
  })
}
