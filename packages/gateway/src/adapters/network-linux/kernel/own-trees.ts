// What we have told tc lately, and whether a line of `tc -d monitor` tells of that. The kernel tells of a change once or
// twice: so a line is compared by what it says, and not counted.

import { type ClassSpec, isShaped } from '../plan/htb.js'
import { scaled, specOf } from './read-link.js'

/** What one line says of a class or qdisc. */
interface Words {
  /** What it is about, and where that is. */
  readonly key: string
  readonly isGone: boolean
  /** Of a qdisc: its kind and handle. */
  readonly name: string
  readonly text: string
}

interface Told extends Words {
  /** Whether it says some attributes only. */
  readonly isPartial: boolean
  /** Whether nothing more will be heard of it. */
  readonly isOver: () => boolean
  isHeard: boolean
}

const TOLD_CLASS = /^class (\w+) dev (\S+) .*?\bclassid (\S+)(.*)/
const TOLD_QDISC = /^qdisc (\w+) dev (\S+) (?:parent (\S+)|root)(?: handle (\S+) (\S+))?(.*)/
const HEARD = /^(\w+ )?(class|qdisc) (\S+) (\S+) dev (\S+) (?:parent (\S+)|root)?(.*)/

export class OwnTrees {
  /** By key, the earliest first. */
  readonly #told = new Map<string, Told[]>()

  /**
   * @param text a line for tc
   * @returns whether it is about a class or qdisc
   */
  expect(text: string, isOver: () => boolean): boolean {
    const words = toldWords(text)
    if (words === undefined) return false
    for (const [key, all] of this.#told) {
      if (!all.at(-1)?.isOver()) break
      this.#told.delete(key)
    }
    const before = this.#told.get(words.key) ?? []
    // To the end of the map, where the latest are.
    this.#told.delete(words.key)
    const told = { ...words, isPartial: text.startsWith('qdisc change '), isOver, isHeard: false }
    // Once the last is heard, so is all before it: were it kept, the same again would not tell what it is.
    const pending = before.at(-1)?.isHeard ? [] : before.filter((one) => !one.isOver())
    this.#told.set(words.key, [...pending, told])
    return true
  }

  explains(line: string): boolean {
    const heard = heardWords(line)
    const told = (heard && this.#told.get(heard.key)) ?? []
    const index = told.findIndex((words) => !words.isOver() && isTold(heard as Words, words))
    const found = told[index]
    if (found === undefined) return false
    found.isHeard = true
    // What was told before that has been heard, or will not be.
    if (index > 0) this.#told.set(found.key, told.slice(index))
    return true
  }
}

function toldWords(text: string): Words | undefined {
  const [, ofClass, classDev, classId, shaping = ''] = TOLD_CLASS.exec(text) ?? []
  if (ofClass !== undefined) {
    return { key: `class ${classDev} ${classId}`, isGone: ofClass === 'del', name: 'htb', text: shaping }
  }
  const [, ofQdisc, dev, parent = 'root', handle = '', kind = '', more = ''] = TOLD_QDISC.exec(text) ?? []
  return ofQdisc === undefined
    ? undefined
    : { key: `qdisc ${dev} ${parent}`, isGone: ofQdisc === 'del', name: `${kind} ${handle}`, text: more }
}

function heardWords(line: string): Words | undefined {
  const [, change, what, kind = '', id = '', dev, parent = 'root', text = ''] = HEARD.exec(line) ?? []
  if (what === undefined) return undefined
  const isGone = change === 'deleted '
  return what === 'class'
    ? { key: `class ${dev} ${id}`, isGone, name: kind, text }
    : { key: `qdisc ${dev} ${parent}`, isGone, name: `${kind} ${id}`, text }
}

function isTold(heard: Words, told: Told): boolean {
  const isClass = heard.key.startsWith('class ')
  if (told.isGone) {
    // In the place of a qdisc comes the kernel's own.
    return heard.isGone || (!isClass && heard.name.endsWith(' 0:'))
  }
  const isSame = isClass ? isClassAsTold(heard, told) : isQdiscAsTold(heard, told)
  // What goes in favour of what was told is something else.
  return heard.isGone ? !isClass && !isSame : isSame
}

const isClassAsTold = (heard: Words, told: Words): boolean =>
  heard.name === told.name &&
  // Of a class that others are below tc shows no priority.
  isShaped(specOf(heard.text, undefined), toldSpec(told.text), heard.text.includes(' prio '))

function toldSpec(text: string): ClassSpec {
  const words = wordsOf(text)
  const number = (name: string) => Number.parseFloat(words.get(name) ?? '0')
  return {
    rateBps: number('rate'),
    ceilBps: number('ceil'),
    priority: number('prio'),
    burst: number('burst'),
    cburst: number('cburst'),
    quantum: number('quantum'),
  }
}

/** tc rounds sizes to units, and times to three digits. */
const ROUNDED = 0.01
const ROUNDED_BYTES = 16

function isQdiscAsTold(heard: Words, told: Told): boolean {
  if (heard.name !== told.name) return false
  const [of, as] = [wordsOf(heard.text), wordsOf(told.text)]
  // Every fq_codel of ours has it.
  const hasEcn = as.has('ecn') || (told.isPartial && told.name.startsWith('fq_codel '))
  if (of.has('ce_threshold') || of.has('offload') || of.has('ecn') !== hasEcn) return false
  return [...as].every(([name, value]) => {
    const shown = of.get(name)
    if (name === 'default') return Number.parseInt(shown ?? '', 16) === Number.parseInt(value, 16)
    const [found, wanted] = [amount(shown), amount(value)]
    return Math.abs(found - wanted) <= ROUNDED * wanted + (/b$/.test(shown ?? '') ? ROUNDED_BYTES : 0)
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
