// What the kernel says is there, read into the words that plans are made in.

import type { Instant } from '@rightofway/camara'
import ipaddr from 'ipaddr.js'
import { type Door, KernelRefused } from './door.js'
import { type ElementId, elementId, MAP_NAMES, type MapName } from './elements.js'
import { classId, DEFAULT_MINOR, MAJOR, ROOT_MINOR, sessionMinor, TABLE } from './names.js'
import { NOT_OURS, type PlacedElement } from './plan.js'
import { isFingerprint } from './table.js'

/** Our table, as it is. */
export interface TableState {
  /** Which version of the table it is; absent if that cannot be told any more. */
  readonly fingerprint?: string
  readonly rules: number
  readonly elements: ReadonlyMap<ElementId, PlacedElement>
  readonly marks: ReadonlyMap<number, string>
}

/** What a class has carried since it was made. */
export interface Counters {
  readonly bytes: number
  readonly packets: number
  readonly dropped: number
}

export interface ClassState {
  readonly rateBps: number
  readonly ceilBps: number
  readonly priority: number
  /** Bytes that may wait in its leaf; 0 if that is not a bounded queue of bytes. */
  readonly limit: number
  readonly counters: Counters
}

export interface LinkState {
  readonly index: number
  readonly mtu: number
  readonly up: boolean
  /** `ours`, the kernel's own (`default`), or somebody else's. */
  readonly root: 'ours' | 'default' | 'foreign'
  /** The root qdisc in tc's words, as `tc qdisc add` would take it. */
  readonly rootText: string
  /** Whether the class of everybody and the one above it are as we make them. */
  readonly hasTrunk: boolean
  /** The kind of queue that everybody's class has. */
  readonly everybodysLeaf: string | undefined
  /** Whether there are classes that are none of ours. */
  readonly hasForeignClasses: boolean
  /** Classes that sessions can have, by minor. */
  readonly classes: ReadonlyMap<number, ClassState>
}

interface NftJson {
  readonly nftables: readonly {
    readonly chain?: { readonly name: string }
    readonly rule?: object
    readonly map?: { readonly name: string; readonly elem?: readonly (readonly [JsonKey, JsonValue])[] }
  }[]
}
type JsonPart =
  | string
  | number
  | { readonly prefix: { readonly addr: string; readonly len: number } }
  | { readonly range: readonly [string | number, string | number] }
type JsonConcat = { readonly concat: readonly JsonPart[] }
type JsonKey = string | JsonConcat | { readonly elem: { readonly val: JsonConcat; readonly expires?: number } }
type JsonValue = string | { readonly goto: { readonly target: string } }

/** For ever, as far as a session is concerned: an element without a timeout is none of ours. */
const NEVER = Number.MAX_SAFE_INTEGER as Instant

/** @returns undefined if there is no such table */
export async function readTable(door: Door, now: () => Instant): Promise<TableState | undefined> {
  try {
    const listing = await door.read('nft', ['-j', 'list', 'table', 'inet', TABLE])
    return parseTable(listing, now())
  } catch (error) {
    if (error instanceof KernelRefused && /No such file or directory/.test(error.complaint)) return undefined
    throw error
  }
}

/** @param json what `nft -j list table` prints */
export function parseTable(json: string, now: Instant): TableState {
  const elements = new Map<ElementId, PlacedElement>()
  const marks = new Map<number, string>()
  let fingerprint: string | undefined
  let rules = 0
  for (const { chain, rule, map } of (JSON.parse(json) as NftJson).nftables) {
    if (rule !== undefined) rules++
    if (chain !== undefined && isFingerprint(chain.name)) fingerprint = chain.name
    for (const [key, value] of map?.elem ?? []) {
      const name = map?.name
      if (typeof value === 'string' && MAP_NAMES.includes(name as MapName)) {
        const element = placed(name as MapName, key, value, now)
        if (element !== undefined) elements.set(elementId(element), element)
      } else if (name === 'marks4' && typeof key === 'string' && typeof value === 'object') {
        const minor = sessionMinor(key)
        if (minor !== undefined) marks.set(minor, value.goto.target.replace(/_4$/, ''))
      }
    }
  }
  return { rules, elements, marks, ...(fingerprint !== undefined && { fingerprint }) }
}

function placed(map: MapName, key: JsonKey, value: string, now: Instant): PlacedElement | undefined {
  if (typeof key === 'string') return undefined
  const { concat, expires } =
    'elem' in key
      ? { concat: key.elem.val.concat, expires: key.elem.expires }
      : { concat: key.concat, expires: undefined }
  return {
    map,
    key: concat.map(partText).join(' . '),
    minor: sessionMinor(value) ?? NOT_OURS,
    // The listing cuts fractions of a second off.
    endsAt: expires === undefined ? NEVER : ((now + expires * 1000 + 500) as Instant),
  }
}

function partText(part: JsonPart): string {
  if (typeof part === 'number') return String(part)
  if (typeof part === 'string') return addressText(part)
  if ('prefix' in part) return `${addressText(part.prefix.addr)}/${part.prefix.len}`
  return `${part.range[0]}-${part.range[1]}`
}

/** nft writes some IPv6 addresses, and prefixes of them, with a dotted quad at the end; we never do. */
export function addressText(text: string): string {
  if (!text.includes(':') || !text.includes('.')) return text
  const [address = '', length] = text.split('/')
  return [ipaddr.parse(address).toString(), ...(length === undefined ? [] : [length])].join('/')
}

interface LinkJson {
  readonly ifindex: number
  readonly mtu: number
  readonly flags: readonly string[]
}
interface QdiscJson {
  readonly kind: string
  readonly handle: string
  readonly root?: boolean
  readonly parent?: string
  readonly options: { readonly limit?: number }
}

/** @returns undefined if there is no such interface */
export async function readLink(door: Door, name: string): Promise<LinkState | undefined> {
  try {
    const [link] = JSON.parse(await door.read('ip', ['-j', 'link', 'show', 'dev', name])) as [LinkJson]
    const [classes, qdiscs, qdiscText] = await Promise.all([
      door.read('tc', ['-s', 'class', 'show', 'dev', name]),
      door.read('tc', ['-j', 'qdisc', 'show', 'dev', name]),
      door.read('tc', ['qdisc', 'show', 'dev', name]),
    ])
    return parseLink(link, classes, JSON.parse(qdiscs) as QdiscJson[], qdiscText)
  } catch (error) {
    if (error instanceof KernelRefused && /does not exist|Cannot find device/.test(error.complaint)) return undefined
    throw error
  }
}

function parseLink(link: LinkJson, classText: string, qdiscs: readonly QdiscJson[], qdiscText: string): LinkState {
  const root = qdiscs.find((qdisc) => qdisc.root === true)
  const limits = new Map(qdiscs.map(({ parent, options }) => [parent, options.limit ?? 0]))
  const all = parseClasses(classText, limits)
  return {
    index: link.ifindex,
    mtu: link.mtu,
    up: link.flags.includes('UP'),
    root:
      root === undefined || root.handle === '0:'
        ? 'default'
        : root.kind === 'htb' && root.handle === `${MAJOR}:`
          ? 'ours'
          : 'foreign',
    rootText: rootText(qdiscText),
    everybodysLeaf: qdiscs.find(({ parent }) => parent === classId(DEFAULT_MINOR))?.kind,
    hasForeignClasses: new RegExp(`^class (?:${CLASSFUL}) (?!${MAJOR}:)`, 'm').test(classText),
    hasTrunk: all.has(ROOT_MINOR) && all.has(DEFAULT_MINOR),
    classes: new Map([...all].filter(([minor]) => minor > DEFAULT_MINOR)),
  }
}

/** Qdiscs whose classes somebody has made. Others show classes that they make themselves. */
const CLASSFUL = 'htb|hfsc|cbq|drr|qfq|ets|prio'

/** What tc shows in the words that it takes: the handle goes first, and packets have no unit. */
function rootText(qdiscText: string): string {
  const [, kind = '', handle = '', options = ''] =
    /^qdisc (\S+) (\S+) root (?:refcnt \d+ )?(.*?) *$/m.exec(qdiscText) ?? []
  return `handle ${handle} ${kind} ${options.replaceAll(/\b(\d+)p\b/g, '$1')}`.trim()
}

/** The classes of an interface without what waits in them: their counters. */
export async function readClasses(door: Door, name: string): Promise<Map<number, ClassState>> {
  const classes = parseClasses(await door.read('tc', ['-s', 'class', 'show', 'dev', name]), new Map())
  classes.delete(ROOT_MINOR)
  classes.delete(DEFAULT_MINOR)
  return classes
}

const CLASS =
  /^class htb 7277:([0-9a-f]+) (root|parent 7277:1)(?: leaf \S+)? (?:prio (\d+) )?(?:quantum \d+ )?rate (\S+) ceil (\S+).*\n Sent (\d+) bytes (\d+) pkt \(dropped (\d+)/gm

/** @param text what `tc -s class show` prints */
export function parseClasses(text: string, limits: ReadonlyMap<string | undefined, number>): Map<number, ClassState> {
  const classes = new Map<number, ClassState>()
  for (const [, minor = '', parent, priority, rate = '', ceil = '', bytes, packets, dropped] of text.matchAll(CLASS)) {
    // A class beside the trunk has no share in it.
    if ((minor === '1') !== (parent === 'root')) continue
    classes.set(Number.parseInt(minor, 16), {
      rateBps: rateOf(rate),
      ceilBps: rateOf(ceil),
      priority: Number(priority ?? 0),
      limit: limits.get(`${MAJOR}:${minor}`) ?? 0,
      counters: { bytes: Number(bytes), packets: Number(packets), dropped: Number(dropped) },
    })
  }
  return classes
}

const RATE_UNITS: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 }

/** tc writes `500Kbit`; what does not fill a unit it cuts off. */
function rateOf(text: string): number {
  const [, value, unit = ''] = /^([\d.]+)([KMGT]?)bit$/.exec(text) ?? []
  return Number(value ?? 0) * (RATE_UNITS[unit] ?? 1)
}
