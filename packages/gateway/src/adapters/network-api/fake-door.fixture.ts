// A network that follows a test's script, call by call, over a real store.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Instant, instant, type NetworkId, type ReservationId } from '@rightofway/camara'
import { quiet } from '../../../test/support/waiting.js'
import { NOON } from '../../domain/session.fixture.js'
import { type NetworkEvent, NetworkUnreachable, type Reservation } from '../../ports/network.js'
import type { RemoteReservation } from '../../ports/store/remote-reservations.js'
import { SandboxClock } from '../../sandbox/clock.js'
import { openSqliteStore, type SqliteStore } from '../store-sqlite/store.js'
import { SystemClock } from '../system-clock.js'
import { CallbackUrls } from './callback-urls.js'
import type { Attempt, Door, Found, Made, Message, Standing } from './door.js'
import { ApiNetwork } from './network.js'

export const CORE = 'core' as NetworkId

/** A resource that it holds. */
export interface There {
  readonly remoteId: string
  readonly reservation: Reservation
  readonly attempt: number
  standing: Standing
}

export type Verb = 'ask' | 'find' | 'look' | 'move' | 'end' | 'ping'

/** The outcome of a call: done as usual; not received; received and done, but its answer is lost; or a thrown error. */
export type Fate = 'done' | 'unheard' | 'lost' | Error

const lost = () => new NetworkUnreachable('no answer within 10 ms')

export class FakeDoor implements Door {
  readonly there = new Map<string, There>()
  /** All calls, in order. */
  readonly calls: string[] = []
  readonly clock: SandboxClock
  /** The state of the next reservation. Default: granted now. */
  next: Standing | undefined
  /** When it releases a new reservation by itself. Default: at the requested end. */
  endsAfterMs: number | undefined
  /** Called when it has received a call, before it answers. */
  onCall: (verb: Verb, remoteId?: string) => void | Promise<void> = () => undefined
  readonly #fates = new Map<Verb, Fate[]>()
  #made = 0

  constructor(clock: SandboxClock) {
    this.clock = clock
  }

  /** @param fates of the next calls of `verb`; afterwards all is done as usual */
  will(verb: Verb, ...fates: Fate[]): void {
    this.#fates.set(verb, [...(this.#fates.get(verb) ?? []), ...fates])
  }

  objection({ flow }: Reservation): string | undefined {
    return flow.server.length > 1 ? 'it takes one server' : undefined
  }

  wish({ flow, profile }: Reservation): string {
    return JSON.stringify([flow, profile])
  }

  ask(reservation: Reservation, until: Instant | undefined, attempt: Attempt): Promise<Made> {
    return this.#do('ask', `${attempt.number}`, async () => {
      const remoteId = `r${++this.#made}`
      const now = this.clock.now()
      const end = this.endsAfterMs ?? (until ?? now + reservation.duration * 1000) - now
      const standing = this.next ?? { state: 'granted' as const, at: now, until: instant(now + end) }
      this.there.set(remoteId, { remoteId, reservation, attempt: attempt.number, standing })
      return { remoteId, standing }
    })
  }

  find?(reservation: Reservation): Promise<readonly Found[]> {
    return this.#do('find', reservation.id.slice(-1), async () =>
      [...this.there.values()].filter(({ reservation: { id } }) => id === reservation.id),
    )
  }

  look?(remoteId: string): Promise<Standing> {
    return this.#do(
      'look',
      remoteId,
      async () => this.there.get(remoteId)?.standing ?? { state: 'ended', reason: 'it is not known there' },
    )
  }

  move?(remoteId: string, _from: Instant, until: Instant): Promise<Standing> {
    return this.#do('move', remoteId, async () => {
      const there = this.there.get(remoteId)
      if (there?.standing.state !== 'granted') return { state: 'ended', reason: 'it is not known there' }
      there.standing = {
        ...there.standing,
        until: this.endsAfterMs === undefined ? until : (there.standing.until ?? until),
      }
      return there.standing
    })
  }

  end(remoteId: string): Promise<void> {
    return this.#do('end', remoteId, async () => void this.there.delete(remoteId))
  }

  ping(): Promise<void> {
    return this.#do('ping', '', async () => undefined)
  }

  read(body: unknown): Message | undefined {
    return body as Message
  }

  async close(): Promise<void> {}

  async #do<T>(verb: Verb, about: string, work: () => Promise<T>): Promise<T> {
    this.calls.push(`${verb} ${about}`.trim())
    const fate = this.#fates.get(verb)?.shift() ?? 'done'
    if (fate === 'unheard') throw lost()
    if (fate instanceof Error) throw fate
    const result = await work()
    await this.onCall(verb, about)
    if (fate === 'lost') throw lost()
    return result
  }
}

export interface FakeWorld {
  readonly clock: SandboxClock
  readonly door: FakeDoor
  readonly store: SqliteStore
  readonly urls: CallbackUrls
  readonly logs: string[]
  readonly events: NetworkEvent[]
  network: ApiNetwork
  /** Monotonic milliseconds, moved by hand. */
  passMonotonic(ms: number): void
  /** Kills the driver, and starts another one. */
  reopen(): Promise<ApiNetwork>
  /** Another gateway over the same store, which drives from now on if requested. */
  another(drives: boolean): Promise<ApiNetwork>
  record(id: ReservationId): Promise<RemoteReservation | undefined>
  /** Sends a message to the listener of any gateway. */
  hear(id: ReservationId, attempt: number, message: Message): Promise<void>
  /** Lets time pass, and waits for the work that is due. */
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

/** Methods that a network may lack. */
export type Optional = 'find' | 'look' | 'move'

/** @param without methods that its API lacks */
export async function openFakeWorld(...without: readonly Optional[]): Promise<FakeWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-door-'))
  const store = openSqliteStore({ file: join(dir, 'store.db') })
  const offset = { load: async () => 0, save: async () => undefined }
  const clock = await SandboxClock.start(new SystemClock(() => NOON), offset)
  const door = new FakeDoor(clock)
  for (const verb of without) Object.assign(door, { [verb]: undefined })
  const logs: string[] = []
  const say = (_: object, message: string) => void logs.push(message)
  const urls = new CallbackUrls({
    baseUrl: () => 'http://gateway.example',
    mac: (...text) => text.join('').padEnd(43, '_'),
  })
  const stops = new Map<ApiNetwork, () => Promise<void>>()
  let monotonic = 0
  const open = () =>
    new ApiNetwork({
      ...{ id: CORE, door, clock, capabilities: { maxFlowRules: 64 }, callbacks: urls },
      records: store.remoteReservations,
      monotonicNow: () => monotonic,
      log: { info: say, warn: say, error: say },
    })
  const drive = async (network: ApiNetwork) => {
    network.watch((event) => void world.events.push(event))
    stops.set(network, await network.drive(() => true))
    return network
  }
  const world: FakeWorld = {
    ...{ clock, door, store, urls, logs, events: [] },
    network: open(),
    passMonotonic: (ms) => {
      monotonic += ms
    },
    async reopen() {
      await stops.get(world.network)?.()
      await world.network.close()
      world.network = await drive(open())
      return world.network
    },
    another: async (drives) => (drives ? drive(open()) : open()),
    record: async (id) => (await store.remoteReservations.find(CORE, id))?.record,
    async hear(reservation, attempt, message) {
      await store.remoteReservations.addCallback({
        ...{ network: CORE, reservation, attempt, suffix: '' },
        body: JSON.stringify(message),
      })
      await world.pass(0)
    },
    async pass(ms) {
      await clock.moveBy(ms)
      await quiet()
    },
    async close() {
      for (const [network, stop] of stops) {
        await stop()
        await network.close()
      }
      await store.close()
      rmSync(dir, { recursive: true })
    },
  }
  await drive(world.network)
  return world
}
