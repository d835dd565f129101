// Our own recent changes of the kernel. The kernel reports every change to everybody, whoever made it; the changes that
// are expected here were ours.

import { classId, MARKS_MAP, OWNER_MAP, TABLE } from '../plan/names.js'
import type { Operation } from '../plan/operations.js'
import { OWNER_KEY } from '../plan/owner.js'
import { OwnTrees, type TreeOperation } from './own-trees.js'
import { addressText } from './read-table.js'
import { Telling } from './telling.js'

/** We may hear of a change that much later than the tool has ended. After that it will not be reported. */
const EXPECTED_MS = 5_000

/** The format of an element in `nft monitor`. */
const ELEMENT = new RegExp(
  `^(add|delete) element inet ${TABLE} (\\S+) \\{ (.+?)(?: timeout \\S+)?(?: expires \\S+)?(?: comment ".*")?(?: : .+)? \\}$`,
)
/** For a deletion from an interval map nft 1.0.6 prints the start of the interval, and then 200 kB of its memory. */
const GARBLED = new RegExp(`^(add|delete) element inet ${TABLE} (\\S+) \\{ ([^-]+)-0x[0-9a-f]{40}`)

interface Expected {
  /** The number of expected reports. */
  readonly times: number
  readonly by: Telling
}

export class OwnChanges {
  readonly #monotonicNow: () => number
  readonly #trees = new OwnTrees()
  /** Elements, the earliest first. */
  readonly #expected = new Map<string, Expected>()
  #latest: Telling | undefined

  /** @param monotonicNow monotonic milliseconds */
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

  /** The generation of the ruleset has changed: nft 1.0 reports nothing else for some maps. */
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

  /** Whether a line of `nft monitor` or `tc monitor` reports an expected change. */
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

  /** For an element that `nft monitor` cannot print: the first expected one with the same start. */
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

/** The start of a key in each of its parts. */
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
