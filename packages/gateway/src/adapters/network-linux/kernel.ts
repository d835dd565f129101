// The kernel of this machine as one network: what is ours in it, read whole and repaired whole. Turns of sessions do not
// come here; they know what the kernel has, and tell it what changes.

import type { Instant } from '@rightofway/camara'
import type { Books } from './books.js'
import type { Pair } from './class-pool.js'
import { type Door, KernelRefused } from './door.js'
import { TABLE } from './names.js'
import { classKey, type Line, type PlacedClass, planClasses, planElements, type State } from './plan.js'
import { problemOf } from './probe.js'
import { type ClassState, type LinkState, readLink, readTable, type TableState } from './read-kernel.js'
import type { LinuxNetworkConfig, Side } from './sides.js'
import { countRules, fingerprint, type TableOptions, tableText } from './table.js'
import { type ClassSpec, type Egress, everybodyLine, trunkLines } from './tree.js'
import { NetworkUnusable } from './unusable.js'

/** All that is ours in the kernel. */
export interface KernelState {
  readonly table: TableState | undefined
  /** By interface; those that are not there are missing. */
  readonly links: ReadonlyMap<string, LinkState>
}

/** What it takes to bring the kernel in line, and how it differed. */
export interface Repair {
  readonly tc: readonly Line[]
  readonly nft: readonly Line[]
  readonly drift: Drift
  /** Interfaces that cannot be used now, and why. */
  readonly problems: ReadonlyMap<string, string>
}

/** How the kernel differed from what it should have. */
export interface Drift {
  /** The table or a tree was not as we make it. */
  readonly rebuilt: readonly string[]
  /** Elements that were missing, or had another class or end. */
  readonly missing: number
  /** Elements that belong to nobody. */
  readonly stray: number
  /** Classes of sessions that were missing or had other rates. */
  readonly classes: number
}

export const NO_DRIFT: Drift = { rebuilt: [], missing: 0, stray: 0, classes: 0 }

export const hasDrift = ({ rebuilt, missing, stray, classes }: Drift): boolean =>
  rebuilt.length + missing + stray + classes > 0

/** The kernel lists ends in whole seconds, and we do not follow every tick of the wall clock. */
export const END_TOLERANCE_MS = 1_500

/** tc writes rates with three or four digits. */
const RATE_TOLERANCE = 0.002

export class Kernel {
  readonly #door: Door
  readonly #config: LinuxNetworkConfig
  readonly #books: Books
  readonly #table: TableOptions

  constructor(door: Door, config: LinuxNetworkConfig, books: Books) {
    this.#door = door
    this.#config = config
    this.#books = books
    this.#table = {
      deviceInterfaces: config.towardsDevices.map(({ interface: name }) => name),
      serverInterface: config.towardsServers.interface,
      ipv6PrefixLength: config.ipv6PrefixLength,
      dscp: config.dscp,
      reassemble: config.reassemble,
    }
  }

  /**
   * Makes sure that an interface has its tree.
   * @throws {NetworkUnusable} it has no such interface, or the interface is somebody else's
   */
  async openLink({ interface: name, capacityBps }: Side): Promise<Egress> {
    const link = await readLink(this.#door, name)
    const problem = problemOf(name, link, this.#config.takeover)
    if (link === undefined || problem !== undefined) throw new NetworkUnusable(problem)
    const reservedBps = Math.ceil(capacityBps * this.#config.reservedShare)
    const egress: Egress = { interface: name, capacityBps, reservedBps, mtu: link.mtu, leaf: 'fq_codel' }
    if (link.root === 'ours' && link.hasTrunk && link.everybodysLeaf !== undefined) {
      return { ...egress, leaf: link.everybodysLeaf === 'fq_codel' ? 'fq_codel' : 'bfifo' }
    }
    this.#noteReplaced(name, link)
    await this.#door.tc(trunkLines(egress).map((text) => ({ text })))
    try {
      await this.#door.tc([{ text: everybodyLine(egress) }])
      return egress
    } catch (error) {
      if (!(error instanceof KernelRefused) || !/qdisc kind is unknown/.test(error.complaint)) throw error
      const bounded: Egress = { ...egress, leaf: 'bfifo' }
      await this.#door.tc([{ text: everybodyLine(bounded) }])
      return bounded
    }
  }

  /** Reads everything. It takes half a second where there are ten thousand sessions. */
  async read(now: () => Instant): Promise<KernelState> {
    const names = [...this.#table.deviceInterfaces, this.#table.serverInterface]
    const [table, ...links] = await Promise.all([
      readTable(this.#door, now),
      ...names.map((name) => readLink(this.#door, name)),
    ])
    const found = names.flatMap((name, index) => {
      const link = links[index]
      return link === undefined ? [] : [[name, link] as const]
    })
    return { table, links: new Map(found) }
  }

  /** What it takes to bring the kernel in line with `wanted`. */
  repair({ table, links }: KernelState, wanted: State, egresses: readonly Egress[], now: Instant): Repair {
    const tc: Line[] = []
    const nft: Line[] = []
    const rebuilt: string[] = []
    const problems = new Map<string, string>()
    const classes = new Map<string, PlacedClass>()
    for (const egress of egresses) {
      const { interface: name } = egress
      const link = links.get(name)
      const problem = problemOf(name, link, this.#config.takeover)
      if (link === undefined || problem !== undefined) {
        problems.set(name, problem ?? '')
        continue
      }
      if (link.root !== 'ours' || !link.hasTrunk) {
        this.#noteReplaced(name, link)
        rebuilt.push(name)
        tc.push(...[...trunkLines(egress), everybodyLine(egress)].map((text) => ({ text })))
        continue
      }
      for (const [minor, found] of link.classes) {
        const key = classKey(name, minor)
        classes.set(key, { egress, minor, spec: specOf(found, wanted.classes.get(key)?.spec) })
      }
    }
    const intact = table?.fingerprint === fingerprint(this.#table) && table.rules === countRules(this.#table)
    if (!intact) {
      rebuilt.push(`table inet ${TABLE}`)
      nft.push(
        ...[`add table inet ${TABLE}`, `delete table inet ${TABLE}`, ...this.#tableLines()].map((text) => ({ text })),
      )
    }
    const present: State = {
      elements: intact ? table.elements : new Map(),
      marks: intact ? table.marks : new Map(),
      classes,
    }
    const elementLines = planElements(wanted, present, { now, toleranceMs: END_TOLERANCE_MS })
    const usable = [...wanted.classes].filter(([, { egress }]) => !problems.has(egress.interface))
    const classLines = planClasses({ ...wanted, classes: new Map(usable) }, present)
    nft.push(...elementLines)
    tc.push(...classLines)
    const added = elementLines.filter(({ text }) => text.includes(' timeout ')).length
    const drift: Drift = {
      rebuilt,
      missing: added,
      stray: [...present.elements].filter(([id, { endsAt }]) => !wanted.elements.has(id) && endsAt > now).length,
      classes: classLines.filter(({ text }) => text.startsWith('class ')).length,
    }
    return { tc, nft, drift, problems }
  }

  /** The classes that could be sessions', by device interface and minor: those that both interfaces have. */
  pairs({ links }: KernelState): Map<string, Map<number, Pair>> {
    const uplinks = links.get(this.#table.serverInterface)?.classes
    const taken = new Set<number>()
    const pairs = new Map<string, Map<number, Pair>>()
    for (const name of this.#table.deviceInterfaces) {
      const found = new Map<number, Pair>()
      for (const [minor, downlink] of links.get(name)?.classes ?? []) {
        const uplink = uplinks?.get(minor)
        if (uplink === undefined || taken.has(minor)) continue
        taken.add(minor)
        found.set(minor, { downlink: specOf(downlink), uplink: specOf(uplink) })
      }
      pairs.set(name, found)
    }
    return pairs
  }

  #tableLines(): string[] {
    return tableText(this.#table).trimEnd().split('\n')
  }

  #noteReplaced(name: string, { root, rootText }: LinkState): void {
    if (root === 'foreign') this.#books.noteReplaced({ interface: name, qdisc: rootText })
  }
}

/** What a class grants. Where that is what is wanted, as far as tc can tell, it is. */
function specOf({ rateBps, ceilBps, priority, limit }: ClassState, wanted?: ClassSpec): ClassSpec {
  const close = (a: number, b: number) => Math.abs(a - b) <= RATE_TOLERANCE * b + 1
  return wanted !== undefined &&
    close(rateBps, wanted.rateBps) &&
    close(ceilBps, wanted.ceilBps) &&
    priority === wanted.priority &&
    limit === wanted.limit
    ? wanted
    : { rateBps, ceilBps, priority, limit }
}
