// What we have told the kernel ourselves lately. The kernel tells everybody of every change, whoever made it; what is
// expected here was ours.

import { TABLE } from '../plan/names.js'
import { OwnTrees } from './own-trees.js'
import { addressText } from './read-table.js'

/** The kernel, its tool and this process may be that late. What has not been heard of by then will not be. */
const EXPECTED_MS = 5_000

const ELEMENT = new RegExp(
  `^(add|delete) element inet ${TABLE} (\\S+) \\{ (.+?)(?: timeout \\S+)?(?: expires \\S+)?(?: comment ".*")?(?: : .+)? \\}$`,
)
interface Expected {
  /** How often. */
  readonly times: number
  /** By the monotonic clock. */
  readonly until: number
}

export class OwnChanges {
  readonly #monotonicNow: () => number
  readonly #trees = new OwnTrees()
  /** Elements, the earliest first. */
  readonly #expected = new Map<string, Expected>()

  /** @param monotonicNow milliseconds that never jump */
  constructor(monotonicNow: () => number) {
    this.#monotonicNow = monotonicNow
  }

  /** @param text a line for nft or tc, which the kernel is about to be told */
  expect(text: string): void {
    const now = this.#monotonicNow()
    for (const [key, { until }] of this.#expected) {
      if (until > now) break
      this.#expected.delete(key)
    }
    if (this.#trees.expect(text, () => now + EXPECTED_MS <= this.#monotonicNow())) return
    const key = elementKey(text)
    if (key === undefined) return
    const times = (this.#expected.get(key)?.times ?? 0) + 1
    // To the end of the map, where the latest are.
    this.#expected.delete(key)
    this.#expected.set(key, { times, until: now + EXPECTED_MS })
  }

  /** Whether a line of `nft monitor` or `tc monitor` tells of what was expected. */
  explains(line: string): boolean {
    const key = elementKey(line)
    if (key === undefined) return this.#trees.explains(line)
    const expected = this.#expected.get(key)
    if (expected === undefined || expected.until <= this.#monotonicNow()) return false
    if (expected.times === 1) this.#expected.delete(key)
    else this.#expected.set(key, { ...expected, times: expected.times - 1 })
    return true
  }
}

function elementKey(text: string): string | undefined {
  const [, verb, map, key = ''] = ELEMENT.exec(text) ?? []
  return verb === undefined ? undefined : `${verb} ${map} ${key.split(' . ').map(addressText).join(' . ')}`
}
