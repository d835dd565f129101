// A network behind an API. It holds what is requested and remembers little else: this class keeps the last version, the
// network's id of a reservation and its end in the store, for the next gateway that drives the network.
//
// A record is written before a request (`asking`, `ending`) and again with its answer. A record without the answer
// means that it was lost, and that the outcome has to be looked up. A write is conditional on the revision that was
// read: a gateway that has fallen behind can write nothing, and takes back what it has just requested.

import { after, type Instant, instant, type NetworkId, type ReservationId } from '@rightofway/camara'
import { sameAddresses } from '../../domain/flow.js'
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
  type KeptCallback,
  type KeptReservation,
  type RemoteFigures,
  type RemoteReservation,
  type RemoteReservationStore,
} from '../../ports/store/remote-reservations.js'
import { Trouble, type TroubleLog } from '../../ports/trouble.js'
import type { CallbackUrls } from './callback-urls.js'
import { Circuit } from './circuit.js'
import {
  type Attempt,
  type Door,
  type Found,
  type Made,
  NetworkInDoubt,
  NetworkRefusal,
  type Standing,
} from './door.js'
import { NotSent } from './not-sent.js'
import { type Changes, isPast, Overtaken, ReservationRecords } from './reservation-records.js'
import { Turns } from './turns.js'

export interface ApiNetworkOptions {
  readonly id: NetworkId
  readonly door: Door
  readonly capabilities: NetworkCapabilities
  readonly records: RemoteReservationStore
  readonly clock: Clock
  readonly monotonicNow: () => number
  readonly log: TroubleLog
  /** The URLs for the network's messages. Absent: there is no listener, and the network is polled. */
  readonly callbacks?: CallbackUrls
}

/** Between two look-ups of a pending reservation; the last one repeats. */
const PENDING_MS = [500, 1_000, 2_000, 5_000, 10_000] as const
/** Between two look-ups of a held reservation: a message of the network may have been lost. */
const HELD_MS = 300_000
/** After a start, held reservations are looked up spread over this time, and not all at once. */
const SPREAD_MS = 60_000
/** A network that rounds its times may seem to end a reservation that much earlier than requested. */
const ROUNDING_MS = 1_000
/** A reservation that ends within this time does not conflict with its successor. */
const ENDING_MS = 2_000
/** Unknown outcomes of one request before it counts as refused. */
const MAX_DOUBTS = 3
/** Reservations with background work at a time. */
const MAX_IN_HAND = 256
/** Messages that are read at a time. */
const MESSAGES = 500
/** Between two looks for missed work while the store could not be read, in real time. */
const LOOK_AROUND_MS = 5_000

const STALE: Answer = { result: 'stale' }

export class ApiNetwork implements Network {
  readonly id: NetworkId
  readonly capabilities: NetworkCapabilities
  readonly #options: ApiNetworkOptions
  readonly #circuit: Circuit
  readonly #trouble: Trouble
  readonly #records: ReservationRecords
  readonly #turns = new Turns<ReservationId>()
  readonly #listeners = new Set<(event: NetworkEvent) => void>()
  /** Reservations and messages with background work in progress. */
  readonly #inHand = new Set<ReservationId>()
  readonly #messages = new Set<number>()
  #isReading = false
  /** Whether messages arrived while others were read. */
  #hasMore = false
  #figures: RemoteFigures = { held: 0, orphans: 0 }
  #isOurs: () => boolean = () => false
  #ready: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: ApiNetworkOptions) {
    const { id, capabilities, log, monotonicNow, records: store, clock } = options
    this.id = id
    this.capabilities = capabilities
    this.#options = options
    const onDue = () => this.#background(this.#act())
    this.#records = new ReservationRecords({ network: id, store, clock, onDue })
    this.#circuit = new Circuit(`the network ${id}`, monotonicNow)
    this.#trouble = new Trouble(log, {
      broken: 'what a network holds could not be looked after: trying again',
      mended: 'what a network holds is looked after again',
      fields: { network: id },
      mendedBySilence: true,
    })
  }

  reserve(reservation: Reservation): Promise<Answer> {
    return this.#turn(reservation.id, () => this.#reserve(reservation))
  }

  release(id: ReservationId, version: number): Promise<'released' | 'stale'> {
    return this.#turn(id, () => this.#release(id, version))
  }

  async list(after: ReservationId | undefined, limit: number): Promise<readonly Held[]> {
    this.#checkOurs()
    await this.#ready
    await this.#call((door) => door.ping())
    const records = await this.#options.records.list(this.id, after, limit)
    return records.map(({ id, version }) => ({ id, version }))
  }

  watch(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get troubles(): readonly string[] {
    const troubles: string[] = []
    if (this.#circuit.trouble !== undefined) troubles.push(this.#circuit.trouble)
    const { trouble } = this.#options.door
    if (trouble !== undefined) troubles.push(trouble)
    const { orphans } = this.#figures
    if (orphans > 0) {
      troubles.push(
        `it may hold something for ${orphans} ${orphans === 1 ? 'request' : 'requests'} whose answer was lost and ` +
          'which it cannot be asked about',
      )
    }
    return troubles
  }

  /** Whether its circuit breaker is open. */
  get isOpen(): boolean {
    return this.#circuit.trouble !== undefined
  }

  async figures(): Promise<RemoteFigures> {
    this.#figures = await this.#options.records.figures(this.id)
    return this.#figures
  }

  async drive(isOurs: () => boolean): Promise<() => Promise<void>> {
    const { clock, records } = this.#options
    this.#isOurs = isOurs
    this.#records.start()
    const stopWatching = records.watch(() => this.#wake())
    const timer = setInterval(() => {
      this.#wake()
      this.#background(this.#act())
    }, LOOK_AROUND_MS)
    timer.unref()
    this.#ready = clock.track(this.#begin())
    this.#wake()
    return async () => {
      this.#records.stop()
      stopWatching()
      clearInterval(timer)
      await this.#turns.done()
      this.#isOurs = () => false
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#records.stop()
    await this.#turns.done()
    this.#trouble.close()
    await this.#options.door.close()
  }

  // --- calls ---

  async #turn<T>(id: ReservationId, work: () => Promise<T>): Promise<T> {
    this.#checkOurs()
    await this.#ready
    try {
      return await this.#turns.take(id, work)
    } catch (error) {
      if (error instanceof NetworkInDoubt || error instanceof NetworkRefusal) {
        throw new NetworkUnreachable(error.message, { cause: error })
      }
      throw error
    }
  }

  /** Every request to the network. */
  async #call<T>(ask: (door: Door) => Promise<T>): Promise<T> {
    this.#checkOurs()
    return this.#circuit.pass(() => ask(this.#options.door))
  }

  #checkOurs(): void {
    if (this.#closed) throw new Error(`the network ${this.id} is closed`)
    if (!this.#isOurs()) throw new NetworkUnreachable(`another gateway leads the network ${this.id}`)
  }

  async #reserve(wish: Reservation): Promise<Answer> {
    const { door } = this.#options
    const kept = await this.#records.find(wish.id)
    const { version, state, endsAs = state, reason = 'the network gave no reason' } = kept.record
    if (version > wish.version || (version === wish.version && endsAs === 'released')) return STALE
    if (endsAs === 'lost' || (endsAs === 'refused' && version === wish.version)) return { result: 'refused', reason }
    const { asked } = kept.record
    const isSame = asked !== undefined && door.wish(asked) === door.wish(wish)
    switch (state) {
      case 'held':
        return isSame ? this.#keep(kept, wish) : this.#ask(await this.#replace(kept, wish), wish)
      case 'pending':
        if (!isSame) return this.#ask(await this.#replace(kept, wish), wish)
        await this.#records.write(kept, { version: wish.version, asked: wish })
        return { result: 'pending' }
      case 'asking': {
        if (!isSame) return this.#ask(await this.#replace(kept, wish), wish)
        const { kept: known, made } = await this.#recover(kept)
        if (made === undefined) return this.#ask(known, wish)
        return this.#made(await this.#records.write(known, { version: wish.version, asked: wish }), made)
      }
      case 'expired':
        return isPast(kept.record, wish, this.#records.now()) ? this.#granted(kept.record) : this.#ask(kept, wish)
      case 'ending':
        return this.#ask(await this.#endAs(kept, endsAs === 'ending' ? 'expired' : (endsAs as EndState)), wish)
      default:
        return this.#ask(kept, wish)
    }
  }

  async #release(id: ReservationId, version: number): Promise<'released' | 'stale'> {
    const kept = await this.#records.find(id)
    if (kept.record.version > version) return 'stale'
    await this.#endAs(kept, 'released', { version })
    return 'released'
  }

  /** Moves the end of a held reservation. */
  async #keep(before: KeptReservation, wish: Reservation): Promise<Answer> {
    const { door } = this.#options
    const { grantedAt = this.#records.now(), remoteId = '', remoteUntil, version, moving } = before.record
    const until = wish.until ?? after(grantedAt, wish.duration)
    const isLonger = door.move !== undefined && remoteUntil !== undefined && until > remoteUntil + ROUNDING_MS
    if (version === wish.version && until === before.record.until && !moving) return this.#granted(before.record)
    const changes: Changes = { version: wish.version, asked: wish, until, actAt: this.#nextLook(until) }
    if (!isLonger && !moving) return this.#granted((await this.#records.write(before, changes)).record)
    const kept = await this.#records.write(before, { ...changes, moving: true })
    try {
      // It may have been moved before: an extension that is requested twice would be two.
      const known = moving ? await this.#call(async (door) => door.look?.(remoteId)) : undefined
      const isMoved = known !== undefined && (known.state !== 'granted' || endOf(known) + ROUNDING_MS >= until)
      const from = (known?.state === 'granted' ? known.until : undefined) ?? remoteUntil ?? until
      const standing = isMoved ? known : await this.#call(async (door) => door.move?.(remoteId, from, until))
      return await this.#moved(kept, standing)
    } catch (error) {
      if (!(error instanceof NetworkRefusal)) throw error
      // The old end stays.
      return this.#granted((await this.#records.write(kept, { moving: undefined })).record)
    }
  }

  async #moved(kept: KeptReservation, standing: Standing | undefined): Promise<Answer> {
    if (standing?.state === 'ended') {
      const { reason } = standing
      await this.#endAs(kept, 'lost', { reason, moving: undefined })
      return { result: 'refused', reason }
    }
    const changes: Changes = { moving: undefined }
    const written = standing?.state === 'granted' ? { ...changes, remoteUntil: standing.until } : changes
    return this.#granted((await this.#records.write(kept, written)).record)
  }

  #granted({ grantedAt = this.#records.now(), until, remoteUntil }: RemoteReservation): Answer & { result: 'granted' } {
    const isEarlier = until !== undefined && remoteUntil !== undefined && remoteUntil + ROUNDING_MS < until
    return { result: 'granted', at: grantedAt, ...(isEarlier && { until: remoteUntil }) }
  }

  /** Asks the network to hold a reservation for which it holds nothing now. */
  async #ask(before: KeptReservation, wish: Reservation): Promise<Answer> {
    const { door } = this.#options
    const { attempt, state, version, doubts } = before.record
    const asked: Changes = {
      version: wish.version,
      asked: wish,
      remoteId: undefined,
      until: undefined,
      remoteUntil: undefined,
      moving: undefined,
      unsent: undefined,
      endsAs: undefined,
      actAt: undefined,
      putOff: undefined,
      grantedParts: undefined,
      doubts: version === wish.version ? doubts : undefined,
      // A reservation whose end came while an extension was on its way has been granted before.
      ...(state !== 'expired' && { grantedAt: undefined }),
    }
    const objection = door.objection(wish)
    if (objection !== undefined) return this.#refused(await this.#records.write(before, asked), objection)
    this.#circuit.check()
    const kept = await this.#records.write(before, {
      ...asked,
      state: 'asking',
      attempt: attempt + 1,
      reason: undefined,
    })
    let made: Made
    try {
      made = await this.#call((door) => door.ask(wish, wish.until, this.#attempt(kept.record)))
    } catch (error) {
      if (error instanceof NotSent) await this.#records.write(kept, { unsent: true })
      if (error instanceof NetworkRefusal) return this.#notMade(kept, error)
      if (error instanceof NetworkInDoubt) return this.#doubted(kept, error)
      throw error
    }
    return this.#made(kept, made)
  }

  /** The network refuses; an earlier request may be the conflict. */
  async #notMade(kept: KeptReservation, { conflict, message }: NetworkRefusal): Promise<Answer> {
    const found = conflict ? await this.#recover(kept) : { kept }
    if (found.made !== undefined) return this.#made(found.kept, found.made)
    if (conflict && (await this.#isMakingRoom(found.kept.record))) throw new NetworkInDoubt(message)
    return this.#refused(found.kept, message)
  }

  /** Whether a reservation of the same device is ending now: its successor may be requested before it is gone. */
  async #isMakingRoom({ id, asked }: RemoteReservation): Promise<boolean> {
    const { records } = this.#options
    const soon = instant(this.#records.now() + ENDING_MS)
    for (const other of await records.due(this.id, soon, MAX_IN_HAND)) {
      const record = other === id ? undefined : (await records.find(this.id, other))?.record
      if (record === undefined || !holdsSomething(record) || asked === undefined) continue
      const isEnding = record.state === 'ending' || (record.until !== undefined && record.until <= soon)
      if (isEnding && record.asked !== undefined && isSameDevice(record.asked, asked)) return true
    }
    return false
  }

  async #doubted(kept: KeptReservation, error: NetworkInDoubt): Promise<Answer> {
    const doubts = (kept.record.doubts ?? 0) + 1
    const doubtful = await this.#records.write(kept, { doubts })
    if (doubts < MAX_DOUBTS) throw error
    const { kept: known, made } = await this.#recover(doubtful)
    return made === undefined ? this.#refused(known, error.message) : this.#made(known, made)
  }

  async #refused(kept: KeptReservation, reason: string): Promise<Answer> {
    await this.#records.write(kept, { state: 'refused', reason, doubts: undefined, grantedAt: undefined })
    return { result: 'refused', reason }
  }

  /** The network has answered. */
  async #made(kept: KeptReservation, { remoteId, standing }: Made): Promise<Answer> {
    const { record } = kept
    const { asked } = record
    if (asked === undefined) throw new Error(`the network ${this.id} was not asked for ${record.id}`)
    const known: Changes = { remoteId, doubts: undefined, unsent: undefined, putOff: undefined }
    try {
      switch (standing.state) {
        case 'granted': {
          const grantedAt = record.grantedAt ?? standing.at ?? this.#records.now()
          const until = asked.until ?? after(grantedAt, asked.duration)
          const remoteUntil = standing.until ?? record.remoteUntil
          const held: Changes = { ...known, state: 'held', grantedAt, until, remoteUntil, grantedParts: undefined }
          return this.#granted((await this.#records.write(kept, { ...held, actAt: this.#nextLook(until) })).record)
        }
        case 'pending': {
          const pending: Changes = { ...known, state: 'pending', remoteUntil: standing.until }
          await this.#records.write(kept, { ...pending, actAt: this.#records.soon(PENDING_MS, 0) })
          return { result: 'pending' }
        }
        case 'ended': {
          const { reason } = standing
          await this.#endAs(await this.#records.write(kept, known), 'refused', { reason })
          return { result: 'refused', reason }
        }
      }
    } catch (error) {
      if (error instanceof Overtaken) await this.#takeBack(record.id, remoteId)
      throw error
    }
  }

  /** Another gateway does not know what this one has just requested. */
  async #takeBack(id: ReservationId, remoteId: string): Promise<void> {
    const now = await this.#options.records.find(this.id, id)
    if (now?.record.remoteId !== remoteId) await this.#options.door.end(remoteId)
  }

  // --- lost answers ---

  /** The outcome of an attempt whose answer was lost: nothing is made if nothing is held, or if it cannot be known. */
  async #recover(kept: KeptReservation): Promise<{ readonly kept: KeptReservation; readonly made?: Made }> {
    const { record } = kept
    const found = record.unsent ? [] : await this.#find(record)
    if (found === undefined) return { kept: await this.#giveUp(kept) }
    const isOurs = ({ attempt }: Found) => attempt === undefined || attempt === record.attempt
    const ours = found.filter(isOurs)
    // What has expired unnoticed has been of use to nobody: it is requested again.
    const made = ours.find(isLive) ?? ours.find(({ standing }) => standing.state !== 'ended' || !standing.expired)
    for (const each of found) {
      if (each === made || !isLive(each)) continue
      this.#options.log.warn({ network: this.id, reservation: record.id }, 'a network held it twice: one was ended')
      await this.#call((door) => door.end(each.remoteId))
    }
    return made === undefined ? { kept } : { kept, made }
  }

  /** All resources that the network holds for a reservation; undefined if it cannot list them. */
  async #find(record: RemoteReservation): Promise<readonly Found[] | undefined> {
    const { asked } = record
    if (asked === undefined) return undefined
    try {
      return await this.#call(async (door) => door.find?.(asked, this.#attempt(record)))
    } catch (error) {
      if (error instanceof NetworkRefusal) return undefined
      throw error
    }
  }

  /** The outcome of an attempt cannot be known: the network may hold something for it. */
  async #giveUp(kept: KeptReservation): Promise<KeptReservation> {
    const { id, attempt, orphans } = kept.record
    this.#options.log.warn(
      { network: this.id, reservation: id, attempt },
      'the answer of a network was lost: it may hold something that nobody will end',
    )
    const given = await this.#records.write(kept, { orphans: [...orphans, attempt], unsent: true })
    await this.figures()
    return given
  }

  #attempt({ id, attempt }: RemoteReservation): Attempt {
    const { callbacks } = this.#options
    return {
      number: attempt,
      key: `${id}.${attempt}`,
      ...(callbacks && {
        callbackUrl: callbacks.url(this.id, id, attempt),
        callbackToken: callbacks.token(this.id, id, attempt),
      }),
    }
  }

  // --- release ---

  /** Releases what is held for other addresses, before a new request. */
  async #replace(kept: KeptReservation, { version }: Reservation): Promise<KeptReservation> {
    return this.#endAs(kept, 'expired', { version, grantedAt: kept.record.grantedAt })
  }

  /** Resolves once nothing is held. The record has the reason. */
  async #endAs(before: KeptReservation, endsAs: EndState, changes: Changes = {}): Promise<KeptReservation> {
    const { record } = before
    const over: Changes = {
      ...{ state: endsAs, endsAs: undefined, remoteId: undefined, actAt: undefined },
      ...{ moving: undefined, unsent: undefined, doubts: undefined, putOff: undefined },
    }
    if (!holdsSomething(record)) return this.#records.write(before, { ...changes, ...over })
    const isUnknown = record.state === 'asking' && record.remoteId === undefined
    const { kept, made } = isUnknown ? await this.#recover(before) : { kept: before }
    const remoteId = made?.remoteId ?? record.remoteId
    if (remoteId === undefined) return this.#records.write(kept, { ...changes, ...over })
    const actAt = this.#records.again(record.putOff ?? 0)
    const ending = await this.#records.write(kept, { ...changes, state: 'ending', endsAs, remoteId, actAt })
    try {
      await this.#call((door) => door.end(remoteId))
    } catch (error) {
      if (!(error instanceof NetworkRefusal || error instanceof NetworkInDoubt)) throw error
      return this.#notEnded(ending, error, over)
    }
    return this.#records.write(ending, over)
  }

  /** It does not release. Retrying for ever would block all other requests for this device. */
  async #notEnded(kept: KeptReservation, error: Error, over: Changes): Promise<KeptReservation> {
    const { attempt, orphans, id, doubts = 0 } = kept.record
    const { message } = error
    if (doubts + 1 < MAX_DOUBTS) {
      await this.#records.write(kept, { doubts: doubts + 1 })
      throw new NetworkInDoubt(message, { cause: error })
    }
    this.#options.log.warn(
      { network: this.id, reservation: id, attempt, reason: message },
      'a network does not let go of a reservation: it may hold it until it ends by itself',
    )
    const given = await this.#records.write(kept, { ...over, orphans: [...orphans, attempt] })
    await this.figures()
    return given
  }

  // --- background work ---

  /** What ended while no gateway drove it is ended first. All other due work may wait a little longer. */
  async #begin(): Promise<void> {
    const { records } = this.#options
    const seen = new Set<ReservationId>()
    try {
      for (;;) {
        const due = await records.due(this.id, this.#records.now(), seen.size + MAX_IN_HAND)
        const fresh = due.filter((id) => !seen.has(id))
        if (fresh.length === 0) break
        for (const id of fresh) seen.add(id)
        await Promise.all(fresh.map((id) => this.#lookAfter(id, true)))
      }
      await this.figures()
      await this.#records.arm()
    } catch (error) {
      // It is done later.
      this.#trouble.failed(error, {}, 'warn')
    }
  }

  async #act(): Promise<void> {
    const due = await this.#options.records.due(this.id, this.#records.now(), 2 * MAX_IN_HAND)
    for (const id of due) {
      if (this.#inHand.size >= MAX_IN_HAND) break
      if (!this.#inHand.has(id)) this.#background(this.#lookAfter(id, false), () => this.#whenDone())
    }
    await this.#records.arm()
  }

  /** There may be more work than was taken in hand. */
  #whenDone(): void {
    if (this.#records.isDriving && this.#inHand.size === MAX_IN_HAND - 1) this.#background(this.#act())
  }

  #background(work: Promise<unknown>, done: () => void = () => undefined): void {
    this.#options.clock
      .track(work)
      .catch((error: unknown) => this.#trouble.failed(error, {}, 'warn'))
      .finally(done)
  }

  /** @param first after a start: only what has ended is done at once */
  async #lookAfter(id: ReservationId, first: boolean): Promise<void> {
    this.#inHand.add(id)
    try {
      await this.#turns.take(id, () => this.#lookAt(id, first))
    } catch (error) {
      this.#trouble.failed(error, { reservation: id }, 'warn')
    } finally {
      this.#inHand.delete(id)
    }
  }

  async #lookAt(id: ReservationId, first: boolean): Promise<void> {
    const kept = await this.#options.records.find(this.id, id)
    if (kept === undefined || !this.#isOurs()) return
    const { record } = kept
    const now = this.#records.now()
    if (record.actAt === undefined || record.actAt > now) return
    const isOver = record.until !== undefined && record.until <= now
    try {
      if (record.state === 'ending') await this.#endAs(kept, record.endsAs ?? 'expired')
      else if (record.state === 'held' && isOver) await this.#endAs(kept, 'expired')
      else if (first && record.state === 'held')
        await this.#records.write(kept, { actAt: this.#spread(id, record.until) })
      else await this.#look(kept)
    } catch (error) {
      if (error instanceof Overtaken) return
      await this.#putOff(id)
      throw error
    }
  }

  async #look(kept: KeptReservation): Promise<void> {
    const { remoteId, until, state } = kept.record
    if (remoteId === undefined || (state !== 'held' && state !== 'pending')) {
      await this.#records.write(kept, { actAt: undefined })
      return
    }
    const standing = await this.#call(async (door) => door.look?.(remoteId))
    if (standing === undefined) await this.#records.write(kept, { actAt: until })
    else await this.#hear(kept, standing)
  }

  async #putOff(id: ReservationId): Promise<void> {
    const kept = await this.#options.records.find(this.id, id)
    if (kept?.record.actAt === undefined) return
    const putOff = (kept.record.putOff ?? 0) + 1
    await this.#records.write(kept, { putOff, actAt: this.#records.again(putOff - 1) })
  }

  /** Applies a state from a look-up or a message. */
  async #hear(kept: KeptReservation, standing: Standing): Promise<void> {
    const { record } = kept
    const { id, state, until } = record
    const now = this.#records.now()
    if (state === 'pending') {
      if (standing.state === 'pending') {
        const putOff = (record.putOff ?? 0) + 1
        await this.#records.write(kept, { putOff, actAt: this.#records.soon(PENDING_MS, putOff) })
        return
      }
      if (standing.state === 'ended' && standing.expired) return this.#hadItsTime(kept, standing.at)
      const answer = await this.#made(kept, { remoteId: record.remoteId ?? '', standing })
      if (answer.result === 'granted' || answer.result === 'refused') this.#tell(eventOf(id, answer))
      return
    }
    if (standing.state !== 'ended') {
      const remoteUntil = standing.until ?? record.remoteUntil
      await this.#records.write(kept, { putOff: undefined, remoteUntil, actAt: this.#nextLook(until ?? now) })
      return
    }
    const isOver = standing.expired || (until !== undefined && until <= now)
    const { reason } = standing
    if (isOver) {
      await this.#endAs(kept, 'expired')
      return
    }
    // Listeners look here, and find that it is lost.
    const lost = await this.#records.write(kept, {
      state: 'ending',
      endsAs: 'lost',
      reason,
      actAt: this.#records.again(0),
    })
    this.#tell({ type: 'lost', id, reason })
    await this.#endAs(lost, 'lost')
  }

  /** It was granted and has ended at its time, and neither was reported: it is a grant, and no refusal. */
  async #hadItsTime(kept: KeptReservation, since: Instant | undefined): Promise<void> {
    const { id, asked, remoteUntil } = kept.record
    if (asked === undefined) throw new Error(`the network ${this.id} was not asked for ${id}`)
    const began = remoteUntil ?? asked.until ?? this.#records.now()
    const at = since ?? instant(began - asked.duration * 1000)
    const until = asked.until ?? after(at, asked.duration)
    const actAt = this.#records.again(0)
    const over = await this.#records.write(kept, { state: 'ending', endsAs: 'expired', grantedAt: at, until, actAt })
    this.#tell({ type: 'granted', id, at })
    await this.#endAs(over, 'expired')
  }

  // --- messages of the network ---

  /** One reading at a time: it reads all messages, and many arrive at once. */
  #wake(): void {
    if (!this.#records.isDriving || !this.#isOurs()) return
    if (this.#isReading) this.#hasMore = true
    else this.#background(this.#readAll())
  }

  async #readAll(): Promise<void> {
    this.#isReading = true
    try {
      await this.#readMessages()
    } finally {
      this.#isReading = false
    }
    if (!this.#hasMore) return
    this.#hasMore = false
    this.#wake()
  }

  async #readMessages(): Promise<void> {
    const { records, clock, log } = this.#options
    for (const message of await records.callbacks(this.id, MESSAGES)) {
      if (this.#messages.has(message.number)) continue
      this.#messages.add(message.number)
      const heard = this.#turns
        .take(message.reservation, () => this.#read(message))
        .then(() => records.removeCallbacks([message.number]))
        // The message stays in the store, and is read again.
        .catch((error: unknown) => this.#trouble.failed(error, { reservation: message.reservation }, 'warn'))
        .finally(() => this.#messages.delete(message.number))
      clock.track(heard).catch((err: unknown) => log.error({ err }, 'a message of a network was lost'))
    }
  }

  async #read({ reservation, attempt, body, suffix }: KeptCallback): Promise<void> {
    const { door, records } = this.#options
    const message = door.read(JSON.parse(body), suffix)
    if (message === undefined) return
    const { remoteId, standing } = message
    const kept = await records.find(this.id, reservation)
    const record = kept?.record
    const isCurrent = record !== undefined && attempt === record.attempt && holdsSomething(record)
    const parts = record?.remoteId === undefined ? undefined : this.#partsOf(record.remoteId)
    const isOther =
      remoteId !== undefined && parts !== undefined && this.#partsOf(remoteId).some((part) => !parts.includes(part))
    if (kept === undefined || record === undefined || !isCurrent || isOther) {
      if (remoteId !== undefined && isThere(standing)) await this.#endOrphan(remoteId)
      if (kept !== undefined && (remoteId ?? standing) !== undefined) await this.#forgetOrphan(kept, attempt)
      return
    }
    const about = record.remoteId ?? remoteId
    if (about === undefined || (message.confirms && record.state !== 'asking')) return
    if (parts === undefined && !this.#isWhole(about, record)) {
      // The list will show the others, or there are none.
      if (door.find === undefined && isThere(standing)) await this.#endOrphan(about)
      return
    }
    if (standing?.state === 'granted' && record.state === 'pending' && remoteId !== undefined) {
      const grantedParts = [...new Set([...(record.grantedParts ?? []), ...this.#partsOf(remoteId)])]
      if (parts?.some((part) => !grantedParts.includes(part)))
        return void (await this.#records.write(kept, { grantedParts }))
    }
    const now = standing ?? (await this.#call(async (door) => door.look?.(about)))
    if (now === undefined || record.state === 'ending') return
    if (record.state !== 'asking') return this.#hear(kept, now)
    // What has expired unnoticed is requested again: see #recover.
    if (now.state === 'ended' && now.expired) return
    // The answer was lost, and this message has its contents.
    const answer = await this.#made(kept, { remoteId: about, standing: now })
    if (answer.result === 'granted' || answer.result === 'refused') this.#tell(eventOf(reservation, answer))
  }

  #partsOf(remoteId: string): readonly string[] {
    return this.#options.door.parts?.of(remoteId) ?? [remoteId]
  }

  #isWhole(remoteId: string, { asked }: RemoteReservation): boolean {
    const { parts } = this.#options.door
    return parts === undefined || asked === undefined || parts.of(remoteId).length === parts.count(asked)
  }

  /** A message reveals a resource that nobody wants. */
  async #endOrphan(remoteId: string): Promise<void> {
    const standing = await this.#call(async (door) => door.look?.(remoteId))
    if (standing?.state === 'ended') return
    this.#options.log.warn({ network: this.id }, 'a network held something that nobody wishes for: it was ended')
    await this.#call((door) => door.end(remoteId))
  }

  async #forgetOrphan(kept: KeptReservation, attempt: number): Promise<void> {
    const { orphans } = kept.record
    if (!orphans.includes(attempt)) return
    await this.#records.write(kept, { orphans: orphans.filter((each) => each !== attempt) })
    await this.figures()
  }

  // --- times ---

  /** When a held reservation is looked up again: at its end at the latest. */
  #nextLook(until: Instant): Instant {
    const { look, lookEveryMs = HELD_MS } = this.#options.door
    return look === undefined ? until : instant(Math.min(until, this.#records.now() + lookEveryMs))
  }

  /** Spread by the id, which is deterministic. */
  #spread(id: ReservationId, until: Instant | undefined): Instant {
    let sum = 0
    for (const char of id) sum = (sum * 31 + char.charCodeAt(0)) % SPREAD_MS
    return instant(Math.min(until ?? Number.POSITIVE_INFINITY, this.#records.now() + 1 + sum))
  }

  #tell(event: NetworkEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

const isSameDevice = (one: Reservation, other: Reservation): boolean =>
  sameAddresses(one.flow.device, other.flow.device) && one.subscriber?.phoneNumber === other.subscriber?.phoneNumber

const isLive = ({ standing }: Made): boolean => standing.state !== 'ended'

/** Whether a resource may be left there to be deleted. */
const isThere = (standing: Standing | undefined): boolean => standing?.state !== 'ended' || standing.remains === true

const endOf = (standing: Standing & { state: 'granted' }): number => standing.until ?? Number.POSITIVE_INFINITY

function eventOf(id: ReservationId, answer: Extract<Answer, { result: 'granted' | 'refused' }>): NetworkEvent {
  if (answer.result === 'refused') return { type: 'refused', id, reason: answer.reason }
  const { at, until } = answer
  return { type: 'granted', id, at, ...(until !== undefined && { until }) }
}
