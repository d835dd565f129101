// Parses operations from their rendered text: for recorded ones, and for tests that are easier to read so.

import type { MapName } from './plan/elements.js'
import type { Leaf } from './plan/leaf.js'
import type { Operation, Shaping } from './plan/operations.js'
import { render } from './plan/render.js'

const MARK = /^(add|delete) element inet rightofway marks([46]) \{ 7277:(\w+)(?: : goto (\w+)_\2)? \}$/
const ELEMENT =
  /^(add|delete) element inet rightofway (\w+) \{ ((?:(?! timeout ).)+?)(?: timeout (\d+)ms)?(?: : 7277:(\w+))? \}$/
const CLASS = /^class replace dev (\S+) parent (\w+):(\w*) classid \2:(\w+) htb (.*)$/
const NO_CLASS = /^class del dev (\S+) classid (\w+):(\w+)$/
const LEAF = /^qdisc (replace|change) dev (\S+) parent (\w+):(\w+) handle \4: (\w+) (.*)$/
const NO_LEAF = /^qdisc del dev (\S+) parent (\w+):(\w+)$/
const ROOT = /^qdisc replace dev (\S+) root handle (\w+): htb default 2$/
const NO_ROOT = /^qdisc del dev (\S+) root$/

const number = (hexadecimal = ''): number => Number.parseInt(hexadecimal, 16)
const inTree = (name = '', handle = '', minor?: string) => ({ interface: name, handle, minor: number(minor) })

function read(text: string): Operation | undefined {
  const match = (pattern: RegExp) => pattern.exec(text)?.slice(1)
  const mark = match(MARK)
  if (mark !== undefined) {
    const [verb, digit, minor, name] = mark
    const ipVersion = digit === '4' ? 4 : 6
    return { verb: verb as 'add', object: 'mark', ipVersion, minor: number(minor), ...(name && { mark: name }) }
  }
  const element = match(ELEMENT)
  if (element !== undefined) {
    const [verb, map, key = '', timeout, minor] = element
    return {
      verb: verb as 'add',
      object: 'element',
      map: map as MapName,
      key,
      ...(timeout && { timeoutMs: Number(timeout) }),
      ...(minor && { minor: number(minor) }),
    }
  }
  const ofClass = match(CLASS)
  if (ofClass !== undefined) {
    const [dev, handle, parent, minor, words = ''] = ofClass
    const values = new Map([...words.matchAll(/(\w+) (\d+)/g)].map(([, name, value]) => [name, Number(value)]))
    const [rateBps, ceilBps, priority] = ['rate', 'ceil', 'prio'].map((name) => values.get(name))
    const [burst, cburst, quantum] = ['burst', 'cburst', 'quantum'].map((name) => values.get(name))
    const shaping = { rateBps, ceilBps, priority, burst, cburst, quantum } as Shaping
    const below = parent ? { parent: number(parent) } : {}
    return { verb: 'replace', object: 'class', ...inTree(dev, handle, minor), ...below, shaping }
  }
  const noClass = match(NO_CLASS)
  if (noClass !== undefined)
    return { verb: 'del', object: 'class', ...inTree(...(noClass as [string, string, string])) }
  const leaf = match(LEAF)
  if (leaf !== undefined) {
    const [verb, dev, handle, minor, kind = '', words = ''] = leaf
    const of: Leaf = { kind, attributes: attributesOf(words) }
    return { verb: verb as 'replace', object: 'leaf', ...inTree(dev, handle, minor), leaf: of }
  }
  const noLeaf = match(NO_LEAF)
  if (noLeaf !== undefined) return { verb: 'del', object: 'leaf', ...inTree(...(noLeaf as [string, string, string])) }
  const root = match(ROOT)
  if (root !== undefined) return { verb: 'replace', object: 'root', interface: root[0] ?? '', handle: root[1] ?? '' }
  const noRoot = match(NO_ROOT)
  return noRoot && { verb: 'del', object: 'root', interface: noRoot[0] ?? '' }
}

const attributesOf = (words: string): Leaf['attributes'] =>
  Object.fromEntries<number | boolean>(
    [...words.matchAll(/([a-z]\w*)(?: (\d+)(?:us)?)?/g)].map(([, name = '', value]) => [
      name,
      value === undefined ? true : Number(value),
    ]),
  )

/** @throws {Error} no operation is rendered to this text */
export function told(text: string): Operation {
  const operation = read(text)
  if (operation === undefined || render(operation) !== text) throw new Error(`no operation is rendered to ${text}`)
  return operation
}
