// What we have told the kernel ourselves lately. The kernel tells everybody of every change, whoever made it; what is
// expected here was ours.

import { TABLE } from '../plan/names.js'
import type { Line } from '../plan/operations.js'
import { OwnTrees } from './own-trees.js'
import { addressText } from './read-table.js'
import { Telling } from './telling.js'

/** We may hear that much later than the tool has ended. What has not been heard of by then will not be. */
const EXPECTED_MS = 5_000

const ELEMENT = new RegExp(
  `^(add|delete) element inet ${TABLE} (\\S+) \\{ (.+?)(?: timeout \\S+)?(?: expires \\S+)?(?: comment ".*")?(?: : .+)? \\}$`,
)
interface Expected {
  /** How often. */
  readonly times: number
  readonly by: Telling
}

export class OwnChanges {
  readonly #monotonicNow: () => number
  readonly #trees = new OwnTrees()
  /** Elements, the earliest first. */
  readonly #expected = new Map<string, Expected>()
  #latest: Telling | undefined

  /** @param monotonicNow milliseconds that never jump */
  constructor(monotonicNow: () => number) {
    this.#monotonicNow = monotonicNow
  }

  /** @param lines for nft or tc, which the kernel is about to be told */
  expect(lines: readonly Line[]): Telling {
    for (const [key, { by }] of this.#expected) {
      if (!this.#isOver(by)) break
      this.#expected.delete(key)
    }
    const telling = new Telling(this.#monotonicNow)
    for (const { text } of lines) this.#expect(text, telling)
    this.#latest = telling
    return telling
  }

  /** The ruleset is another one: all that nft 1.0 says where some maps have changed. */
  hearOfGeneration(): void {
    this.#latest?.hearOfGeneration()
  }

  #expect(text: string, by: Telling): void {
    if (this.#trees.expect(text, () => this.#isOver(by))) return
    const key = elementKey(text)
    if (key === undefined) return
    const times = (this.#expected.get(key)?.times ?? 0) + 1
    // To the end of the map, where the latest are.
    this.#expected.delete(key)
    this.#expected.set(key, { times, by })
  }

  /** Whether a line of `nft monitor` or `tc monitor` tells of what was expected. */
  explains(line: string): boolean {
    const key = elementKey(line)
    if (key === undefined) return this.#trees.explains(line)
    const expected = this.#expected.get(key)
    if (expected === undefined || this.#isOver(expected.by)) return false
    expected.by.hear()
    if (expected.times === 1) this.#expected.delete(key)
    else this.#expected.set(key, { ...expected, times: expected.times - 1 })
    return true
  }

  #isOver({ endedAt }: Telling): boolean {
    return endedAt !== undefined && endedAt + EXPECTED_MS <= this.#monotonicNow()
  }
}

function elementKey(text: string): string | undefined {
  const [, verb, map, key = ''] = ELEMENT.exec(text) ?? []
  return verb === undefined ? undefined : `${verb} ${map} ${key.split(' . ').map(addressText).join(' . ')}`
}
