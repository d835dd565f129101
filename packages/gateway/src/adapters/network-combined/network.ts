// One session in several networks at once: its radio part in a core, its packet part in a router behind it. It is
// granted when every required part has granted it; if one of these refuses or loses it, all others release it.
//
// Requests to the parts are recorded before they are sent. Each part recognises a repeated request, so that after a
// crash all are asked once more, and no part alone holds anything.

import { after, type Instant, instant, type NetworkId, type ReservationId } from '@rightofway/camara'
import type { Clock } from '../../ports/clock.js'
import {
  type Answer,
  type Held,
  type Network,
  type NetworkCapabilities,
  type NetworkEvent,
  NetworkUnreachable,
  type Reservation,
} from '../../ports/network.js'
import {
  type EndState,
  holdsSomething,
  type KeptReservation,
  type RemoteReservation,
  type RemoteReservationStore,
} from '../../ports/store/remote-reservations.js'
import { Trouble, type TroubleLog } from '../../ports/trouble.js'
import { type Changes, isPast, ReservationRecords } from '../network-api/reservation-records.js'
import { Turns } from '../network-api/turns.js'

export interface CombinedNetworkOptions {
  readonly id: NetworkId
  /** In the order of the requests. */
  readonly parts: readonly [Network, ...Network[]]
  /** The required parts. */
  readonly required: ReadonlySet<NetworkId>
  readonly records: RemoteReservationStore
  readonly clock: Clock
  readonly log: TroubleLog
}

/** Between two look-ups of a pending part; the last one repeats. */
const PENDING_MS = [1_000, 2_000, 5_000, 15_000] as const
/** Before an optional part that did not answer is asked again. */
const AGAIN_MS = 15_000
/** Reservations with background work at a time. */
const MAX_IN_HAND = 256
/** Between two looks for missed work while the store could not be read, in real time. */
const LOOK_AROUND_MS = 5_000
const PAGE = 1_000

const STALE: Answer = { result: 'stale' }

/** The optional parts that do not hold it, with the reason. */
type Without = NonNullable<RemoteReservation['without']>

export class CombinedNetwork implements Network {
  readonly id: NetworkId
  readonly capabilities: NetworkCapabilities
  /** Of the smallest part that has one: each part holds everything. */
  readonly capacity?: NonNullable<Network['capacity']>
  readonly usage?: NonNullable<Network['usage']>
  readonly load?: NonNullable<Network['load']>
  readonly #options: CombinedNetworkOptions
  readonly #trouble: Trouble
  readonly #records: ReservationRecords
  readonly #turns = new Turns<ReservationId>()
  readonly #listeners = new Set<(event: NetworkEvent) => void>()
  readonly #inHand = new Set<ReservationId>()
  /** Reservations that some optional part does not hold. */
  readonly #incomplete = new Map<ReservationId, Without>()
  #isOurs: () => boolean = () => false
  #ready: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: CombinedNetworkOptions) {
    const { id, parts, required, log, records: store, clock } = options
    this.id = id
    this.#options = options
    const onDue = () => this.#background(this.#act())
    this.#records = new ReservationRecords({ network: id, store, clock, onDue })
    const capacities = parts.flatMap((part) => (required.has(part.id) && part.capacity ? [part.capacity] : []))
    if (capacities.length > 0) {
      this.capacity = {
        downlinkBps: Math.min(...capacities.map(({ downlinkBps }) => downlinkBps)),
        uplinkBps: Math.min(...capacities.map(({ uplinkBps }) => uplinkBps)),
      }
    }
    this.capabilities = {
      maxFlowRules: Math.min(...parts.map(({ capabilities }) => capabilities.maxFlowRules)),
      phoneNumbers: parts.every(({ capabilities }) => capabilities.phoneNumbers),
      subscribers: parts.some(({ capabilities }) => capabilities.subscribers),
    }
    const counting = parts.find((part) => part.usage !== undefined)
    if (counting?.usage !== undefined) this.usage = counting.usage.bind(counting)
    if (counting?.load !== undefined) this.load = counting.load.bind(counting)
    this.#trouble = new Trouble(log, {
      broken: 'what several networks hold together could not be looked after: trying again',
      mended: 'what several networks hold together is looked after again',
      fields: { network: id },
      mendedBySilence: true,
    })
  }

  get troubles(): readonly string[] {
    const troubles = this.#options.parts.flatMap(({ id, troubles: own = [] }) =>
      own.map((text) => `part ${id}: ${text}`),
    )
    for (const [part, { sessions, reason }] of this.incomplete) {
      const are = sessions === 1 ? '1 session is' : `${sessions} sessions are`
      troubles.push(`${are} held without the part ${part} (${reason})`)
    }
    return troubles
  }

  get partIds(): readonly NetworkId[] {
    return this.#options.parts.map(({ id }) => id)
  }

  /** How many sessions are held without a part, and the reason for one of them. */
  get incomplete(): ReadonlyMap<string, { readonly sessions: number; readonly reason: string }> {
    const lacking = new Map<string, { readonly sessions: number; readonly reason: string }>()
    for (const without of this.#incomplete.values()) {
      for (const [part, reason] of Object.entries(without)) {
        lacking.set(part, { sessions: (lacking.get(part)?.sessions ?? 0) + 1, reason })
      }
    }
    return lacking
  }

  async without(id: ReservationId): Promise<Readonly<Record<NetworkId, string>>> {
    const { state, without = {} } = (await this.#options.records.find(this.id, id))?.record ?? {}
    return state === 'held' ? without : {}
  }

  reserve(reservation: Reservation): Promise<Answer> {
    return this.#turn(reservation.id, () => this.#reserve(reservation))
  }

  release(id: ReservationId, version: number): Promise<'released' | 'stale'> {
    return this.#turn(id, async () => {
      const kept = await this.#records.find(id)
      if (kept.record.version > version) return 'stale'
      await this.#endAs(kept, 'released', { version })
      return 'released'
    })
  }

  /** All that some part holds, except what a required part has silently lost: that is not held. */
  async list(from: ReservationId | undefined, limit: number): Promise<readonly Held[]> {
    this.#checkOurs()
    await this.#ready
    const listed: Held[] = []
    for (let behind = from; listed.length < limit; ) {
      const { page, last } = await this.#page(behind, limit)
      listed.push(...page)
      if (last === undefined) break
      behind = last
    }
    return listed.slice(0, limit)
  }

  watch(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async drive(isOurs: () => boolean): Promise<() => Promise<void>> {
    const { parts, clock } = this.#options
    this.#isOurs = isOurs
    this.#records.start()
    const stopWatching = parts.map((part) => part.watch((event) => this.#background(this.#heard(part.id, event))))
    const stopParts: (() => Promise<void>)[] = []
    for (const part of parts) {
      const stop = await part.drive?.(isOurs)
      if (stop !== undefined) stopParts.push(stop)
    }
    const timer = setInterval(() => this.#background(this.#act()), LOOK_AROUND_MS)
    timer.unref()
    this.#ready = clock.track(this.#begin())
    return async () => {
      this.#records.stop()
      clearInterval(timer)
      for (const stop of stopWatching) stop()
      await this.#turns.done()
      for (const stop of stopParts) await stop()
      this.#isOurs = () => false
    }
  }

  /** Its parts are closed by their owner. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#records.stop()
    await this.#turns.done()
    this.#trouble.close()
  }

  // --- calls ---

  async #turn<T>(id: ReservationId, work: () => Promise<T>): Promise<T> {
    this.#checkOurs()
    await this.#ready
    return this.#turns.take(id, work)
  }

  #checkOurs(): void {
    if (this.#closed) throw new Error(`the network ${this.id} is closed`)
    if (!this.#isOurs()) throw new NetworkUnreachable(`another gateway leads the network ${this.id}`)
  }

  #isRequired(part: NetworkId): boolean {
    return this.#options.required.has(part)
  }

  async #reserve(wish: Reservation): Promise<Answer> {
    const kept = await this.#records.find(wish.id)
    const { record } = kept
    const { version, state, endsAs = state, reason = 'a part gave no reason' } = record
    if (version > wish.version || (version === wish.version && endsAs === 'released')) return STALE
    if (endsAs === 'lost' || (endsAs === 'refused' && version === wish.version)) {
      if (state === 'ending') await this.#endAs(kept, endsAs as EndState)
      return { result: 'refused', reason }
    }
    if (state === 'expired' && isPast(record, wish, this.#records.now())) {
      return { result: 'granted', at: record.grantedAt as Instant }
    }
    const before = state === 'ending' ? await this.#endAs(kept, 'expired') : kept
    const asking: Changes = { version: wish.version, asked: wish, reason: undefined, endsAs: undefined }
    // A new request may be held by parts that have refused it before.
    const fresh = version === wish.version ? {} : { without: undefined }
    const now = holdsSomething(before.record) ? before.record.state : 'asking'
    return this.#advance(await this.#write(before, { ...asking, ...fresh, state: now, actAt: undefined }))
  }

  /** Asks the parts one after the other. Those that hold it already repeat their answer. */
  async #advance(kept: KeptReservation): Promise<Answer> {
    const { asked, without: before = {} } = kept.record
    if (asked === undefined) throw new Error(`the network ${this.id} was not asked for ${kept.record.id}`)
    const grants: { readonly part: Network; readonly at: Instant; readonly until?: Instant }[] = []
    const without: Record<string, string> = { ...before }
    for (const part of this.#options.parts) {
      const answer = await this.#ask(part, asked)
      if (answer.result === 'granted') {
        grants.push({ part, ...answer })
        delete without[part.id]
      } else if (answer.result === 'pending') {
        const actAt = this.#records.soon(PENDING_MS, kept.record.putOff ?? 0)
        const putOff = (kept.record.putOff ?? 0) + 1
        await this.#write(kept, { state: 'pending', without: notEmpty(without), actAt, putOff })
        return { result: 'pending' }
      } else {
        const reason = answer.result === 'refused' ? answer.reason : 'it has let go of it before'
        if (this.#isRequired(part.id)) return this.#refuse(kept, `${part.id}: ${reason}`)
        without[part.id] = reason
      }
    }
    return this.#granted(kept, asked, grants, without)
  }

  /** @throws {NetworkUnreachable} a required part does not answer */
  async #ask(part: Network, asked: Reservation): Promise<Answer> {
    const { subscriber, ...rest } = asked
    const { phoneNumbers, subscribers } = part.capabilities
    const wish = phoneNumbers || subscribers ? asked : rest
    try {
      return await part.reserve(wish)
    } catch (error) {
      if (!(error instanceof NetworkUnreachable)) throw error
      if (!this.#isRequired(part.id)) return { result: 'refused', reason: error.message }
      const { retryAfterMs } = error
      throw new NetworkUnreachable(`part ${part.id}: ${error.message}`, {
        cause: error,
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      })
    }
  }

  async #granted(
    kept: KeptReservation,
    asked: Reservation,
    grants: readonly { readonly part: Network; readonly at: Instant; readonly until?: Instant }[],
    without: Record<string, string>,
  ): Promise<Answer> {
    const at = kept.record.grantedAt ?? instant(Math.max(...grants.map((grant) => grant.at)))
    const end = asked.until ?? after(at, asked.duration)
    const untils = grants.flatMap(({ until }) => (until === undefined ? [] : [until]))
    const until = untils.length === 0 ? undefined : instant(Math.min(...untils))
    // One end in all parts: those that granted earlier would release it earlier.
    for (const grant of grants)
      if (grant.at !== at && asked.until === undefined) await this.#ask(grant.part, { ...asked, until: end })
    const lacks = notEmpty(without)
    const again = lacks === undefined ? end : instant(Math.min(end, this.#records.now() + AGAIN_MS))
    await this.#write(kept, {
      state: 'held',
      grantedAt: at,
      until: end,
      without: lacks,
      actAt: again,
      putOff: undefined,
    })
    return { result: 'granted', at, ...(until !== undefined && until < end && { until }) }
  }

  async #refuse(kept: KeptReservation, reason: string): Promise<Answer> {
    await this.#endAs(kept, 'refused', { reason })
    return { result: 'refused', reason }
  }

  /** Resolves once no part holds it. The record has the reason. */
  async #endAs(before: KeptReservation, endsAs: EndState, changes: Changes = {}): Promise<KeptReservation> {
    const over: Changes = { state: endsAs, endsAs: undefined, actAt: undefined, without: undefined, putOff: undefined }
    const actAt = this.#records.again(before.record.putOff ?? 0)
    const ending = await this.#write(before, { ...changes, state: 'ending', endsAs, actAt })
    const { id, version } = ending.record
    const failures: unknown[] = []
    for (const part of this.#options.parts) await part.release(id, version).catch((error) => failures.push(error))
    if (failures.length > 0) throw failures[0]
    return this.#write(ending, over)
  }

  // --- events of the parts ---

  #heard(part: NetworkId, event: NetworkEvent): Promise<void> {
    return this.#turns.take(event.id, () => this.#hear(part, event))
  }

  async #hear(part: NetworkId, event: NetworkEvent): Promise<void> {
    if (!this.#records.isDriving || !this.#isOurs()) return
    const kept = await this.#options.records.find(this.id, event.id)
    if (kept === undefined) return
    const { state, without } = kept.record
    if (state === 'pending') {
      // The part repeats its event, and the rest is done then.
      this.#tellOf(event.id, await this.#advance(kept))
      return
    }
    if (state !== 'held' || event.type !== 'lost') return
    if (!this.#isRequired(part)) {
      await this.#write(kept, { without: { ...without, [part]: event.reason } })
      return
    }
    const reason = `${part}: ${event.reason}`
    // Listeners look here, and find that it is lost.
    const lost = await this.#write(kept, { state: 'ending', endsAs: 'lost', reason, actAt: this.#records.again(0) })
    this.#tell({ type: 'lost', id: event.id, reason })
    await this.#endAs(lost, 'lost')
  }

  // --- background work ---

  async #begin(): Promise<void> {
    const { records } = this.#options
    try {
      for (let behind: ReservationId | undefined; ; ) {
        const page = await records.list(this.id, behind, PAGE)
        for (const record of page) this.#remember(record)
        behind = page.at(-1)?.id
        if (page.length < PAGE) break
      }
      await this.#act(true)
    } catch (error) {
      // It is done later.
      this.#trouble.failed(error, {}, 'warn')
    }
  }

  /** @param wait whether it resolves only when all due work is done */
  async #act(wait = false): Promise<void> {
    const { records } = this.#options
    const due = await records.due(this.id, this.#records.now(), 2 * MAX_IN_HAND)
    const fresh = due.filter((id) => !this.#inHand.has(id)).slice(0, MAX_IN_HAND - this.#inHand.size)
    const work = fresh.map((id) => this.#lookAfter(id))
    if (wait) await Promise.all(work)
    else for (const each of work) this.#background(each)
    await this.#records.arm()
  }

  async #lookAfter(id: ReservationId): Promise<void> {
    this.#inHand.add(id)
    try {
      await this.#turns.take(id, () => this.#lookAt(id))
    } catch (error) {
      this.#trouble.failed(error, { reservation: id }, 'warn')
    } finally {
      this.#inHand.delete(id)
    }
  }

  async #lookAt(id: ReservationId): Promise<void> {
    const kept = await this.#options.records.find(this.id, id)
    if (kept === undefined || !this.#isOurs()) return
    const { actAt, state, endsAs = 'expired', until, putOff = 0 } = kept.record
    const now = this.#records.now()
    if (actAt === undefined || actAt > now) return
    // If it fails, it is retried.
    const put = await this.#write(kept, { putOff: putOff + 1, actAt: this.#records.again(putOff) })
    if (state === 'ending') await this.#endAs(put, endsAs)
    else if (state === 'held' && until !== undefined && until <= now) await this.#endAs(put, 'expired')
    else if (state === 'pending') this.#tellOf(id, await this.#advance(put))
    else if (state === 'held') await this.#mend(put)
    else await this.#write(put, { actAt: undefined, putOff: undefined })
  }

  /** Asks the missing optional parts again. Answers of the others are no news. */
  async #mend(kept: KeptReservation): Promise<void> {
    const answer = await this.#advance(kept)
    if (answer.result === 'refused') this.#tell({ type: 'lost', id: kept.record.id, reason: answer.reason })
  }

  #background(work: Promise<unknown>): void {
    this.#options.clock.track(work).catch((error: unknown) => this.#trouble.failed(error, {}, 'warn'))
  }

  // --- pages and records ---

  async #page(
    behind: ReservationId | undefined,
    limit: number,
  ): Promise<{ page: readonly Held[]; last?: ReservationId }> {
    const { parts, records } = this.#options
    const lists = await Promise.all(
      parts.map(async (part) => {
        try {
          return { part, held: await part.list(behind, limit) }
        } catch (error) {
          if (this.#isRequired(part.id)) throw error
          return { part, held: [] }
        }
      }),
    )
    const known = await records.list(this.id, behind, limit)
    // Behind the end of a full page there may be more.
    const ends = [...lists.map(({ held }) => held), known].flatMap((page) =>
      page.length < limit ? [] : [(page.at(-1) as { id: ReservationId }).id],
    )
    const last = ends.length === 0 ? undefined : ends.reduce((least, id) => (id < least ? id : least))
    const isIn = ({ id }: { readonly id: ReservationId }) => last === undefined || id <= last
    const versions = new Map<ReservationId, number>()
    for (const { held } of lists) {
      for (const each of held.filter(isIn)) versions.set(each.id, Math.max(each.version, versions.get(each.id) ?? 0))
    }
    const holders = lists.map(({ part, held }) => ({ part, ids: new Set(held.map(({ id }) => id)) }))
    const isLost = ({ id, state, without = {} }: RemoteReservation) =>
      state === 'held' &&
      holders.some(({ part, ids }) => this.#isRequired(part.id) && !(part.id in without) && !ids.has(id))
    for (const record of known.filter(isIn)) if (isLost(record)) versions.delete(record.id)
    const page = [...versions]
      .map(([id, version]) => ({ id, version }))
      .sort((one, other) => (one.id < other.id ? -1 : 1))
    return { page, ...(last !== undefined && { last }) }
  }

  async #write(before: KeptReservation, changes: Changes): Promise<KeptReservation> {
    const written = await this.#records.write(before, changes)
    this.#remember(written.record)
    return written
  }

  #remember({ id, state, without }: RemoteReservation): void {
    if (state === 'held' && without !== undefined) this.#incomplete.set(id, without)
    else this.#incomplete.delete(id)
  }

  #tellOf(id: ReservationId, answer: Answer): void {
    if (answer.result === 'refused') this.#tell({ type: 'refused', id, reason: answer.reason })
    if (answer.result !== 'granted') return
    const { at, until } = answer
    this.#tell({ type: 'granted', id, at, ...(until !== undefined && { until }) })
  }

  #tell(event: NetworkEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

const notEmpty = (without: Record<string, string>): Without | undefined =>
  Object.keys(without).length === 0 ? undefined : without
