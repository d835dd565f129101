// Carries calls out in batches: the calls of one turn of the event loop, or of the time that the last batch took,
// become one run of tc and one nftables transaction.

import { setTimeout as delay } from 'node:timers/promises'
import type { Instant, ReservationId } from '@rightofway/camara'
import type { Clock } from '../../../ports/clock.js'
import type { Drift } from '../../../ports/linux-status.js'
import { NetworkUnreachable } from '../../../ports/network.js'
import { type KernelExec, KernelRefused } from '../kernel/exec.js'
import { hasDrift, type Kernel, type KernelState, NO_DRIFT, type TableChange } from '../kernel/kernel.js'
import { downOf } from '../kernel/probe.js'
import type { Telling } from '../kernel/telling.js'
import type { AdapterLog } from '../log.js'
import type { Egress } from '../plan/egress.js'
import type { ElementId } from '../plan/elements.js'
import { settingEndOf, type TcOperation } from '../plan/operations.js'
import type { PlacedElement, State } from '../plan/plan.js'
import type { Told } from '../state/batch.js'
import type { Reservations, Touched, Verdict } from '../state/reservations.js'
import { Blame } from './blame.js'
import type { Meter } from './counters.js'
import { type Corrections, Ends, LATE_MS } from './ends.js'
import { Serial } from './serial.js'
import type { Troubles } from './troubles.js'

/** Calls in one batch. More would make the first of them wait. */
const MAX_CALLS = 1_000
/** Ends that are processed in one go. */
const MAX_ENDS = 500
/** A repair that was refused this often waits for a while: others may be changing the kernel all the time. */
const MAX_ATTEMPTS = 50
/** Between attempts of a failed repair. */
const RETRY_MS = 1_000
/** Between the end of a slow tool, and the report of its changes. */
const HEAR_MS = 200

/** The dependencies of all upkeep. */
export interface UpkeepDeps {
  readonly reservations: Reservations
  readonly exec: KernelExec
  readonly devices: readonly Egress[]
  readonly servers: Egress
  readonly meters: ReadonlyMap<string, Meter>
  readonly clock: Clock
  readonly monotonicNow: () => number
  readonly log: AdapterLog
}

export interface BatchesDeps extends UpkeepDeps {
  readonly kernel: Kernel
  /** Updated by every reading that repairs. */
  readonly troubles: Troubles
  /** Called with every held reservation that had to be given up. */
  readonly onLost: (id: ReservationId, reason: string) => void
  /** Called with every repair that changed something. */
  readonly onRepair: (drift: Drift, change: TableChange | undefined) => void
  /** Called after every change that maintenance may have to act on. */
  readonly onBatch: () => void
}

interface Call {
  readonly id: ReservationId
  decide(now: Instant): Verdict
  resolve(outcome: Outcome): void
  reject(error: Error): void
}

/** A verdict that has been carried out; `at`: the time of the grant. */
export interface Outcome {
  readonly verdict: Verdict
  readonly at?: Instant
}

export class Batches {
  readonly #deps: BatchesDeps
  readonly #serial = new Serial()
  /** Readings, and the creation of classes: the kernel leaves some out of a list that grows while it is read. */
  readonly #steady = new Serial()
  readonly #ends = new Ends()
  #calls: Call[] = []
  #scheduled = false
  #retry: NodeJS.Timeout | undefined
  #closed = false
  /** Why the kernel may differ from the applied state; undefined if it does not. */
  #doubt: string | undefined
  /** Interfaces that cannot be used now, with the reason. */
  #problems: ReadonlyMap<string, string> = new Map()

  constructor(deps: BatchesDeps) {
    this.#deps = deps
  }

  /**
   * Lets the reservations decide about a call, and carries the decision out.
   * @throws {NetworkUnreachable} the kernel could not be told
   */
  ask(id: ReservationId, decide: (now: Instant) => Verdict): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new NetworkUnreachable('this process stops')
      this.#calls.push({ id, decide, resolve, reject })
      this.#schedule()
    })
  }

  /** Processes the ends that have come. */
  async expire(): Promise<void> {
    await this.#serial.run(async () => {
      const { reservations, clock } = this.#deps
      let ended: number
      do {
        ended = reservations.expire(clock.now(), MAX_ENDS)
        await this.#commit()
      } while (ended === MAX_ENDS)
    })
  }

  /**
   * Brings the kernel in line with the reservations, whatever its state.
   * @throws {NetworkUnreachable}
   */
  repair(): Promise<Drift> {
    return this.#serial.run(async () => (await this.#repair()).drift)
  }

  /**
   * Compares the kernel with the wanted state, and repairs it if they differ. Batches continue meanwhile.
   * @throws {NetworkUnreachable}
   */
  async audit(): Promise<Drift> {
    if (this.#doubt === undefined && !hasDrift(await this.look())) return NO_DRIFT
    return this.repair()
  }

  /** Differences between the kernel and the applied state, without the objects of batches meanwhile. */
  async look(): Promise<Drift> {
    const { reservations, kernel, devices, servers, clock } = this.#deps
    const touched = reservations.observe()
    try {
      const found = await this.#steady.run(() => kernel.read(() => clock.now()))
      const now = clock.now()
      const wanted = settled(reservations.wanted(), touched, now)
      return kernel.repair(
        without(found, wanted, touched, now),
        wanted,
        [...devices, servers],
        (minor) => reservations.pool.knows(minor),
        now,
      ).drift
    } catch (error) {
      throw this.#unreachable(error)
    } finally {
      touched.stop()
    }
  }

  /** Why sessions of devices behind an interface cannot be carried out now; undefined if they can. */
  problemOf(device: Egress): string | undefined {
    return this.#problems.get(device.interface) ?? this.#problems.get(this.#deps.servers.interface)
  }

  /**
   * Creates classes ahead of time, between two batches.
   * @returns milliseconds that it took
   * @throws {NetworkUnreachable}
   */
  make(operations: readonly TcOperation[]): Promise<number> {
    const { exec, monotonicNow } = this.#deps
    const made = async () => {
      const began = monotonicNow()
      try {
        await exec.tc(operations)
        return monotonicNow() - began
      } catch (error) {
        // Some of them may have been created, or an interface is gone.
        throw error instanceof KernelRefused ? this.#doubtful(error) : this.#unreachable(error)
      }
    }
    return this.#steady.run(() => this.#serial.run(made))
  }

  /**
   * Renews the claim that this machine is driven from here.
   * @throws {NetworkUnreachable}
   */
  claim(): Promise<void> {
    const { exec, kernel } = this.#deps
    return this.#serial.run(async () => {
      try {
        await exec.nft(kernel.claim())
      } catch (error) {
        throw error instanceof KernelRefused ? this.#doubtful(error) : this.#unreachable(error)
      }
    })
  }

  /** Carries nothing out any more, and lets another gateway drive this machine. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    for (const { reject } of this.#calls.splice(0)) reject(new NetworkUnreachable('this process stops'))
    await this.#serial.run(() => this.#release())
  }

  async #release(): Promise<void> {
    const { exec, kernel, log } = this.#deps
    try {
      await exec.nft(kernel.release())
    } catch (error) {
      const { message } = error as Error
      log.info(
        { reason: message },
        'the claim on the network of this machine could not be released: it expires by itself',
      )
    }
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // After the poll phase: calls that arrived together are carried out together.
    setImmediate(() => {
      this.#serial
        .run(() => this.#carryOut())
        .catch((error: Error) => this.#deps.log.error({ reason: error.message }, 'housekeeping after a batch failed'))
    })
  }

  async #carryOut(): Promise<void> {
    this.#scheduled = false
    if (this.#closed) return
    const calls = this.#calls.splice(0, MAX_CALLS)
    if (this.#calls.length > 0) this.#schedule()
    const { reservations, clock, onBatch } = this.#deps
    try {
      // While the kernel cannot be reached, nothing is granted and nothing is released.
      if (this.#doubt !== undefined) await this.#repair()
      const now = clock.now()
      reservations.sweep()
      reservations.expire(now, MAX_ENDS)
      const verdicts = calls.map((call) => call.decide(now))
      const givenUp = await this.#commit()
      for (const [index, call] of calls.entries()) this.#answer(call, verdicts[index] as Verdict, givenUp)
    } catch (error) {
      for (const call of calls) call.reject(error as Error)
    }
    onBatch()
  }

  #answer(call: Call, verdict: Verdict, givenUp: ReadonlyMap<ReservationId, string>): void {
    if (verdict.result !== 'granted') {
      call.resolve({ verdict })
      return
    }
    const { reservations } = this.#deps
    const grant = reservations.grant(call.id)
    // Released by a later call of the same batch: it was never held.
    const problem = grant && this.problemOf(grant.device)
    if (grant === undefined) {
      call.resolve({ verdict: { result: 'refused', reason: givenUp.get(call.id) ?? 'it was released' } })
    } else if (problem === undefined) {
      call.resolve({ verdict, at: grant.grantedAt })
    } else {
      reservations.unconfirm(call.id)
      call.reject(new NetworkUnreachable(problem))
    }
  }

  /** Tells the kernel the decisions. @returns reservations that had to be given up, with the reason */
  async #commit(): Promise<ReadonlyMap<ReservationId, string>> {
    const { reservations, exec, clock, log } = this.#deps
    if (this.#doubt === undefined) {
      const corrections = this.#ends.take()
      try {
        const leadOf = (id: ElementId) => corrections.get(id)?.leadMs ?? 0
        const told = await reservations.carryOut(exec, () => clock.now(), leadOf)
        await this.#checkEnds(told, corrections)
        return NONE
      } catch (error) {
        this.#ends.postpone(corrections)
        // Others have changed the kernel, or the applied state was wrong: read it, and plan again.
        if (!(error instanceof KernelRefused)) throw this.#unreachable(error)
        this.#doubt = error.message
        log.warn({ reason: error.message }, 'the kernel refused a change: reading its state and planning again')
      }
    }
    return (await this.#repair()).givenUp
  }

  /** Sets ends again that differ in the kernel because it took them late. */
  async #checkEnds({ nft, telling, at }: ToldKernel, corrections: Corrections = new Map()): Promise<void> {
    const { reservations } = this.#deps
    const set = new Map(
      nft.flatMap((operation) => {
        const id = settingEndOf(operation)
        const element = id && reservations.applied(id)
        return id === undefined || element === undefined ? [] : [[id, element.endsAt - at] as const]
      }),
    )
    if (telling?.endedAt === undefined || set.size === 0) return
    const { toldAt, endedAt } = telling
    const longestMs = endedAt - toldAt
    if (longestMs > LATE_MS) await Promise.race([telling.heard, delay(HEAR_MS, undefined, { ref: false })])
    const delayMs = telling.takenAt === undefined ? undefined : telling.takenAt - toldAt
    this.#setAgain(this.#ends.wrong(set, { delayMs, longestMs }, corrections))
  }

  /** A slow reading cannot tell how late an end is: ends that a repair did not set are still to be set. */
  #postponeEnds(told: readonly ToldKernel[]): void {
    const set = new Set(told.flatMap(({ nft }) => nft.map(settingEndOf)))
    const { reservations } = this.#deps
    const left = [...this.#ends.take()].filter(([id]) => !set.has(id) && reservations.applied(id) !== undefined)
    this.#setAgain(this.#ends.postpone(new Map(left)))
  }

  #setAgain(wrong: ReadonlyMap<ElementId, number>): void {
    if (wrong.size === 0) return
    this.#deps.reservations.misplaced(wrong)
    this.#schedule()
  }

  async #repair(): Promise<{ drift: Drift; givenUp: ReadonlyMap<ReservationId, string> }> {
    const { reservations, kernel, exec, devices, servers, clock, log, troubles, onLost, onRepair } = this.#deps
    const givenUp = new Map<ReservationId, string>()
    const blame = new Blame()
    const giveUp = (id: ReservationId | undefined, reason: string): void => {
      if (id === undefined) return
      log.error({ reservation: id, reason }, 'the kernel refused a reservation')
      givenUp.set(id, 'the kernel refused it')
      reservations.drop(id, clock.now())
    }
    this.#doubt ??= 'the kernel is being checked'
    let reason = ''
    for (let attempt = 1; ; attempt++) {
      try {
        const found = await kernel.read(() => clock.now())
        const now = clock.now()
        const whole = reservations.whole(found.links, now)
        // Between two batches no class is half created: one without its other half is unused.
        const repair = kernel.repair(found, whole.wanted, [...devices, servers], () => false, now)
        const { trees, claim, drift, problems, toleranceMs } = repair
        const guilty = blame.afterReading(repair.nft(now))
        if (guilty !== undefined) {
          giveUp(guilty, reason)
          continue
        }
        const change = repair.isTableNew ? await kernel.tableChange(found) : undefined
        await exec.nft(claim)
        const failed = await kernel.mendTrees(repair)
        // Trees with many classes take some time.
        const at = clock.now()
        const told: ToldKernel[] = []
        for (const nft of blame.transactions(repair.nft(at))) told.push({ nft, telling: await exec.nft(nft), at })
        if (repair.isTableNew) await kernel.noteTable(() => clock.now())
        this.#read(found)
        whole.done(kernel.pairs(new Map([...trees].filter(([name]) => !failed.has(name)))), toleranceMs)
        this.#problems = new Map([...problems, ...failed])
        this.#doubt = undefined
        troubles.found(new Map([...downLinks(found), ...this.#problems]))
        this.#postponeEnds(told)
        for (const one of told) await this.#checkEnds(one)
        if (this.#problems.size > 0) this.#tryAgain()
        else if (hasDrift(drift)) onRepair(drift, change)
        for (const [id, because] of givenUp) onLost(id, because)
        return { drift, givenUp }
      } catch (error) {
        reason = (error as Error).message
        try {
          if (attempt === MAX_ATTEMPTS) throw error
          giveUp(blame.afterRefusal(error), reason)
        } catch {
          throw this.#unreachable(error)
        }
      }
    }
  }

  #read({ links }: KernelState): void {
    const at = this.#deps.monotonicNow()
    for (const [name, { classes }] of links) this.#deps.meters.get(name)?.read(classes, at)
  }

  /** Only a reading can tell the kernel's state, and what the trouble is. */
  #doubtful(error: KernelRefused): NetworkUnreachable {
    const { message } = error
    this.#doubt = message
    this.#tryAgain()
    return new NetworkUnreachable(message, { cause: error })
  }

  /** It is unknown what the kernel has taken: the next batch reads it first. */
  #unreachable(error: unknown): NetworkUnreachable {
    const { message } = error as Error
    this.#doubt = message
    this.#deps.troubles.unreachable(message)
    this.#tryAgain()
    return new NetworkUnreachable(message, { cause: error })
  }

  #tryAgain(): void {
    if (this.#closed || this.#retry !== undefined) return
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      // A failure has been recorded where it happened, and leads back here.
      this.repair().then(this.#deps.onBatch, () => undefined)
    }, RETRY_MS)
  }
}

type ToldKernel = Told<Telling | undefined>

/** Interfaces that carry nothing now, with the reason. */
const downLinks = ({ links }: KernelState): [string, string][] =>
  [...links].flatMap(([name, link]) => {
    const down = downOf(name, link)
    return down === undefined ? [] : [[name, down]]
  })

/** Elements that end this soon may be missing in one of two readings. */
const SOON_MS = 3_000

function settled(wanted: State, { elements, reservations }: Touched, now: Instant): State {
  return {
    ...wanted,
    elements: keep(wanted.elements, (placed, id) => !elements.has(id) && placed.endsAt > now + SOON_MS),
    classes: keep(wanted.classes, ({ of }) => of === undefined || !reservations.has(of)),
  }
}

function without({ table, ...links }: KernelState, wanted: State, { elements }: Touched, now: Instant): KernelState {
  // Elements that end about then may have been read with a slightly later end.
  const kept = (placed: PlacedElement, id: ElementId) =>
    !elements.has(id) && (wanted.elements.has(id) || placed.endsAt > now + 2 * SOON_MS)
  return { table: table && { ...table, elements: keep(table.elements, kept) }, ...links }
}

const keep = <K, V>(map: ReadonlyMap<K, V>, test: (value: V, key: K) => boolean): Map<K, V> =>
  new Map([...map].filter(([key, value]) => test(value, key)))

const NONE: ReadonlyMap<ReservationId, string> = new Map()
