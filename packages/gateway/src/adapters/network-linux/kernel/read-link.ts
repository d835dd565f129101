// Interfaces and their trees in the kernel, read into the types of plans.

import type { Egress } from '../plan/egress.js'
import type { ClassSpec } from '../plan/htb.js'
import type { Leaf } from '../plan/leaf.js'
import { classId, DEFAULT_MINOR, hex, isOurHandle, ROOT_MINOR } from '../plan/names.js'
import type { FilterChain } from '../plan/operations.js'
import { type KernelExec, KernelRefused } from './exec.js'
import { farEndsBelow, type LinkFacts, objectionTo } from './link-stack.js'

/** The counters of a class since its creation. */
export interface Counters {
  readonly bytes: number
  readonly packets: number
  readonly dropped: number
}

export interface ClassState {
  readonly spec: ClassSpec
  /** The minor of its parent class; undefined: none. */
  readonly parent: number | undefined
  readonly counters: Counters
}

export interface LinkState {
  readonly index: number
  readonly mtu: number
  /** Bytes of the largest packet that segmentation offload makes. */
  readonly gsoMaxSize: number
  /** Whether it is set up. */
  readonly up: boolean
  /** Whether it has a carrier: a plugged cable, a peer that is up. */
  readonly hasCarrier: boolean
  /** `ours`, the kernel's own (`default`), or somebody else's. */
  readonly root: 'ours' | 'default' | 'foreign'
  /** Whether the root is ours with the right attributes; they cannot be changed later. */
  readonly isRootIntact: boolean
  /** The root qdisc as arguments of `tc qdisc add`; empty unless it is foreign. */
  readonly rootText: string
  /** What a foreign root has that could not be put back; undefined if nothing. */
  readonly rootExtras: string | undefined
  /** Foreign filters on our tree: they send packets to other classes and queues, or drop them. */
  readonly filters: readonly FilterChain[]
  /** The classes of our tree, by minor. */
  readonly classes: ReadonlyMap<number, ClassState>
}

/** The reading of all interfaces. */
export interface LinkReadings {
  /** The requested interfaces, by name; a missing one is absent. */
  readonly links: ReadonlyMap<string, LinkState>
  /** Interfaces that cannot be used or could not be read, with the reason. */
  readonly unread: ReadonlyMap<string, string>
  /** Other interfaces that have a tree of ours. */
  readonly abandoned: readonly string[]
}

interface LinkJson extends LinkFacts {
  readonly ifindex: number
  readonly mtu: number
  readonly gso_max_size?: number
}
interface QdiscJson {
  readonly dev: string
  readonly kind: string
  readonly handle: string
  readonly root?: boolean
  readonly parent?: string
  readonly options: Readonly<Record<string, unknown>>
}

/** The limit of a link that reports none. */
const GSO_MAX_SIZE = 65_536

const isOurs = ({ kind, handle, root }: QdiscJson): boolean => root === true && kind === 'htb' && isOurHandle(handle)

/**
 * Reads interfaces, and finds others that have a tree of ours.
 * @param handles of their expected roots, by interface
 */
export async function readLinks(exec: KernelExec, handles: ReadonlyMap<string, string>): Promise<LinkReadings> {
  const names = [...handles.keys()]
  const [all, qdiscs] = await Promise.all([
    exec.read('ip', ['-j', '-d', 'link', 'show']).then((text) => JSON.parse(text) as LinkJson[]),
    // The kernel lists those of all interfaces in any case.
    exec.read('tc', ['-j', 'qdisc', 'show']).then((text) => JSON.parse(text) as QdiscJson[]),
  ])
  const routes = await readRoutes(exec, farEndsBelow(names, all))
  const links = new Map<string, LinkState>()
  const unread = new Map<string, string>()
  await Promise.all(
    [...handles].map(async ([name, handle]) => {
      const objection = objectionTo(name, all, names, (address) => routes.get(address))
      if (objection !== undefined) {
        unread.set(name, objection)
        return
      }
      const link = all.find(({ ifname }) => ifname === name)
      if (link === undefined) return
      try {
        const own = qdiscs.filter(({ dev }) => dev === name)
        links.set(name, await readLink(exec, link, own, handle))
      } catch (error) {
        if (!isGone(error)) unread.set(name, (error as Error).message)
      }
    }),
  )
  const abandoned = qdiscs.filter((qdisc) => isOurs(qdisc) && !names.includes(qdisc.dev)).map(({ dev }) => dev)
  return { links, unread, abandoned }
}

interface RouteJson {
  readonly dev?: string
}

/** The interfaces that packets to addresses leave by; addresses without a route are absent. */
async function readRoutes(exec: KernelExec, addresses: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const routes = new Map<string, string>()
  for (const address of addresses) {
    const { code, stdout } = await exec.tools.run('ip', ['-j', 'route', 'get', address])
    const [route] = code === 0 ? (JSON.parse(stdout) as readonly RouteJson[]) : []
    if (route?.dev !== undefined) routes.set(address, route.dev)
  }
  return routes
}

async function readLink(
  exec: KernelExec,
  link: LinkJson,
  qdiscs: readonly QdiscJson[],
  wantedHandle: string,
): Promise<LinkState> {
  const { ifname: name, ifindex: index, mtu, flags, gso_max_size: gsoMaxSize = GSO_MAX_SIZE } = link
  const found = qdiscs.find(({ root }) => root === true)
  const root = found === undefined || found.handle === '0:' ? 'default' : isOurs(found) ? 'ours' : 'foreign'
  const state: LinkState = {
    index,
    mtu,
    gsoMaxSize,
    up: flags.includes('UP'),
    hasCarrier: flags.includes('LOWER_UP'),
    root,
    isRootIntact:
      root === 'ours' &&
      found?.handle === `${wantedHandle}:` &&
      Number(found?.options['default']) === DEFAULT_MINOR &&
      found?.options['offload'] === undefined,
    rootText: '',
    rootExtras: undefined,
    filters: [],
    classes: new Map(),
  }
  if (root === 'foreign') {
    const [text, classes, filters] = await Promise.all([
      exec.read('tc', ['qdisc', 'show', 'dev', name]),
      exec.read('tc', ['class', 'show', 'dev', name]),
      exec.read('tc', ['filter', 'show', 'dev', name]),
    ])
    return { ...state, rootText: rootText(text), rootExtras: extrasOf(found as QdiscJson, qdiscs, classes, filters) }
  }
  if (root === 'default') return state
  const handle = (found as QdiscJson).handle.slice(0, -1)
  const classes = parseClasses(await classText(exec, name), leavesOf(qdiscs, handle), handle)
  // HTB consults filters only at the root class.
  const asking = [
    `${handle}:`,
    ...(classes.has(ROOT_MINOR) ? [classId(ROOT_MINOR, handle)] : []),
    ...askingLeaves(qdiscs, handle),
  ]
  const parents = await filtered(exec, name, asking)
  const filters = await Promise.all(parents.map((parent) => readFilters(exec, name, parent)))
  return { ...state, filters: filters.flat(), classes }
}

/** Qdiscs without queues of their own do not consult filters. */
const UNFILTERED: ReadonlySet<string> = new Set(['bfifo', 'pfifo'])

/** Handles of the leaves of a tree that can have filters, such as `10:`. */
const askingLeaves = (qdiscs: readonly QdiscJson[], root: string): string[] =>
  qdiscs
    .filter(({ kind, handle, parent }) => parent?.startsWith(`${root}:`) && handle !== '0:' && !UNFILTERED.has(kind))
    .map(({ handle }) => handle)

/**
 * The parents that have filters. tc lists the filters of one parent, and does not name it: so all are queried at once,
 * and then halves of a group that has some.
 */
async function filtered(exec: KernelExec, name: string, parents: readonly string[]): Promise<readonly string[]> {
  const text = await exec.readEach(parents.map((parent) => `filter show dev ${name} parent ${parent}`))
  if (!/^filter /m.test(text)) return []
  if (parents.length === 1) return parents
  const middle = Math.ceil(parents.length / 2)
  const halves = [parents.slice(0, middle), parents.slice(middle)]
  return (await Promise.all(halves.map((half) => filtered(exec, name, half)))).flat()
}

async function readFilters(exec: KernelExec, name: string, parent: string): Promise<FilterChain[]> {
  const text = await exec.read('tc', ['filter', 'show', 'dev', name, 'parent', parent])
  const chains = new Set([...text.matchAll(/^filter .*?\bchain (\d+)/gm)].map(([, chain]) => Number(chain)))
  return [...chains].map((chain) => ({ parent, chain }))
}

/** tc's output as its arguments: the handle goes first, and packets have no unit. */
function rootText(qdiscText: string): string {
  const [, kind = '', handle = '', options = ''] =
    /^qdisc (\S+) (\S+) root (?:refcnt \d+ )?(.*?) *$/m.exec(qdiscText) ?? []
  return `handle ${handle} ${kind} ${options.replaceAll(/\b(\d+)p\b/g, '$1')}`.trim()
}

/** Qdiscs whose classes are created by users. Others list classes that they create themselves. */
const CLASSFUL = /^class (?:htb|hfsc|cbq|drr|qfq) /m
/** Qdiscs whose listing tc takes as arguments. */
const TAKEN_BACK: ReadonlySet<string> = new Set([
  'bfifo',
  'cake',
  'codel',
  'fq',
  'fq_codel',
  'mq',
  'noqueue',
  'pfifo',
  'pie',
  'tbf',
])

function extrasOf(root: QdiscJson, qdiscs: readonly QdiscJson[], classes: string, filters: string): string | undefined {
  if (CLASSFUL.test(classes)) return 'classes'
  const child = qdiscs.find(({ parent, handle }) => parent !== undefined && !isClsact(parent) && handle !== '0:')
  if (child !== undefined) return `another qdisc below it (${child.kind} ${child.handle})`
  if (filters.trim() !== '') return 'filters'
  return TAKEN_BACK.has(root.kind) ? undefined : 'options that tc does not take back as it shows them'
}

/** Ingress and clsact exist besides the root, and stay. */
const isClsact = (parent: string): boolean => parent === 'ffff:fff1'

const classText = (exec: KernelExec, name: string): Promise<string> =>
  exec.read('tc', ['-s', '-d', 'class', 'show', 'dev', name])

/** Whether a tool's error is that there is no such interface. */
const isGone = (error: unknown): boolean =>
  error instanceof KernelRefused && /does not exist|Cannot find device/.test(error.complaint)

/** The leaves of a tree, by the minor of their class. */
function leavesOf(qdiscs: readonly QdiscJson[], root: string): Map<number, Leaf> {
  const leaves = new Map<number, Leaf>()
  for (const { kind, handle, parent, options } of qdiscs) {
    const minor = parent?.startsWith(`${root}:`) ? Number.parseInt(parent.slice(root.length + 1), 16) : undefined
    // The kernel's own leaf has no handle: a replacement starts empty.
    if (minor === undefined || handle === '0:') continue
    const attributes = Object.entries(options).filter((option): option is [string, number | boolean] =>
      ['number', 'boolean'].includes(typeof option[1]),
    )
    const isInPlace = handle === `${hex(minor)}:`
    leaves.set(minor, { kind: isInPlace ? kind : `${kind} ${handle}`, attributes: Object.fromEntries(attributes) })
  }
  return leaves
}

/** The counters of an interface's classes, without their queues. */
export async function readClasses(
  exec: KernelExec,
  { interface: name, handle }: Pick<Egress, 'interface' | 'handle'>,
): Promise<Map<number, ClassState>> {
  const text = await classText(exec, name).catch((error: unknown) => {
    if (isGone(error)) return ''
    throw error
  })
  const classes = parseClasses(text, new Map(), handle)
  classes.delete(ROOT_MINOR)
  classes.delete(DEFAULT_MINOR)
  return classes
}

const CLASS =
  /^class htb ([0-9a-f]+):([0-9a-f]+) (?:root|parent [0-9a-f]+:([0-9a-f]*)) ?(.*)\n Sent (\d+) bytes (\d+) pkt \(dropped (\d+)/gm

/**
 * @param text the output of `tc -s -d class show`
 * @param leaves by minor
 * @param handle of the tree
 */
export function parseClasses(text: string, leaves: ReadonlyMap<number, Leaf>, handle: string): Map<number, ClassState> {
  const classes = new Map<number, ClassState>()
  for (const [, major, id = '', parent, words = '', bytes, packets, dropped] of text.matchAll(CLASS)) {
    if (major !== handle) continue
    const minor = Number.parseInt(id, 16)
    classes.set(minor, {
      spec: specOf(words, leaves.get(minor)),
      parent: parent === undefined ? undefined : Number.parseInt(parent, 16),
      counters: { bytes: Number(bytes), packets: Number(packets), dropped: Number(dropped) },
    })
  }
  return classes
}

/** @param text tc's words about a class after its id */
export function specOf(text: string, leaf: Leaf | undefined): ClassSpec {
  // Versions of tc differ in the spaces between one value and the next word.
  const words = new Map([...text.matchAll(/([a-z]+) ([\w.]+)/g)].map(([, name, value]) => [name, value]))
  const sizing = SIZING.flatMap(([name, usual]) => {
    const value = words.get(name) ?? usual
    return value === usual ? [] : [`${name} ${value}`]
  }).join(' ')
  return {
    rateBps: scaled(words.get('rate'), 1_000),
    ceilBps: scaled(words.get('ceil'), 1_000),
    priority: Number(words.get('prio') ?? 0),
    burst: scaled(words.get('burst'), 1_024),
    cburst: scaled(words.get('cburst'), 1_024),
    quantum: Number(words.get('quantum') ?? 0),
    ...(leaf !== undefined && { leaf }),
    ...(sizing !== '' && { sizing }),
  }
}

/** How packet sizes are counted, and the defaults. */
const SIZING = [
  ['overhead', '0'],
  ['mpu', '0b'],
  ['linklayer', 'ethernet'],
] as const

const UNITS = ['', 'K', 'M', 'G', 'T']

/** tc writes `500Kbit` and `15Kb`, and truncates. */
export function scaled(text: string | undefined, by: number): number {
  const [, value, unit = ''] = /^([\d.]+)([KMGT]?)b(?:it)?$/.exec(text ?? '') ?? []
  return Number(value ?? 0) * by ** UNITS.indexOf(unit)
}
