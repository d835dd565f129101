// Our recent requests to tc, and whether a line of `tc -d monitor` reports one of them. The kernel reports a change
// once or twice: so a line is compared by its contents, and not counted.

import { isShaped } from '../plan/htb.js'
import type { Leaf } from '../plan/leaf.js'
import { classId, DEFAULT_MINOR, hex } from '../plan/names.js'
import type { TcOperation } from '../plan/operations.js'
import { scaled, specOf } from './read-link.js'

/** Operations that the kernel reports. */
export type TreeOperation = Exclude<TcOperation, { object: 'filters' }>

/** The contents of one line about a class or qdisc. */
interface Heard {
  /** Its object, and the object's place. */
  readonly key: string
  readonly isClass: boolean
  readonly isGone: boolean
  /** Its kind and, of a qdisc, its handle. */
  readonly name: string
  readonly text: string
}

interface Told {
  readonly operation: TreeOperation
  /** Whether no further reports will come. */
  readonly isOver: () => boolean
  isHeard: boolean
}

const HEARD = /^(\w+ )?(class|qdisc) (\S+) (\S+) dev (\S+) (?:parent (\S+)|root)?(.*)/

export class OwnTrees {
  /** By key, the earliest first. */
  readonly #told = new Map<string, Told[]>()

  /** To be called before tc gets the operation. */
  expect(operation: TreeOperation, isOver: () => boolean): void {
    for (const [key, all] of this.#told) {
      if (!all.at(-1)?.isOver()) break
      this.#told.delete(key)
    }
    const key = keyOfTold(operation)
    const before = this.#told.get(key) ?? []
    // To the end of the map, where the latest are.
    this.#told.delete(key)
    // Once the last is reported, so are all before it: if they were kept, a repetition could not be told apart.
    const pending = before.at(-1)?.isHeard ? [] : before.filter((one) => !one.isOver())
    this.#told.set(key, [...pending, { operation, isOver, isHeard: false }])
  }

  explains(line: string): boolean {
    const heard = hear(line)
    const told = (heard && this.#told.get(heard.key)) ?? []
    const index = told.findIndex(({ operation, isOver }) => !isOver() && isTold(heard as Heard, operation))
    const found = told[index]
    if (found === undefined) return false
    found.isHeard = true
    // Earlier operations have been reported, or will not be.
    if (index > 0) this.#told.set(keyOfTold(found.operation), told.slice(index))
    return true
  }
}

function keyOfTold(operation: TreeOperation): string {
  const { object, interface: dev } = operation
  if (object === 'root') return `qdisc ${dev} root`
  return `${object === 'class' ? 'class' : 'qdisc'} ${dev} ${classId(operation.minor, operation.handle)}`
}

function hear(line: string): Heard | undefined {
  const [, change, what, kind = '', id = '', dev, parent = 'root', text = ''] = HEARD.exec(line) ?? []
  if (what === undefined) return undefined
  const isClass = what === 'class'
  return {
    key: `${what} ${dev} ${isClass ? id : parent}`,
    isClass,
    isGone: change === 'deleted ',
    name: isClass ? kind : `${kind} ${id}`,
    text,
  }
}

function isTold(heard: Heard, told: TreeOperation): boolean {
  if (told.verb === 'del') {
    // The kernel's own qdisc takes the place of a removed one.
    return heard.isGone || (!heard.isClass && heard.name.endsWith(' 0:'))
  }
  const isSame = isAsTold(heard, told)
  // The removal of a replaced object is another report.
  return heard.isGone ? !heard.isClass && !isSame : isSame
}

function isAsTold(heard: Heard, told: Exclude<TreeOperation, { verb: 'del' }>): boolean {
  switch (told.object) {
    case 'class': {
      const wanted = { ceilBps: 0, priority: 0, burst: 0, cburst: 0, quantum: 0, ...told.shaping }
      // tc shows no priority of a class that has children.
      return heard.name === 'htb' && isShaped(specOf(heard.text, undefined), wanted, heard.text.includes(' prio '))
    }
    case 'leaf': {
      const { leaf, verb, minor } = told
      return heard.name === `${leaf.kind} ${hex(minor)}:` && isLeafAsTold(heard.text, leaf, verb === 'change')
    }
    default: {
      const words = wordsOf(heard.text)
      return (
        heard.name === `htb ${told.handle}:` &&
        !SPOILED.some((name) => words.has(name)) &&
        !words.has('ecn') &&
        Number.parseInt(words.get('default') ?? '', 16) === DEFAULT_MINOR
      )
    }
  }
}

/** Attributes that no qdisc of ours has. */
const SPOILED: readonly string[] = ['ce_threshold', 'offload']
/** tc rounds sizes to units, and times to three digits. */
const ROUNDED = 0.01
const ROUNDED_BYTES = 16

/** @param isPartial whether only some attributes were set */
function isLeafAsTold(text: string, { kind, attributes }: Leaf, isPartial: boolean): boolean {
  const words = wordsOf(text)
  // Every fq_codel of ours has it.
  const hasEcn = attributes['ecn'] === true || (isPartial && kind === 'fq_codel')
  if (SPOILED.some((name) => words.has(name)) || words.has('ecn') !== hasEcn) return false
  return Object.entries(attributes).every(([name, wanted]) => {
    if (typeof wanted === 'boolean') return true
    const shown = words.get(name)
    return Math.abs(amount(shown) - wanted) <= ROUNDED * wanted + (/b$/.test(shown ?? '') ? ROUNDED_BYTES : 0)
  })
}

/** In packets, bytes or microseconds. */
function amount(text = ''): number {
  const [, value = '', unit = ''] = /^([\d.]+)(us|ms|s|p)?$/.exec(text) ?? []
  if (value === '') return scaled(text, 1_024)
  return Number(value) * ({ ms: 1_000, s: 1_000_000 }[unit] ?? 1)
}

/** Each word that a value follows, or `ecn`. */
const wordsOf = (text: string): Map<string, string> =>
  new Map(
    [...text.matchAll(/\b([a-z]\w*)(?: (\d\S*|0x\w+))?/g)].flatMap(([, name = '', value]) => {
      if (value !== undefined) return [[name, value] as const]
      return name === 'ecn' ? [[name, ''] as const] : []
    }),
  )
