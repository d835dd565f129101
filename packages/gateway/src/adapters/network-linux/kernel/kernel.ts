// The kernel of this machine as one network: our objects in it, read as a whole and repaired as a whole. Batches of
// calls do not use it; they know the kernel's state, and only send changes.

import type { Instant } from '@rightofway/camara'
import type { Drift } from '../../../ports/linux-status.js'
import type { Egress, LeafKind } from '../plan/egress.js'
import { leafTrial, plantRoot, uproot } from '../plan/htb.js'
import { isInPlace, planTree, type TreePlan, wantedOn } from '../plan/htb-plan.js'
import { handlesOf, isSessionsMinor, TABLE } from '../plan/names.js'
import { type NftOperation, settingEndOf } from '../plan/operations.js'
import { claim, guard, OWNER_MS, RENEW_MS, release } from '../plan/owner.js'
import { planElements, type State, stateOf } from '../plan/plan.js'
import type { LinuxNetworkConfig } from '../plan/sides.js'
import { countRules, fingerprint, HOOKS, RELATED_PORTS_TRIAL, type TableOptions } from '../plan/table.js'
import type { Pair } from '../state/class-pool.js'
import type { ReservationTable } from '../state/reservation-table.js'
import { type KernelExec, KernelRefused } from './exec.js'
import { refuseForeign, usableSides } from './inspect.js'
import { beyond } from './listing.js'
import { problemOf } from './probe.js'
import { type LinkReadings, type LinkState, readLinks } from './read-link.js'
import { readStatements, readTable, type TableState } from './read-table.js'
import { putBack } from './replaced.js'

/** All our objects in the kernel. */
export interface KernelState extends LinkReadings {
  readonly table: TableState | undefined
}

/** The operations of a repair, and the differences that were found. */
export interface Repair {
  /** By interface. */
  readonly trees: ReadonlyMap<string, TreePlan>
  /** Interfaces that are no part of this network and have our tree. */
  readonly abandoned: readonly string[]
  /** @param now the moment just before the operations are carried out: ends are counted from it */
  nft(now: Instant): readonly NftOperation[]
  /** The tolerance of ends that are left as they are. */
  readonly toleranceMs: number
  /** Before {@link nft}: the operations that take ownership of the existing table. */
  readonly claim: readonly NftOperation[]
  readonly drift: Drift
  /** Whether {@link nft} creates the table anew. */
  readonly isTableNew: boolean
  /** Interfaces that cannot be used now, and why. */
  readonly problems: ReadonlyMap<string, string>
}

/** The differences between a table and the one that we created, line by line, for a log. */
export interface TableChange {
  readonly foreign: readonly string[]
  readonly gone: readonly string[]
}

export const NO_DRIFT: Drift = { rebuilt: [], missing: 0, stray: 0, classes: 0 }

export const hasDrift = ({ rebuilt, missing, stray, classes }: Drift): boolean =>
  rebuilt.length + missing + stray + classes > 0

/** The kernel lists ends in whole seconds, and we do not follow every tick of the wall clock. */
const END_TOLERANCE_MS = 1_500

export class Kernel {
  readonly #exec: KernelExec
  readonly #config: LinuxNetworkConfig
  readonly #reservationTable: ReservationTable
  #table: TableOptions
  readonly #handles: ReadonlyMap<string, string>

  constructor(exec: KernelExec, config: LinuxNetworkConfig, reservationTable: ReservationTable) {
    this.#exec = exec
    this.#config = config
    this.#reservationTable = reservationTable
    this.#handles = handlesOf(config)
    this.#table = {
      handles: this.#handles,
      deviceInterfaces: config.towardsDevices.map(({ interface: name }) => name),
      serverInterface: config.towardsServers.interface,
      ipv6PrefixLength: config.ipv6PrefixLength,
      dscp: config.dscp,
      reassemble: config.reassemble,
      relatedPorts: false,
    }
  }

  /**
   * Gives every interface the root of a tree; its classes come with the first repair. Changes nothing unless all can be
   * used.
   * @throws {NetworkUnusable} an interface is missing or not ours, or another gateway drives this machine
   */
  async openLinks(): Promise<{ servers: Egress; devices: readonly Egress[] }> {
    const { reservedShare } = this.#config
    const found = usableSides(this.#config, await this.read(() => 0 as Instant)).map(
      ({ side: { interface: name, capacityBps }, link }) => ({
        interface: name,
        handle: this.#handles.get(name) as string,
        capacityBps,
        reservedBps: Math.ceil(capacityBps * reservedShare),
        link,
      }),
    )
    for (const { interface: name, handle, link } of found) {
      if (link.isRootIntact) continue
      this.#noteReplaced(name, link)
      await this.#exec.tc([...(link.root === 'ours' ? [uproot(name)] : []), plantRoot({ interface: name, handle })])
    }
    this.#table = { ...this.#table, relatedPorts: this.#config.reassemble && (await this.#knowsRelatedPorts()) }
    const leaf = await this.#leafKind(found[0] as Pick<Egress, 'interface' | 'handle'>)
    const [servers, ...devices] = found.map(({ link: { mtu, gsoMaxSize }, ...rest }) => ({
      ...rest,
      leaf,
      mtu,
      gsoMaxSize,
    }))
    return { servers: servers as Egress, devices }
  }

  /**
   * Reads everything. It takes half a second where there are ten thousand sessions.
   * Reads everything. With ten thousand sessions this takes half a second.
   */
  async read(now: () => Instant): Promise<KernelState> {
    const [table, links] = await Promise.all([this.#readTable(now), readLinks(this.#exec, this.#handles)])
    return { table, ...links }
  }

  /**
   * The operations that bring the kernel in line with `wanted`.
   * @param isKnown whether a class belongs to a pair, although nobody wants it and its other half was not found
   */
  repair(
    found: KernelState,
    wanted: State,
    egresses: readonly Egress[],
    isKnown: (minor: number) => boolean,
    now: Instant,
  ): Repair {
    const { table, links, unread, abandoned } = found
    const rebuilt: string[] = [...abandoned]
    const problems = new Map<string, string>()
    const trees = new Map<string, TreePlan>()
    const isPaired = this.#paired(links)
    for (const egress of egresses) {
      const { interface: name } = egress
      const link = links.get(name)
      const problem = unread.get(name) ?? problemOf(name, link, this.#config.takeover)
      if (link === undefined || problem !== undefined) {
        problems.set(name, problem ?? '')
        continue
      }
      this.#noteReplaced(name, link)
      const tree = planTree(egress, link, wantedOn(egress, wanted), (minor) => isKnown(minor) || isPaired(minor))
      trees.set(name, tree)
      if (tree.isRebuilt) rebuilt.push(name)
    }
    const isIntact = this.#isAsMade(table) && table.digest === this.#reservationTable.listing()?.digest
    if (!isIntact) rebuilt.push(`table inet ${TABLE}`)
    const present = stateOf(isIntact ? { elements: table.elements, marks: table.marks } : {})
    const toleranceMs = END_TOLERANCE_MS + (table?.uncertaintyMs ?? 0)
    const ofElements = planElements(wanted, present, { now, toleranceMs })
    const drift: Drift = {
      rebuilt,
      missing: ofElements.filter((operation) => settingEndOf(operation) !== undefined).length,
      stray: [...present.elements].filter(([id, { endsAt }]) => !wanted.elements.has(id) && endsAt > now).length,
      classes: [...trees.values()].reduce((sum, { changed }) => sum + changed, 0),
    }
    const nft = (at: Instant): NftOperation[] => [
      ...(isIntact ? [] : this.#newTable(table)),
      ...planElements(wanted, present, { now: at, toleranceMs }),
    ]
    const isClaimed = !isIntact || (table.owner?.leftMs ?? 0) > OWNER_MS - RENEW_MS
    return {
      trees,
      abandoned,
      nft,
      claim: isClaimed ? [] : this.claim(),
      isTableNew: !isIntact,
      drift,
      problems,
      toleranceMs,
    }
  }

  /** Foreign additions to the table and removals from it; undefined if they are unknown. */
  async tableChange(found: KernelState): Promise<TableChange | undefined> {
    const made = this.#reservationTable.listing()?.statements
    // A table that is gone as a whole has no differences.
    if (found.table === undefined || made === undefined) return undefined
    const statements = await readStatements(this.#exec)
    return { foreign: beyond(statements, made), gone: beyond(made, statements) }
  }

  /** Keeps nft's listing of the new table. A table that has already been changed by others is created again. */
  async noteTable(now: () => Instant): Promise<void> {
    const table = await this.#readTable(now)
    if (!this.#isAsMade(table) || table.digest === undefined) return
    this.#reservationTable.noteListing({ digest: table.digest, statements: await readStatements(this.#exec) })
  }

  /** As far as can be told without nft's listing. */
  #isAsMade(table: TableState | undefined): table is TableState {
    return (
      table?.fingerprint === fingerprint(this.#table) &&
      table.rules === countRules(this.#table) &&
      table.hooks.toSorted().join() === HOOKS.join()
    )
  }

  /** The claim that this machine is driven from here. It holds for a minute. */
  claim(): NftOperation[] {
    return claim(this.#reservationTable.owner)
  }

  /** Gives up the claim, so that another gateway can drive this machine. */
  release(): NftOperation[] {
    return release(this.#reservationTable.owner)
  }

  /**
   * Repairs each interface as far as possible, independently of the others.
   * @returns those that could not be repaired, and why
   */
  async mendTrees({ trees, abandoned }: Repair): Promise<ReadonlyMap<string, string>> {
    const failed = new Map<string, string>()
    const attempt = async (name: string, work: () => Promise<void>) => {
      try {
        await work()
      } catch (error) {
        failed.set(name, `${name} could not be repaired: ${(error as Error).message}`)
      }
    }
    for (const [name, { operations }] of trees) await attempt(name, () => this.#exec.tc(operations))
    for (const name of abandoned) await attempt(name, () => this.#giveBack(name))
    return failed
  }

  /** The possible classes of sessions, by device interface and minor: those that both interfaces have. */
  pairs(trees: Repair['trees']): Map<string, Map<number, Pair>> {
    const uplinks = trees.get(this.#table.serverInterface)?.kept
    const taken = new Set<number>()
    const pairs = new Map<string, Map<number, Pair>>()
    for (const name of this.#table.deviceInterfaces) {
      const found = new Map<number, Pair>()
      for (const [minor, downlink] of trees.get(name)?.kept ?? []) {
        const uplink = uplinks?.get(minor)
        if (uplink === undefined || taken.has(minor)) continue
        taken.add(minor)
        found.set(minor, { downlink, uplink })
      }
      pairs.set(name, found)
    }
    return pairs
  }

  /** Whether a class has its other half, and is worth keeping. */
  #paired(links: KernelState['links']): (minor: number) => boolean {
    const has = (name: string, minor: number) => {
      const link = links.get(name)
      return link?.isRootIntact === true && isInPlace(link.classes, minor)
    }
    const { serverInterface, deviceInterfaces } = this.#table
    return (minor) =>
      isSessionsMinor(minor) && has(serverInterface, minor) && deviceInterfaces.some((name) => has(name, minor))
  }

  async #knowsRelatedPorts(): Promise<boolean> {
    const { code } = await this.#exec.tools.run('nft', ['--check', '-f', '-'], RELATED_PORTS_TRIAL)
    return code === 0
  }

  /** Probes which kind of leaf this kernel has, below an interface that has our root. */
  async #leafKind(egress: Pick<Egress, 'interface' | 'handle'>): Promise<LeafKind> {
    const { make, undo } = leafTrial(egress)
    try {
      await this.#exec.tc(make)
      return 'fq_codel'
    } catch (error) {
      if (!(error instanceof KernelRefused) || !/qdisc kind is unknown/.test(error.complaint)) throw error
      return 'bfifo'
    } finally {
      await this.#exec.tc([undo])
    }
  }

  /** Removes the tree from an interface that is no longer part of this network. */
  async #giveBack(name: string): Promise<void> {
    await this.#exec.tc([uproot(name)])
    const replaced = this.#reservationTable.replaced().find(({ interface: of }) => of === name)
    if (replaced !== undefined && (await putBack(this.#exec, replaced))) this.#reservationTable.forgetReplaced(name)
  }

  async #readTable(now: () => Instant): Promise<TableState | undefined> {
    const table = await readTable(this.#exec, now)
    refuseForeign(table, this.#reservationTable.owner)
    return table
  }

  /**
   * Takes the place of the table that was found, or of none. A table that others have made meanwhile, or own, stays.
   */
  #newTable(found: TableState | undefined): NftOperation[] {
    const { owner } = this.#reservationTable
    return [
      ...(found?.isOwnable ? [guard(owner)] : []),
      ...(found === undefined ? [] : [{ verb: 'delete', object: 'table' } as const]),
      { verb: 'create', object: 'table' },
      { verb: 'fill', object: 'table', table: this.#table },
      ...claim(owner),
    ]
  }

  #noteReplaced(name: string, { root, rootText }: LinkState): void {
    if (root === 'foreign') this.#reservationTable.noteReplaced({ interface: name, qdisc: rootText })
  }
}
