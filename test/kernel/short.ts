// What is run where the processor has to be emulated and time is short: of each suite what depends on a kernel and its
// tools most. Each of these tests makes a router, which takes an emulated machine some ten seconds.

/** Names of tests, by suite; parts of names are enough. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  classification: ['takes what belongs to the session, both ways', 'takes every fragment', 'takes TCP as well'],
  contract: [
    'grants what it can carry',
    'lets go by itself when the duration has passed',
    'refuses what goes beyond its capacity',
  ],
  hanging: ['is a trouble that is told'],
  htb: ['lost its classes', 'does not keep the table from being repaired'],
  links: [
    'that is configured: vlan$',
    'that is configured: macvlan',
    'that is configured: gre',
    'by a teardown: fq_codel',
  ],
  owner: ['is refused, in words'],
  repair: ['the whole ruleset flushed', 'by a look at the latest', 'costs no session, although'],
  shaping: [
    'no more than others before and after: downlink, IPv4',
    'in both directions: the leaf that this kernel has',
  ],
}

const parts = Object.values(TESTS).flat()

/** The suites, and regular expressions for the full names of their tests: each of them, and all in one. */
export const SHORT = { suites: Object.keys(TESTS), parts, testName: parts.join('|') }
