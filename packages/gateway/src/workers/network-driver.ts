// Carries out the network tasks of the store. Tasks of one device run one after another, in the
// order in which they were committed, so that a reserve never overtakes the release before it; those of different
// devices run side by side.

import type { DeviceId, Instant, Mutable, ResourceId } from '@rightofway/camara'
import type { Assignment } from '../domain/assignment.js'
import { isSession, type Resource, reservationIdOf, resourceIdOf } from '../domain/resource.js'
import { kindOf } from '../domain/resource-id.js'
import type { Session } from '../domain/session.js'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import {
  type Answer,
  type DeviceReservation,
  type Network,
  type NetworkEvent,
  NetworkUnreachable,
  type Reservation,
} from '../ports/network.js'
import type { Version } from '../ports/store/sessions.js'
import type { Store } from '../ports/store/store.js'
import type { NetworkTask } from '../ports/store/work.js'
import { Trouble } from '../ports/trouble.js'
import { hearNetwork } from '../usecases/resources/hear-network.js'

/** Tasks under way at once. More would only wait at the network. */
const MAX_TASKS = 2_000
/** A task that is not settled by then (real time) is sent again: networks recognise repeated requests. */
const LEASE_MS = 60_000
/** Waits between attempts of one task, by the clock; the last one repeats. */
const RETRY_MS = [200, 500, 1_000, 2_000, 5_000, 10_000, 30_000] as const

/** The longest pause that a network can ask for. */
const MAX_RETRY_AFTER_MS = 300_000

export interface NetworkDriverDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly network: Network
  /** Told of every answer to a task, and how many milliseconds it took. */
  readonly onAnswer?: (task: NetworkTask['do'], result: string, ms: number) => void
  readonly monotonicNow: () => number
  /**
   * Checked before every request and every claim: another gateway may lead the network by now.
   * Default: this one always leads.
   */
  readonly mayTell?: () => boolean
}

export class NetworkDriver {
  readonly #deps: NetworkDriverDeps
  readonly #unread: Trouble
  readonly #unreached: Trouble
  readonly #unheard: Trouble
  /** Tasks that have failed and are to be tried again. */
  #retrying = 0
  /** Tasks by device, the first one under way. */
  readonly #queues = new Map<DeviceId, NetworkTask[]>()
  /** The newest version known of every session in a queue: older tasks are dropped. */
  readonly #newest = new Map<ResourceId, Version>()
  readonly #events = new Set<Promise<void>>()
  #tasks = 0
  #stopWatching: (() => void)[] = []
  #claiming: Promise<void> | undefined
  #claimAgain = false
  #leaseTimer: NodeJS.Timeout | undefined
  readonly #stopping = new AbortController()
  #whenDrained: (() => void) | undefined

  constructor(deps: NetworkDriverDeps) {
    this.#deps = deps
    const { log, network } = deps
    const trouble = (broken: string, mended: string, mendedBySilence = false) =>
      new Trouble(log, { broken, mended, mendedBySilence, fields: { network: network.id } })
    this.#unread = trouble('network tasks could not be read', 'network tasks are read again')
    this.#unreached = trouble('the network could not be reached', 'the network can be reached again')
    this.#unheard = trouble('a message from the network was lost', 'messages from the network are received again', true)
  }

  async start(): Promise<void> {
    const { store, network } = this.#deps
    this.#stopWatching = [
      store.work.watchWork((hint) => {
        if (hint.network === network.id) this.#wake()
      }),
      network.watch((event) => this.#hear(event)),
    ]
    // Tasks that a network left pending come up again when their lease has run out.
    this.#leaseTimer = setInterval(() => this.#wake(), LEASE_MS)
    this.#leaseTimer.unref()
    this.#wake()
    await this.#claiming
  }

  /** Starts no more tasks, and resolves when those under way are done. The others stay in the store. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    clearInterval(this.#leaseTimer)
    for (const stop of this.#stopWatching) stop()
    await this.#claiming
    if (this.#tasks > 0) {
      await new Promise<void>((resolve) => {
        this.#whenDrained = resolve
      })
    }
    await Promise.all(this.#events)
    for (const trouble of [this.#unread, this.#unreached, this.#unheard]) trouble.close()
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  get #mayTell(): boolean {
    return this.#deps.mayTell?.() ?? true
  }

  #wake(): void {
    if (this.#stopped) return
    if (this.#claiming !== undefined) {
      this.#claimAgain = true
      return
    }
    const { clock } = this.#deps
    this.#claiming = clock.track(this.#claim()).finally(() => {
      this.#claiming = undefined
    })
  }

  async #claim(): Promise<void> {
    const { store, network } = this.#deps
    try {
      do {
        this.#claimAgain = false
        if (!this.#mayTell) return
        const room = MAX_TASKS - this.#tasks
        if (room <= 0) {
          // The end of a queue starts the next claim.
          this.#claimAgain = true
          return
        }
        const tasks = await store.work.claimTasks(network.id, room, LEASE_MS)
        for (const task of tasks) this.#enqueue(task)
        if (tasks.length === room) this.#claimAgain = true
      } while (this.#claimAgain && !this.#stopped)
      this.#unread.over()
    } catch (error) {
      // The next commit or the lease timer starts the next claim.
      this.#unread.failed(error)
    }
  }

  #enqueue(task: NetworkTask): void {
    const { id, device } = task.session
    const known = this.#newest.get(id)
    if (known !== undefined && known >= task.version) return
    this.#newest.set(id, task.version)
    this.#tasks++
    const queue = this.#queues.get(device)
    if (queue !== undefined) {
      queue.push(task)
      return
    }
    const fresh = [task]
    this.#queues.set(device, fresh)
    // Tasks that a queue could not finish stay in the store, and are claimed again when their lease has expired.
    this.#deps.clock.track(this.#run(device, fresh)).catch((error: unknown) => this.#unreached.failed(error))
  }

  async #run(device: DeviceId, queue: NetworkTask[]): Promise<void> {
    for (let task = queue[0]; task !== undefined; task = queue[0]) {
      if (!this.#stopped) await this.#carryOut(task)
      queue.shift()
      if (this.#newest.get(task.session.id) === task.version) this.#newest.delete(task.session.id)
      this.#tasks--
    }
    this.#queues.delete(device)
    if (this.#tasks === 0) this.#whenDrained?.()
    // There may be more tasks than there were slots.
    if (this.#claimAgain) this.#wake()
  }

  async #carryOut(task: NetworkTask): Promise<void> {
    const { clock, monotonicNow, onAnswer } = this.#deps
    const { id } = task.session
    for (let attempt = 0; ; attempt++) {
      // A later task has replaced it, further down the queue.
      if (this.#newest.get(id) !== task.version) return
      // It stays in the store for the gateway that leads the network now.
      if (!this.#mayTell) return
      const began = monotonicNow()
      try {
        const result = await this.#tell(task)
        if (this.#retrying === 0) this.#unreached.over()
        onAnswer?.(task.do, result, monotonicNow() - began)
        return
      } catch (error) {
        onAnswer?.(task.do, 'failed', monotonicNow() - began)
        const unreachable = error instanceof NetworkUnreachable
        const askedMs = (unreachable && error.retryAfterMs) || 0
        const ownMs = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] as number
        const waitMs = Math.max(ownMs, Math.min(askedMs, MAX_RETRY_AFTER_MS))
        const level = unreachable ? 'warn' : 'error'
        this.#unreached.failed(error, { [kindOf(id)]: id, task: task.do }, level)
        this.#retrying++
        await clock.sleep(waitMs, this.#stopping.signal)
        this.#retrying--
        // It stays in the store: the next leader carries it out.
        if (this.#stopped) return
      }
    }
  }

  /** One attempt; rejects if it has to be repeated. */
  async #tell({ session, version, do: what }: NetworkTask): Promise<string> {
    const { network } = this.#deps
    if (what === 'release') {
      const result = await network.release(reservationIdOf(session.id), version)
      await hearNetwork(this.#deps, session.id, { type: 'released' }, version)
      return result
    }
    const answer = await hold(network, session, version)
    await this.#settle(session.id, version, answer)
    return answer.result
  }

  async #settle(id: ResourceId, version: Version, answer: Answer): Promise<void> {
    switch (answer.result) {
      case 'granted':
        return hearNetwork(this.#deps, id, granted(answer), version)
      case 'refused':
        this.#log(id, answer.reason, 'refused')
        return hearNetwork(this.#deps, id, { type: 'refused', reason: answer.reason }, version)
      case 'stale':
        return this.#deps.store.work.settle(id, version)
      case 'pending':
        // The task stays until the network has answered, so that a restart asks again.
        return
    }
  }

  #hear(event: NetworkEvent): void {
    const id = resourceIdOf(event.id)
    if (event.type !== 'granted') this.#log(id, event.reason, event.type)
    const said = event.type === 'granted' ? granted(event) : ({ type: event.type, reason: event.reason } as const)
    const heard = this.#deps.clock
      .track(hearNetwork(this.#deps, id, said))
      // Reconciliation will find the difference.
      .catch((error: unknown) => this.#unheard.failed(error))
      .finally(() => this.#events.delete(heard))
    this.#events.add(heard)
  }

  #log(id: ResourceId, reason: string, what: 'refused' | 'lost'): void {
    const kind = kindOf(id)
    const { log, network } = this.#deps
    log.info({ [kind]: id, network: network.id, reason }, `${kind === 'session' ? 'a' : 'an'} ${kind} was ${what}`)
  }
}

const granted = ({ at, until }: { readonly at: Instant; readonly until?: Instant }) => ({
  type: 'granted' as const,
  at,
  ...(until !== undefined && { until }),
})

/** Asks a network to hold a session or an assignment. */
export async function hold(network: Network, resource: Resource, version: Version): Promise<Answer> {
  if (isSession(resource)) return network.reserve(reservationOf(resource, version))
  const assigned = network.assign?.(deviceReservationOf(resource, version))
  // It could when the assignment was admitted: another network has its name now.
  return assigned ?? { result: 'refused', reason: 'this network cannot hold a profile for all flows of a device' }
}

function deviceReservationOf({ id, addresses, profile, subscriber }: Assignment, version: Version): DeviceReservation {
  const reservation: Mutable<DeviceReservation> = {
    id: reservationIdOf(id),
    version,
    device: addresses,
    profile: profile.name,
    qos: profile.qos,
  }
  if (subscriber !== undefined) reservation.subscriber = subscriber
  return reservation
}

function reservationOf(session: Session, version: Version): Reservation {
  const { id, flow, profile, duration, subscriber } = session
  const reservation: Mutable<Reservation> = {
    id: reservationIdOf(id),
    version,
    flow,
    profile: profile.name,
    qos: profile.qos,
    duration,
  }
  if (subscriber !== undefined) reservation.subscriber = subscriber
  if (session.status === 'AVAILABLE') reservation.until = session.expiresAt
  return reservation
}
