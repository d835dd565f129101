// The network that is this machine. A session is an element in a map of nftables, which classifies its packets, and a
// class of HTB on either side, which limits their rate. The element has its own timeout: if every process of ours dies,
// the flow still loses its precedence on time.

import type { Instant, NetworkId, ReservationId } from '@rightofway/camara'
import type { Clock } from '../../ports/clock.js'
import type { Drift, LinuxStatus } from '../../ports/linux-status.js'
import {
  type Answer,
  type Held,
  type Load,
  type Network,
  type NetworkCapabilities,
  type NetworkEvent,
  NetworkUnreachable,
  type Reservation,
  type Usage,
} from '../../ports/network.js'
import type { NetworkFigures } from '../../ports/network-figures.js'
import { KernelExec } from './kernel/exec.js'
import { insideAddress } from './kernel/inside-address.js'
import { Kernel } from './kernel/kernel.js'
import { BEYOND_REPAIR, Monitors } from './kernel/monitors.js'
import { prioritySetters } from './kernel/priority-setters.js'
import { probeTools, unusable, warnings } from './kernel/probe.js'
import type { Tools } from './kernel/tools.js'
import { type AdapterLog, logWith } from './log.js'
import type { Egress } from './plan/egress.js'
import type { LinuxNetworkConfig } from './plan/sides.js'
import { ReservationTable } from './state/reservation-table.js'
import { Reservations } from './state/reservations.js'
import { Batches } from './upkeep/batches.js'
import { Meter, NOTHING } from './upkeep/counters.js'
import { Maintenance } from './upkeep/maintenance.js'
import { statusOf } from './upkeep/status.js'
import { Troubles } from './upkeep/troubles.js'

export interface LinuxNetworkOptions {
  readonly config: LinuxNetworkConfig
  /** Path of the network's own file. */
  readonly file: string
  readonly tools: Tools
  readonly clock: Clock
  /** Monotonic milliseconds. */
  readonly monotonicNow: () => number
  readonly log: AdapterLog
}

/** How long a stop waits for the tool that is running. */
const CLOSE_MS = 2_000
/** Rules that one flow may need. */
const MAX_FLOW_RULES = 64

export class LinuxNetwork implements Network {
  readonly id: NetworkId
  readonly capabilities: NetworkCapabilities = { maxFlowRules: MAX_FLOW_RULES }
  readonly #options: LinuxNetworkOptions
  readonly #table: ReservationTable
  readonly #reservations: Reservations
  readonly #exec: KernelExec
  readonly #batches: Batches
  readonly #maintenance: Maintenance
  readonly #monitors: Monitors
  readonly #troubles: Troubles
  readonly #devices: readonly Egress[]
  readonly #servers: Egress
  readonly #meters: ReadonlyMap<string, Meter>
  readonly #listeners = new Set<(event: NetworkEvent) => void>()
  #repairs = 0
  /** Before the start, everything counts as wrong. */
  #opened = false

  /**
   * Takes over the machine as configured, and restores the reservations that were held before.
   * @throws {NetworkUnusable} a requirement is missing; the message says which one, and what to do
   */
  static async open(options: LinuxNetworkOptions): Promise<LinuxNetwork> {
    const { config, file, tools, log } = options
    const exec = new KernelExec(tools)
    await probeTools(exec)
    const table = new ReservationTable(file)
    let network: LinuxNetwork | undefined
    try {
      const kernel = new Kernel(exec, config, table)
      network = new LinuxNetwork(options, { table, exec, kernel, ...(await kernel.openLinks()) })
      await network.#batches.repair()
      network.#opened = true
      network.#maintenance.look()
      for (const warning of await warnings(exec, config)) log.warn({ network: config.id }, warning)
      return network
    } catch (error) {
      if (network === undefined) table.close()
      else await network.close()
      throw unusable(error)
    }
  }

  private constructor(
    options: LinuxNetworkOptions,
    parts: { table: ReservationTable; exec: KernelExec; kernel: Kernel; devices: readonly Egress[]; servers: Egress },
  ) {
    const { config, tools, clock, monotonicNow, log } = options
    const { table, exec, kernel, devices, servers } = parts
    this.id = config.id
    this.#options = options
    this.#table = table
    this.#exec = exec
    this.#devices = devices
    this.#servers = servers
    const meters = new Map([...devices, servers].map(({ interface: name }) => [name, new Meter()] as const))
    this.#meters = meters
    const reservations = new Reservations({ config, table, devices, servers, meters, monotonicNow })
    this.#reservations = reservations
    const lost = reservations.recover(clock.now())
    if (lost.length > 0) log.warn({ network: this.id, count: lost.length }, 'reservations could not be restored')
    const named = logWith(log, { network: this.id })
    this.#troubles = new Troubles(named)
    const common = { reservations, exec, devices, servers, meters, clock, monotonicNow, log }
    this.#batches = new Batches({
      ...common,
      kernel,
      troubles: this.#troubles,
      onBatch: () => this.#maintenance.look(),
      onRepair: (drift, change) => {
        if (!this.#opened) return
        this.#repairs++
        log.warn({ network: this.id, ...drift, ...change }, 'the kernel was not as it should be, and is again')
      },
      onLost: (id, reason) => this.#tell({ type: 'lost', id, reason }),
    })
    this.#maintenance = new Maintenance({ ...common, table, batches: this.#batches })
    this.#monitors = new Monitors({
      tools,
      interfaces: [...meters.keys()],
      monotonicNow,
      log: named,
      onDisturbed: (what) => {
        log.info({ network: this.id }, `${what}: looking whether all is as it should be`)
        if (BEYOND_REPAIR.has(what)) this.#warnOfSetters()
        // A repair that fails is retried, and logged, by the code that failed.
        this.#batches.repair().catch(() => undefined)
      },
      // A failed reading is reported as a trouble by the reader.
      onBlind: () => this.#batches.audit().catch(() => undefined),
    })
    exec.onTelling = (lines) => this.#monitors.own(lines)
  }

  async reserve(reservation: Reservation): Promise<Answer> {
    const { verdict, at } = await this.#batches.ask(reservation.id, (now) =>
      this.#reservations.reserve(reservation, now),
    )
    switch (verdict.result) {
      case 'granted':
        return { result: 'granted', at: at as Instant }
      case 'over':
        return { result: 'granted', at: verdict.at }
      case 'refused':
        return verdict
      default:
        return { result: 'stale' }
    }
  }

  async release(id: ReservationId, version: number): Promise<'released' | 'stale'> {
    const { verdict } = await this.#batches.ask(id, (now) => this.#reservations.release(id, version, now))
    if (verdict.result === 'stale') return 'stale'
    // After its natural end an element leaves the kernel some milliseconds later.
    const lingersMs = this.#reservations.lingersFor(id)
    if (lingersMs > 0) await new Promise((resolve) => setTimeout(resolve, lingersMs))
    return 'released'
  }

  /** The first page reads the kernel before: what is listed is in it. */
  async list(after: ReservationId | undefined, limit: number): Promise<readonly Held[]> {
    if (after === undefined) await this.#batches.audit()
    return this.#table.list(after, limit)
  }

  watch(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async usage(id: ReservationId): Promise<Usage | undefined> {
    await this.#sample()
    const carried = this.#reservations.carried(id)
    if (carried === undefined) return undefined
    const grant = this.#reservations.grant(id)
    const rate = (egress: Egress | undefined): number =>
      grant === undefined || egress === undefined ? 0 : (this.#meters.get(egress.interface)?.rateOf(grant.minor) ?? 0)
    return {
      downlink: { ...carried.downlink, bitsPerSecond: rate(grant?.device) },
      uplink: { ...carried.uplink, bitsPerSecond: rate(this.#servers) },
    }
  }

  async load(): Promise<Load> {
    await this.#sample()
    const rate = ({ interface: name }: Egress): number => this.#meters.get(name)?.bitsPerSecond ?? 0
    return {
      downlinkBps: this.#devices.reduce((sum, egress) => sum + rate(egress), 0),
      uplinkBps: rate(this.#servers),
    }
  }

  get troubles(): readonly string[] {
    return [...this.#troubles.all, ...this.#monitors.troubles]
  }

  /** The current state of the machine and its sessions, as far as it can be read. It repairs nothing. */
  async status(): Promise<LinuxStatus> {
    const [drift] = await Promise.all([readable(this.#batches.look()), readable(this.#maintenance.freshSample())])
    return statusOf({
      reservations: this.#reservations,
      devices: this.#devices,
      servers: this.#servers,
      meters: this.#meters,
      repairs: this.#repairs,
      troubles: this.troubles,
      troubleOf: (name) => this.#troubles.of(name),
      drift,
    })
  }

  /** The device behind this machine's NAT that uses a public address and port now; undefined if none does. */
  insideAddress(publicAddress: string, publicPort: number): Promise<string | undefined> {
    return insideAddress(this.#options.tools, publicAddress, publicPort)
  }

  /** The figures that need no reading of the kernel: as of the last reading. */
  figures(): NetworkFigures {
    return {
      links: [...this.#devices, this.#servers].map(({ interface: name, capacityBps }) => {
        const { bytes, dropped } = this.#meters.get(name)?.total ?? NOTHING
        return {
          interface: name,
          capacityBps,
          guaranteedBps: this.#reservations.admission.of(name).guaranteedBps,
          up: this.#troubles.of(name) === undefined,
          bytes,
          dropped,
        }
      }),
      sessions: this.#reservations.size,
      repairs: this.#repairs,
      troubles: this.troubles,
    }
  }

  /** Reads the kernel, and repairs it. @returns the differences that were found */
  audit(): Promise<Drift> {
    return this.#batches.audit()
  }

  /** Releases this process's resources. Sessions continue: the kernel ends them on time. */
  async close(): Promise<void> {
    this.#monitors.close()
    // Calls in progress may end; a tool that hangs does not delay the stop.
    const cut = setTimeout(() => this.#exec.close(), CLOSE_MS)
    await this.#batches.close()
    await this.#maintenance.close()
    clearTimeout(cut)
    this.#table.close()
    this.#options.log.info(
      { network: this.id, held: this.#reservations.size },
      'sessions continue without this process',
    )
  }

  /** @throws {NetworkUnreachable} the kernel does not return the counters */
  async #sample(): Promise<void> {
    try {
      await this.#maintenance.freshSample()
    } catch (error) {
      throw new NetworkUnreachable((error as Error).message, { cause: error })
    }
  }

  /** Those that existed at the start have been reported. */
  #warnOfSetters(): void {
    const { log } = this.#options
    prioritySetters(this.#exec, [...this.#meters.keys()]).then(
      (found) => {
        for (const warning of found) log.warn({ network: this.id }, warning)
      },
      (error: Error) =>
        log.warn({ network: this.id, reason: error.message }, 'the rules of other programs could not be read'),
    )
  }

  #tell(event: NetworkEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

/** The result of a reading; undefined if it failed, which is reported as a trouble of its own. */
const readable = <T>(reading: Promise<T>): Promise<T | undefined> => reading.catch(() => undefined)
