// Our table in the kernel, read into the types of plans.

import { type Instant, instant } from '@rightofway/camara'
import ipaddr from 'ipaddr.js'
import { type ElementId, elementId, MAP_NAMES, type MapName } from '../plan/elements.js'
import { OWNER_MAP, sessionMinor, TABLE } from '../plan/names.js'
import type { Owner } from '../plan/owner.js'
import { NOT_OURS, type PlacedElement } from '../plan/plan.js'
import { isFingerprint } from '../plan/table.js'
import { type KernelExec, KernelRefused } from './exec.js'
import { digestOf, statementsOf } from './listing.js'

/** Our table as it was read. */
export interface TableState {
  /** The version of the table; absent if it cannot be told any more. */
  readonly fingerprint?: string
  readonly rules: number
  /** Its base chains, each in the form of {@link HOOKS}. */
  readonly hooks: readonly string[]
  readonly elements: ReadonlyMap<ElementId, PlacedElement>
  readonly marks: ReadonlyMap<number, string>
  /** A digest of everything except elements ({@link digestOf}); undefined if nft cannot list it. */
  readonly digest: string | undefined
  /** Whether it has a map for its owner: tables of older versions have none. */
  readonly isOwnable: boolean
  /** The gateway that drives this machine; absent if none claims to. */
  readonly owner?: LiveOwner
  /** The tolerance of ends: the listing took some time. */
  readonly uncertaintyMs: number
}

/** An owner whose claim has not expired. */
export interface LiveOwner extends Owner {
  /** Time until it expires, unless it is renewed. */
  readonly leftMs: number
}

type JsonObjects = readonly {
  readonly chain?: { readonly name: string; readonly hook?: string; readonly prio?: number; readonly policy?: string }
  readonly rule?: object
  readonly map?: { readonly name: string; readonly elem?: readonly (readonly [JsonKey, JsonValue])[] }
}[]
type JsonPart =
  | string
  | number
  | { readonly prefix: { readonly addr: string; readonly len: number } }
  | { readonly range: readonly [string | number, string | number] }
type JsonConcat = { readonly concat: readonly JsonPart[] }
type JsonKey = string | number | JsonConcat | { readonly elem: JsonElement }
interface JsonElement {
  readonly val: JsonConcat | number
  readonly expires?: number
  readonly comment?: string
}
type JsonValue = string | number | { readonly goto: { readonly target: string } }

/** Never, for a session: an element without a timeout is not ours. */
const NEVER = Number.MAX_SAFE_INTEGER as Instant

/** @returns undefined if there is no such table */
export async function readTable(exec: KernelExec, now: () => Instant): Promise<TableState | undefined> {
  const began = now()
  try {
    const listing = await exec.read('nft', ['-j', 'list', 'table', 'inet', TABLE])
    // The kernel was read at some time between the two.
    const ended = now()
    const uncertaintyMs = Math.ceil(Math.max(0, ended - began) / 2)
    const table = { ...parseTable(listing, instant(ended - uncertaintyMs)), uncertaintyMs }
    if (table.digest !== undefined) return table
    // Whoever owns it, it is not to be taken over.
    const { isOwnable, owner } = parseTable(
      await exec.read('nft', ['-j', 'list', 'map', 'inet', TABLE, OWNER_MAP]),
      now(),
    )
    return { ...table, isOwnable, ...(owner !== undefined && { owner }) }
  } catch (error) {
    if (error instanceof KernelRefused && /No such file or directory/.test(error.complaint)) return undefined
    throw error
  }
}

/** Its lines without elements, in nft's listing. @throws {KernelRefused} there is no such table */
export const readStatements = async (exec: KernelExec): Promise<string[]> =>
  statementsOf(await exec.read('nft', ['-s', '-t', 'list', 'table', 'inet', TABLE]))

/** @param json the output of `nft -j list table` */
export function parseTable(json: string, now: Instant): Omit<TableState, 'uncertaintyMs'> {
  const elements = new Map<ElementId, PlacedElement>()
  const marks = new Map<number, string>()
  let fingerprint: string | undefined
  let rules = 0
  let isOwnable = false
  const hooks: string[] = []
  let owner: LiveOwner | undefined
  const objects = objectsOf(json)
  for (const { chain, rule, map } of objects ?? []) {
    if (chain?.hook !== undefined) hooks.push(`${chain.name} ${chain.hook} ${chain.prio} ${chain.policy}`)
    if (rule !== undefined) rules++
    if (chain !== undefined && isFingerprint(chain.name)) fingerprint = chain.name
    if (map?.name === OWNER_MAP) isOwnable = true
    for (const [key, value] of map?.elem ?? []) {
      const name = map?.name
      if (name === OWNER_MAP) owner = ownerFrom(key, value)
      else if (typeof value === 'string' && MAP_NAMES.includes(name as MapName)) {
        const element = placed(name as MapName, key, value, now)
        if (element !== undefined) elements.set(elementId(element), element)
      } else if (name === 'marks4' && typeof key === 'string' && typeof value === 'object') {
        const minor = sessionMinor(key)
        if (minor !== undefined) marks.set(minor, value.goto.target.replace(/_4$/, ''))
      }
    }
  }
  return {
    rules,
    hooks,
    elements,
    marks,
    digest: objects && digestOf(objects),
    isOwnable,
    ...(fingerprint !== undefined && { fingerprint }),
    ...(owner !== undefined && { owner }),
  }
}

/** @returns undefined if it is no JSON: nft 1.0.6 prints random memory for the flags of a table */
function objectsOf(json: string): JsonObjects | undefined {
  try {
    return (JSON.parse(json) as { readonly nftables: JsonObjects }).nftables
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

function ownerFrom(key: JsonKey, value: JsonValue): LiveOwner {
  const { expires, comment = '' }: Partial<JsonElement> = typeof key === 'object' && 'elem' in key ? key.elem : {}
  return { mark: Number(value), file: comment, leftMs: expires === undefined ? NEVER : expires * 1000 }
}

function placed(map: MapName, key: JsonKey, value: string, now: Instant): PlacedElement | undefined {
  if (typeof key !== 'object') return undefined
  const { val, expires }: JsonElement = 'elem' in key ? key.elem : { val: key }
  if (typeof val === 'number') return undefined
  return {
    map,
    key: val.concat.map(partText).join(' . '),
    minor: sessionMinor(value) ?? NOT_OURS,
    // The listing truncates to whole seconds.
    endsAt: expires === undefined ? NEVER : ((now + expires * 1000 + 500) as Instant),
  }
}

function partText(part: JsonPart): string {
  if (typeof part === 'number') return String(part)
  if (typeof part === 'string') return addressText(part)
  if ('prefix' in part) return `${addressText(part.prefix.addr)}/${part.prefix.len}`
  return `${part.range[0]}-${part.range[1]}`
}

/** nft prints some IPv6 addresses, and prefixes of them, with a dotted quad at the end; we never do. */
export function addressText(text: string): string {
  if (!text.includes(':') || !text.includes('.')) return text
  const [address = '', length] = text.split('/')
  return [ipaddr.parse(address).toString(), ...(length === undefined ? [] : [length])].join('/')
}
