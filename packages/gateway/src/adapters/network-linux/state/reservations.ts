// The decisions about reservations. They decide about calls and know the resulting state of the kernel; they change
// nothing themselves. The calls that are carried out together become a batch.

import { after, type Instant, type ReservationId } from '@rightofway/camara'
import type { Qos } from '../../../domain/profile.js'
import type { Reservation } from '../../../ports/network.js'
import type { Egress } from '../plan/egress.js'
import { type ElementId, elementId } from '../plan/elements.js'
import { DSCP } from '../plan/names.js'
import { type Placed, sameElements } from '../plan/placement.js'
import type { PlacedClass, PlacedElement, PlanOptions, State } from '../plan/plan.js'
import type { LinuxNetworkConfig } from '../plan/sides.js'
import { type Meter, minus, NOTHING } from '../upkeep/counters.js'
import type { Admission } from './admission.js'
import { Allocations } from './allocations.js'
import { AppliedState } from './applied-state.js'
import { Batch, type BatchTools, type FreedClass, type Told } from './batch.js'
import { ClassPool, type Pair } from './class-pool.js'
import { bookable, type Grant, placedClasses, placedElements } from './grant.js'
import {
  type CountersPair,
  type HeldEntry,
  isHeld,
  type OverEntry,
  type OverState,
  type ReservationTable,
} from './reservation-table.js'

/** The decision about a call; `granted` and `released` hold once the batch has been carried out. */
export type Verdict =
  | { readonly result: 'granted' }
  /** It was granted at that time, and has expired. */
  | { readonly result: 'over'; readonly at: Instant }
  | { readonly result: 'refused'; readonly reason: string }
  | { readonly result: 'released' }
  | { readonly result: 'stale' }

export interface ReservationsDeps {
  readonly config: LinuxNetworkConfig
  readonly table: ReservationTable
  readonly devices: readonly Egress[]
  readonly servers: Egress
  /** By interface. */
  readonly meters: ReadonlyMap<string, Meter>
  /** Monotonic milliseconds. */
  readonly monotonicNow: () => number
}

/** The objects of batches. */
export interface Touched {
  readonly elements: ReadonlySet<ElementId>
  readonly reservations: ReadonlySet<ReservationId>
}

/** The wanted state of the kernel. */
export interface Whole {
  readonly wanted: State
  /**
   * The kernel has exactly `wanted`, and nothing else of ours.
   * @param found unused classes in it, by device interface and minor
   * @param slackMs by how much its ends may be later
   */
  done(found: ReadonlyMap<string, ReadonlyMap<number, Pair>>, slackMs: number): void
}

/** Classes to be read and given back. */
export interface Drained {
  readonly classes: readonly FreedClass[]
  readonly stock: number
}

export class Reservations {
  readonly pool: ClassPool
  readonly #deps: ReservationsDeps
  readonly #applied: AppliedState
  readonly #allocations: Allocations
  readonly #observers = new Set<{ elements: Set<ElementId>; reservations: Set<ReservationId> }>()
  #batch: Batch
  /** Classes that no element refers to. They go back to the pool when their counters have been read. */
  #drained: FreedClass[] = []
  /** Counts the restocks of the pool. */
  #stock = 0

  constructor(deps: ReservationsDeps) {
    this.#deps = deps
    this.#applied = new AppliedState(deps.monotonicNow)
    this.#allocations = new Allocations(deps)
    this.#batch = this.#nextBatch()
    // Some classes are between two sessions at any moment.
    this.pool = new ClassPool(Math.ceil(deps.config.maxSessions * 1.25) + 256)
  }

  get size(): number {
    return this.#allocations.size
  }

  get admission(): Admission {
    return this.#allocations.admission
  }

  get drained(): number {
    return this.#drained.length
  }

  get grants(): Iterable<Grant> {
    return this.#allocations.grants
  }

  grant(id: ReservationId): Grant | undefined {
    return this.#allocations.get(id)
  }

  /** Restores what was held when the last process ended. @returns what cannot be held any more */
  recover(now: Instant): ReservationId[] {
    const lost: ReservationId[] = []
    for (const entry of this.#deps.table.held()) {
      const placed = this.#allocations.place(entry)
      if ('objection' in placed) {
        lost.push(entry.id)
        this.#over(entry, 'lost', now)
      } else {
        this.pool.claim(entry.minor, placed.device.interface)
        this.#allocations.hold({ ...entry, ...placed })
      }
    }
    return lost
  }

  // --- calls ---

  reserve(reservation: Reservation, now: Instant): Verdict {
    const { id, version, until, duration } = reservation
    const entry = this.#entry(id)
    const wasReleased = entry !== undefined && !isHeld(entry) && entry.state === 'released'
    if (entry !== undefined && (entry.version > version || (entry.version === version && wasReleased))) {
      return { result: 'stale' }
    }
    const held = this.#allocations.get(id)
    if (held !== undefined) return this.#change(held, reservation, now)
    if (entry !== undefined && !isHeld(entry) && entry.state === 'lost') {
      return this.#refuse(reservation, now, 'it was ended by the network')
    }
    // If its end came while an extension was on its way, the first grant still counts.
    const grantedAt = wasReleased ? now : (entry?.grantedAt ?? now)
    const endsAt = until ?? after(grantedAt, duration)
    if (endsAt <= now) {
      this.#note({ id, version, state: 'expired', grantedAt, endsAt })
      return { result: 'over', at: grantedAt }
    }
    const placed = this.#allocations.place(reservation)
    if ('objection' in placed) return this.#refuse(reservation, now, placed.objection)
    const objection = this.#allocations.objection(reservation, placed)
    if (objection !== undefined) return this.#refuse(reservation, now, objection)
    const taken = this.#take(placed)
    if (taken === undefined) return this.#refuse(reservation, now, 'every class is in use')
    const lingering = this.#applied.revive(id)
    if (lingering !== undefined) this.#vacate(lingering)
    if (lingering !== undefined) this.#free(lingering)
    const { flow, qos } = reservation
    this.#put({ id, version, flow, qos, grantedAt, endsAt, ...placed, ...taken })
    if (until === undefined && grantedAt === now) this.#batch.fresh.add(id)
    return { result: 'granted' }
  }

  release(id: ReservationId, version: number, now: Instant): Verdict {
    const entry = this.#entry(id)
    if (entry !== undefined && entry.version > version) return { result: 'stale' }
    const grant = this.#allocations.get(id)
    if (grant !== undefined && grant.endsAt <= now) this.#expire(grant)
    else if (grant !== undefined) this.#remove(grant)
    const carried = grant === undefined ? (entry as OverEntry | undefined)?.carried : this.#carried(grant)
    const over: OverEntry = { id, version, state: 'released', endsAt: now }
    this.#note(carried === undefined ? over : { ...over, carried })
    return { result: 'released' }
  }

  /** Milliseconds until the kernel has removed a reservation by itself; 0 if it has. */
  lingersFor(id: ReservationId): number {
    return this.#applied.waitFor(id)
  }

  /**
   * Ends expired reservations. The kernel removes their elements by itself. To be called between batches.
   * @returns how many
   */
  expire(now: Instant, limit: number): number {
    const due = this.#deps.table.due(now, limit)
    for (const id of due) {
      const grant = this.#allocations.get(id)
      if (grant === undefined) throw new Error(`the table knows of ${id}, and the reservations do not`)
      this.#expire(grant)
      const { version, grantedAt, endsAt } = grant
      this.#note({ id, version, state: 'expired', grantedAt, endsAt, carried: this.#carried(grant) })
    }
    return due.length
  }

  /** Gives up one that the kernel refuses. */
  drop(id: ReservationId, now: Instant): void {
    const grant = this.#allocations.get(id)
    if (grant === undefined) return
    this.#remove(grant)
    this.#over(grant, 'lost', now)
  }

  // --- batches ---

  /**
   * Tells the kernel the decisions since the last batch.
   * @param leadOf the expected delay until the kernel takes the end of an element that is set again
   */
  carryOut<T>(tools: BatchTools<T>, now: () => Instant, leadOf: PlanOptions['leadOf']): Promise<Told<T>> {
    return this.#batch.carryOut(tools, now, leadOf)
  }

  /** The last end of an element that the kernel was told; undefined if it does not have the element. */
  applied(id: ElementId): PlacedElement | undefined {
    return this.#applied.element(id)
  }

  /**
   * The kernel has other ends than it was told: the next batch sets them again.
   * @param lateMs by how much they are later, by element; negative: earlier
   */
  misplaced(lateMs: ReadonlyMap<ElementId, number>): void {
    for (const [id, ms] of lateMs) {
      if (this.#applied.shift(id, ms)) this.#batch.elements.add(id)
    }
  }

  /** This grant has not been reported yet: it begins when the next batch is carried out. */
  unconfirm(id: ReservationId): void {
    if (this.#allocations.has(id)) this.#batch.fresh.add(id)
  }

  /** Records the objects of batches, until it is stopped: a reading of the kernel may show them before or after. */
  observe(): Touched & { stop(): void } {
    const touched = { elements: new Set<ElementId>(), reservations: new Set<ReservationId>() }
    this.#observers.add(touched)
    return { ...touched, stop: () => this.#observers.delete(touched) }
  }

  // --- the wanted state ---

  /** The wanted state of the kernel. */
  wanted(): State {
    const elements = new Map<ElementId, PlacedElement>()
    const classes = new Map<string, PlacedClass>()
    const marks = new Map<number, string>()
    for (const grant of this.#allocations.grants) {
      for (const [id, placed] of placedElements(grant)) elements.set(id, placed)
      for (const [key, placed] of placedClasses(grant, this.#deps.servers)) classes.set(key, placed)
      const mark = this.#markOf(grant)
      if (mark !== undefined) marks.set(grant.minor, mark)
    }
    return { elements, classes, marks }
  }

  /**
   * Begins to bring the kernel in line with all held reservations, whatever its state.
   * @param links as they were read
   */
  whole(links: ReadonlyMap<string, Pick<Egress, 'mtu' | 'gsoMaxSize'>>, now: Instant): Whole {
    this.#follow(links)
    this.#batch.seal(now)
    const wanted = this.wanted()
    return {
      wanted,
      done: (found, slackMs) => {
        for (const grant of this.#applied.replace(wanted)) this.#released(grant)
        for (const { id, endsAt } of this.#allocations.grants) this.#applied.placed(id, endsAt - now + slackMs)
        this.#endBatch()
        this.#restock(found, now)
      },
    }
  }

  /** Drops what the kernel has removed. @returns milliseconds until the next; undefined if nothing lingers */
  sweep(): number | undefined {
    const { gone, nextMs } = this.#applied.sweep()
    for (const grant of gone) this.#released(grant)
    return nextMs
  }

  /** Classes that no element refers to. They are to be given back once their counters have been read. */
  takeDrained(): Drained {
    const classes = this.#drained
    this.#drained = []
    return { classes, stock: this.#stock }
  }

  giveBack({ classes, stock }: Drained, now: Instant): void {
    const read: OverEntry[] = []
    for (const { minor, pair, grant } of classes) {
      // If the pool was restocked meanwhile, the former attributes are no longer valid.
      this.pool.giveBack({ minor, pair: stock === this.#stock ? pair : undefined })
      const entry = grant && this.#entry(grant.id)
      if (entry !== undefined && !isHeld(entry)) read.push({ ...entry, carried: this.#carried(grant as Grant) })
    }
    if (read.length > 0) this.#deps.table.write(read, now)
  }

  /** The traffic of a reservation, as far as it was read; undefined if it is unknown. */
  carried(id: ReservationId): CountersPair | undefined {
    const grant = this.#allocations.get(id)
    if (grant !== undefined) return this.#carried(grant)
    const entry = this.#deps.table.find(id)
    return entry === undefined || isHeld(entry) ? undefined : entry.carried
  }

  // --- internals ---

  #entry(id: ReservationId): HeldEntry | OverEntry | undefined {
    return this.#batch.entries.get(id) ?? this.#deps.table.find(id)
  }

  #note(entry: HeldEntry | OverEntry): void {
    this.#batch.entries.set(entry.id, entry)
  }

  #over({ id, version }: { id: ReservationId; version: number }, state: OverState, endsAt: Instant): void {
    this.#note({ id, version, state, endsAt })
  }

  #refuse(reservation: Reservation, now: Instant, reason: string): Verdict {
    this.#over(reservation, 'refused', now)
    return { result: 'refused', reason }
  }

  /** Links may have changed: the attributes of their classes follow. */
  #follow(links: ReadonlyMap<string, Pick<Egress, 'mtu' | 'gsoMaxSize'>>): void {
    const { devices, servers } = this.#deps
    let isSame = true
    for (const egress of [...devices, servers]) {
      const { mtu, gsoMaxSize } = links.get(egress.interface) ?? egress
      if (egress.mtu === mtu && egress.gsoMaxSize === gsoMaxSize) continue
      isSame = false
      egress.mtu = mtu
      egress.gsoMaxSize = gsoMaxSize
    }
    if (!isSame) this.#allocations.refit()
  }

  #nextBatch(): Batch {
    const { table, servers } = this.#deps
    return new Batch({
      table,
      servers,
      allocations: this.#allocations,
      applied: this.#applied,
      markOf: (grant) => this.#markOf(grant),
      onDone: () => {
        for (const observer of this.#observers) {
          for (const id of this.#batch.elements) observer.elements.add(id)
          for (const id of this.#batch.entries.keys()) observer.reservations.add(id)
        }
        this.#endBatch()
      },
    })
  }

  #endBatch(): void {
    this.#drained.push(...this.#batch.freed)
    this.#batch = this.#nextBatch()
  }

  /** Restocks the pool with the unused classes of the kernel. */
  #restock(found: ReadonlyMap<string, ReadonlyMap<number, Pair>>, now: Instant): void {
    this.#stock++
    this.giveBack({ ...this.takeDrained(), stock: -1 }, now)
    for (const { interface: device } of this.#deps.devices) {
      this.pool.forgetFree(device)
      for (const [minor, pair] of found.get(device) ?? []) this.pool.add(minor, device, pair)
    }
  }

  /** A later version of a held reservation: another end, or other addresses. */
  #change(grant: Grant, { version, until, duration, flow, qos }: Reservation, now: Instant): Verdict {
    const endsAt = until ?? after(grant.grantedAt, duration)
    const changed: Grant = { ...grant, version, endsAt }
    if (endsAt <= now) {
      this.#remove(grant)
      this.#note({ id: grant.id, version, state: 'expired', grantedAt: grant.grantedAt, endsAt })
      return { result: 'over', at: grant.grantedAt }
    }
    const lose = (reason: string): Verdict => {
      this.#remove(grant)
      this.#over(changed, 'lost', now)
      return { result: 'refused', reason }
    }
    const placed = this.#allocations.place({ flow, qos })
    if ('objection' in placed) return lose(placed.objection)
    if (sameElements(placed.elements, grant.elements)) {
      this.#put(changed)
      return { result: 'granted' }
    }
    // Its device has moved.
    const objection = this.#allocations.objection({ id: grant.id, qos: grant.qos }, placed)
    if (objection !== undefined) return lose(objection)
    if (placed.device === grant.device) {
      this.#vacate(grant)
      this.#put({ ...changed, flow, elements: placed.elements })
      return { result: 'granted' }
    }
    const taken = this.#take(placed)
    if (taken === undefined) return lose('every class is in use')
    this.#remove(grant)
    this.#put({ ...changed, flow, ...placed, ...taken })
    return { result: 'granted' }
  }

  /** A class for a flow, and its counters so far. */
  #take({ device, pair }: Placed): { minor: number; base: CountersPair } | undefined {
    const taken = this.pool.take(device.interface, pair)
    if (taken === undefined) return undefined
    this.#batch.taken.set(taken.minor, taken)
    return { minor: taken.minor, base: this.#sums(device, taken.minor) }
  }

  /**
   * Holds a grant from the end of this batch. Lingering elements that conflict are replaced in the same transaction.
   */
  #put(grant: Grant): void {
    for (const element of grant.elements) {
      for (const other of this.#allocations.occupancy.inTheWayOf(element)) {
        if (other.of === grant.id) continue
        this.#batch.elements.add(elementId(other.element))
        this.#allocations.occupancy.remove(other.element, other.of)
      }
      this.#batch.elements.add(elementId(element))
    }
    this.#note(bookable(grant))
    this.#allocations.hold(grant)
  }

  /** Removes a grant from the kernel with this batch. */
  #remove(grant: Grant): void {
    this.#vacate(grant)
    this.#allocations.leave(grant)
    this.#batch.fresh.delete(grant.id)
    this.#free(grant)
  }

  #free(grant: Grant): void {
    const { minor, pair } = grant
    // One that was added in this very batch is unchanged.
    const taken = this.#batch.taken.get(minor)
    this.#batch.taken.delete(minor)
    this.#batch.freed.push(taken ?? { minor, pair, grant })
  }

  #vacate(grant: Grant): void {
    for (const element of grant.elements) {
      this.#batch.elements.add(elementId(element))
      this.#allocations.occupancy.remove(element, grant.id)
    }
  }

  /** Its end has come: the kernel removes its elements about now. */
  #expire(grant: Grant): void {
    this.#allocations.leave(grant)
    this.#applied.linger(grant)
  }

  /** The kernel has removed it. */
  #released(grant: Grant): void {
    for (const element of grant.elements) this.#allocations.occupancy.remove(element, grant.id)
    this.#drained.push({ minor: grant.minor, pair: grant.pair, grant })
  }

  #markOf({ qos }: { readonly qos: Qos }): string | undefined {
    return this.#deps.config.dscp && qos.serviceClass !== undefined ? DSCP[qos.serviceClass] : undefined
  }

  #sums(device: Egress, minor: number): CountersPair {
    const { meters, servers } = this.#deps
    return {
      downlink: meters.get(device.interface)?.sumOf(minor) ?? NOTHING,
      uplink: meters.get(servers.interface)?.sumOf(minor) ?? NOTHING,
    }
  }

  #carried({ device, minor, base }: Grant): CountersPair {
    const sums = this.#sums(device, minor)
    return { downlink: minus(sums.downlink, base.downlink), uplink: minus(sums.uplink, base.uplink) }
  }
}
