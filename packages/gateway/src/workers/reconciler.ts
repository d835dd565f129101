// Compares what the store wants with what a network holds, and repairs both ways. The order of reading decides what a
// difference means: a reservation made while we look must not be taken for an orphan, nor one that ends for a loss.

import type { ReservationId, ResourceId } from '@rightofway/camara'
import { isHeld, isSession, type Resource, reservationIdOf, resourceIdOf } from '../domain/resource.js'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { Differences, Held, Network } from '../ports/network.js'
import type { Stored } from '../ports/store/sessions.js'
import type { Store } from '../ports/store/store.js'
import { Trouble } from '../ports/trouble.js'
import { hearNetwork } from '../usecases/resources/hear-network.js'
import { hold } from './network-driver.js'

const PAGE = 1_000
/** Between two rounds, in real time. */
const PERIOD_MS = 60_000

export interface ReconcilerDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly network: Network
}

/**
 * One round.
 * @param signal ends it early, between two pages
 */
export const reconcile = (deps: ReconcilerDeps, signal?: AbortSignal): Promise<Differences> =>
  deps.clock.track(compare(deps, signal))

async function compare(deps: ReconcilerDeps, signal: AbortSignal | undefined): Promise<Differences> {
  const orphans = await releaseOrphans(deps, signal)
  const missing = await restoreMissing(deps, signal)
  if (orphans > 0 || missing > 0) {
    deps.log.warn({ network: deps.network.id, orphans, missing }, 'store and network differed')
  }
  return { orphans, missing }
}

/** The network first, the store after: whatever was reserved since the listing is not in it. */
async function releaseOrphans(deps: ReconcilerDeps, signal: AbortSignal | undefined): Promise<number> {
  const { network, store } = deps
  let orphans = 0
  const read = (after: ReservationId | undefined) => network.list(after, PAGE)
  const readLive = (after: ResourceId | undefined) => store.sessions.liveIds(network.id, PAGE, after)
  for await (const { page, after, last } of pages(read, ({ id }) => id, signal)) {
    const live = await upTo(readLive, after && resourceIdOf(after), resourceIdOf(last))
    for (const held of page) {
      if (live.has(resourceIdOf(held.id))) continue
      const stored = await store.sessions.find(resourceIdOf(held.id))
      if (stored !== undefined && isHeld(stored.session)) continue
      // The release is on its way if the store still knows it, and done if the network lists it no longer.
      if (stored !== undefined && (await store.sessions.hasTask(stored.session.id))) continue
      if (!(await isListed(network, held))) continue
      await network.release(held.id, Math.max(held.version, stored?.version ?? 0))
      orphans++
    }
  }
  return orphans
}

/** The store first, the network after: what was granted since the reading is held all the more. */
async function restoreMissing(deps: ReconcilerDeps, signal: AbortSignal | undefined): Promise<number> {
  const { network, store, clock } = deps
  let missing = 0
  const read = (after: ResourceId | undefined) => store.sessions.liveIds(network.id, PAGE, after)
  const readHeld = async (after: ReservationId | undefined) => (await network.list(after, PAGE)).map(({ id }) => id)
  for await (const { page, after, last } of pages(read, (id) => id, signal)) {
    const held = await upTo(readHeld, after && reservationIdOf(after), reservationIdOf(last))
    for (const id of page) {
      if (held.has(reservationIdOf(id))) continue
      // It may have ended while the network was listed, and what is REQUESTED has its task.
      const current = await store.sessions.find(id)
      if (current?.session.status !== 'AVAILABLE') continue
      if (isSession(current.session) && current.session.expiresAt <= clock.now()) continue
      if (await store.sessions.hasTask(id)) continue
      missing++
      if (!(await restore(deps, current))) {
        await hearNetwork(deps, id, { type: 'lost', reason: 'the network no longer had it' })
      }
    }
  }
  return missing
}

/** Returns false if the network does not take the session back. */
async function restore({ network, store }: ReconcilerDeps, { session, version }: Stored<Resource>): Promise<boolean> {
  const { result } = await hold(network, session, version)
  if (result !== 'stale') return result !== 'refused'
  // The session has changed, and the network was sent that; or the network has newer requests than this store, as
  // one that comes from a backup: then it will never hold it.
  return (await store.sessions.find(session.id))?.version !== version
}

async function isListed(network: Network, { id }: Held): Promise<boolean> {
  // So many ids differ in their last digit alone.
  const listed = await network.list(justBefore(id), 16)
  return listed.some((held) => held.id === id)
}

/** Ids after `after`, including all of them up to `end`. */
async function upTo<K extends string>(
  read: (after: K | undefined) => Promise<readonly K[]>,
  after: K | undefined,
  end: K,
): Promise<ReadonlySet<K>> {
  const ids = new Set<K>()
  for (let from = after; ; ) {
    const page = await read(from)
    for (const id of page) ids.add(id)
    const last = page.at(-1)
    if (page.length < PAGE || last === undefined || last >= end) return ids
    from = last
  }
}

/** Ids are text, and this one is shorter. */
const justBefore = (id: ReservationId): ReservationId => id.slice(0, -1) as ReservationId

/** All pages; each begins after the last item of the previous one, `after`. */
async function* pages<T, K extends string>(
  read: (after: K | undefined) => Promise<readonly T[]>,
  keyOf: (item: T) => K,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly page: readonly T[]; readonly after: K | undefined; readonly last: K }> {
  let after: K | undefined
  while (!signal?.aborted) {
    const page = await read(after)
    const item = page.at(-1)
    if (item === undefined) return
    const last = keyOf(item)
    yield { page, after, last }
    if (page.length < PAGE) return
    after = last
  }
}

/** Reconciles at the start, and then at intervals. */
export class Reconciler {
  readonly #deps: ReconcilerDeps
  readonly #trouble: Trouble
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<unknown> = Promise.resolve()

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps
    this.#trouble = new Trouble(deps.log, {
      broken: 'reconciliation failed: trying again',
      mended: 'reconciliation works again',
      fields: { network: deps.network.id },
    })
  }

  /** Begins a round. The start does not wait for it: comparing a million sessions takes a while. */
  start(): void {
    this.#round()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await this.#running
    this.#trouble.close()
  }

  #round(): void {
    const { signal } = this.#stopping
    this.#running = reconcile(this.#deps, signal)
      .then(
        () => this.#trouble.over(),
        (error: unknown) => this.#trouble.failed(error),
      )
      .finally(() => {
        if (signal.aborted) return
        this.#timer = setTimeout(() => this.#round(), PERIOD_MS)
        this.#timer.unref()
      })
  }
}
