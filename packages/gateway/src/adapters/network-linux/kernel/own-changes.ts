// What we have told the kernel ourselves lately. The kernel tells everybody of every change, whoever made it; what is
// expected here was ours.

import { classId, MARKS_MAP, OWNER_MAP, TABLE } from '../plan/names.js'
import type { Operation } from '../plan/operations.js'
import { OWNER_KEY } from '../plan/owner.js'
import { OwnTrees, type TreeOperation } from './own-trees.js'
import { addressText } from './read-table.js'
import { Telling } from './telling.js'

/** We may hear that much later than the tool has ended. What has not been heard of by then will not be. */
const EXPECTED_MS = 5_000

/** As `nft monitor` prints an element. */
const ELEMENT = new RegExp(
  `^(add|delete) element inet ${TABLE} (\\S+) \\{ (.+?)(?: timeout \\S+)?(?: expires \\S+)?(?: comment ".*")?(?: : .+)? \\}$`,
)
/** Of what was deleted from an interval map nft 1.0.6 prints where it begins, and then 200 kB of its memory. */
const GARBLED = new RegExp(`^(add|delete) element inet ${TABLE} (\\S+) \\{ ([^-]+)-0x[0-9a-f]{40}`)

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

  /** @param operations that the kernel is about to be told */
  expect(operations: readonly Operation[]): Telling {
    for (const [key, { by }] of this.#expected) {
      if (!this.#isOver(by)) break
      this.#expected.delete(key)
    }
    const telling = new Telling(this.#monotonicNow)
    for (const operation of operations) this.#expect(operation, telling)
    this.#latest = telling
    return telling
  }

  /** The ruleset is another one: all that nft 1.0 says where some maps have changed. */
  hearOfGeneration(): void {
    this.#latest?.hearOfGeneration()
  }

  #expect(operation: Operation, by: Telling): void {
    if (isOfTree(operation)) this.#trees.expect(operation, () => this.#isOver(by))
    const key = keyOfTold(operation)
    if (key === undefined) return
    const times = (this.#expected.get(key)?.times ?? 0) + 1
    // To the end of the map, where the latest are.
    this.#expected.delete(key)
    this.#expected.set(key, { times, by })
  }

  /** Whether a line of `nft monitor` or `tc monitor` tells of what was expected. */
  explains(line: string): boolean {
    const key = this.#garbledKey(line) ?? keyOfHeard(line)
    if (key === undefined) return this.#trees.explains(line)
    const expected = this.#expected.get(key)
    if (expected === undefined || this.#isOver(expected.by)) return false
    expected.by.hear()
    if (expected.times === 1) this.#expected.delete(key)
    else this.#expected.set(key, { ...expected, times: expected.times - 1 })
    return true
  }

  /** Of an element that `nft monitor` cannot print: the first that was told and begins like it. */
  #garbledKey(line: string): string | undefined {
    const [, verb, map, begin = ''] = GARBLED.exec(line) ?? []
    if (verb === undefined) return undefined
    const key = keyOf(verb, map, begin)
    return [...this.#expected].find(([told, { by }]) => firstOf(told) === key && !this.#isOver(by))?.[0] ?? key
  }

  #isOver({ endedAt }: Telling): boolean {
    return endedAt !== undefined && endedAt + EXPECTED_MS <= this.#monotonicNow()
  }
}

/** Where a key begins, in each of its parts. */
const firstOf = (key: string): string => key.replaceAll(/(?:\/|(?<= \d+)-)\d+(?= |$)/g, '')

const keyOf = (verb: string, map: string | undefined, key: string): string =>
  `${verb} ${map} ${key.split(' . ').map(addressText).join(' . ')}`

const isOfTree = (operation: Operation): operation is TreeOperation =>
  operation.object === 'class' || operation.object === 'leaf' || operation.object === 'root'

/** @returns undefined if it is about no element */
function keyOfTold(operation: Operation): string | undefined {
  switch (operation.object) {
    case 'element':
      return keyOf(operation.verb, operation.map, operation.key)
    case 'mark':
      return keyOf(operation.verb, `${MARKS_MAP}${operation.ipVersion}`, classId(operation.minor))
    case 'owner':
      return keyOf(operation.verb, OWNER_MAP, OWNER_KEY)
    default:
      return undefined
  }
}

function keyOfHeard(line: string): string | undefined {
  const [, verb, map, key = ''] = ELEMENT.exec(line) ?? []
  return verb === undefined ? undefined : keyOf(verb, map, key)
}
