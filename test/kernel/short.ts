// The tests for an emulated processor in a short run: of each suite those that depend most on a kernel and its
// tools. Each of these tests creates a router, which takes an emulated machine some ten seconds.

/** Names of tests, by suite; parts of names are enough. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  classification: ['takes what belongs to the session, both ways', 'takes every fragment', 'takes TCP as well'],
  contract: ['refuses what goes beyond its capacity'],
  htb: ['lost its classes'],
  links: ['that is configured: vlan$', 'that is configured: gre', 'by a teardown: fq_codel'],
  repair: ['the whole ruleset flushed', 'by a look at the latest'],
  shaping: ['in both directions: the leaf that this kernel has'],
}

const parts = Object.values(TESTS).flat()

/** The suites, and regular expressions for the full names of their tests: each of them, and all in one. */
export const SHORT = { suites: Object.keys(TESTS), parts, testName: parts.join('|') }
