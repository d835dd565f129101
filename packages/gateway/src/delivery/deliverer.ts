// Delivers events to their sinks: at least once, in order per session, with the same id every time.

import { randomUUID } from 'node:crypto'
import { EVENT_MEDIA_TYPE, type Instant, instant, type Mutable } from '@rightofway/camara'
import { queueOf } from '../domain/queue.js'
import type { Alarm, Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { PublicUrl } from '../ports/public-url.js'
import type { ClaimedQueue, Delivery, DeliveryAttempt, DeliveryOutcome, QueueClaim } from '../ports/store/events.js'
import type { Store } from '../ports/store/store.js'
import { Trouble } from '../ports/trouble.js'
import { toSinkEvent } from '../usecases/events/cloud-event.js'
import { dueQueues } from '../usecases/events/due-queues.js'
import type { Queues, Slot } from './queues.js'
import { nextAttempt, retryAfterMs } from './schedule.js'
import type { SinkAnswer, SinkClient } from './sink-client.js'
import type { SinkCredentialHeaders, SinkCredentials } from './sink-credentials.js'
import { SinkTroubles } from './sink-troubles.js'

/** Real time that an attempt may take, in milliseconds, from looking up the name to the first line of the answer. */
export const ATTEMPT_TIMEOUT_MS = 10_000
/** The lease of a claim (real time): long enough for a token request and an attempt. */
const LEASE_MS = 3 * ATTEMPT_TIMEOUT_MS
/** After a failure of the store; by the clock. */
const RETRY_MS = 1_000
/** The interval between two reads of all queues, in real time: a hint may be missed, and another gateway may stop. */
const LOOK_MS = 30_000

export interface DelivererDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly sinkClient: SinkClient
  readonly sinkCredentials: SinkCredentials
  readonly queues: Queues
  /** Base URL of this gateway as applications know it. */
  readonly publicUrl: PublicUrl
  readonly realNow: () => number
  readonly monotonicNow: () => number
  readonly random: () => number
  /** Told of every attempt, and by how many milliseconds it was late. */
  readonly onAttempt?: (result: DeliveryOutcome['result'], latenessMs: number, first: boolean) => void
}

export class Deliverer {
  readonly #deps: DelivererDeps
  readonly #unread: Trouble
  readonly #unclaimed: Trouble
  readonly #unrecorded: Trouble
  readonly #sinks: SinkTroubles
  #alarm: { at: Instant; alarm: Alarm } | undefined
  #unwatch: () => void = () => undefined
  #look: NodeJS.Timeout | undefined
  readonly #attempts = new Set<Promise<void>>()
  #claiming: Promise<void> | undefined
  #claimAgain = false
  #stopped = false

  constructor(deps: DelivererDeps) {
    this.#deps = deps
    const trouble = (broken: string, mended: string, mendedBySilence = false) =>
      new Trouble(deps.log, { broken, mended, mendedBySilence })
    this.#unread = trouble('the queues of deliveries could not be read: trying again', 'queues are read again')
    this.#unclaimed = trouble('deliveries could not be claimed: trying again', 'deliveries are claimed again')
    this.#sinks = new SinkTroubles(deps)
    this.#unrecorded = trouble('a delivery was not recorded', 'deliveries are recorded again', true)
  }

  start(): void {
    const { store, queues, clock } = this.#deps
    this.#unwatch = store.work.watchWork(({ delivery }) => {
      if (delivery === undefined) return
      queues.tell(delivery)
      this.#wake()
    })
    const look = () => {
      clock.track(this.#lookAtAll()).catch((error: unknown) => this.#unread.failed(error))
    }
    this.#look = setInterval(look, LOOK_MS)
    this.#look.unref()
    look()
  }

  /** Starts no more attempts, and resolves when those under way have been recorded. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#unwatch()
    clearInterval(this.#look)
    this.#alarm?.alarm.cancel()
    await this.#claiming
    await Promise.all(this.#attempts)
    for (const trouble of [this.#unread, this.#unclaimed, this.#unrecorded]) trouble.close()
  }

  async #lookAtAll(): Promise<void> {
    const { store, queues, clock } = this.#deps
    try {
      for await (const due of dueQueues(store)) queues.tell(due)
      this.#unread.over()
      this.#wake()
    } catch (error) {
      this.#unread.failed(error)
      this.#setAlarm(instant(clock.now() + RETRY_MS))
    }
  }

  #wake(): void {
    if (this.#stopped) return
    if (this.#claiming !== undefined) {
      this.#claimAgain = true
      return
    }
    this.#claiming = this.#deps.clock
      .track(this.#claim())
      .catch((error: unknown) => this.#unclaimed.failed(error))
      .finally(() => {
        this.#claiming = undefined
      })
  }

  async #claim(): Promise<void> {
    const { clock, queues } = this.#deps
    do {
      this.#claimAgain = false
      for (let wanted = queues.wanted(clock.now()); wanted.length > 0; wanted = queues.wanted(clock.now())) {
        if (this.#stopped) return
        for (const claimed of await this.#ask(wanted)) {
          const slots = queues.claimed(claimed, clock.now())
          for (const [index, delivery] of claimed.deliveries.entries()) this.#begin(delivery, slots[index] as Slot)
        }
      }
    } while (this.#claimAgain && !this.#stopped)
    if (queues.nextAt !== undefined) this.#setAlarm(queues.nextAt)
  }

  /** If the store fails, it is asked again after a pause. */
  async #ask(wanted: readonly QueueClaim[]): Promise<readonly ClaimedQueue[]> {
    const { store, clock } = this.#deps
    try {
      const claimed = await store.events.claimDeliveries(wanted, clock.now(), LEASE_MS)
      this.#unclaimed.over()
      return claimed
    } catch (error) {
      this.#unclaimed.failed(error)
      const nextAt = instant(clock.now() + RETRY_MS)
      return wanted.map(({ queue }) => ({ queue, deliveries: [], nextAt }))
    }
  }

  #setAlarm(at: Instant): void {
    if (this.#stopped || (this.#alarm !== undefined && this.#alarm.at <= at)) return
    this.#alarm?.alarm.cancel()
    const alarm = this.#deps.clock.alarm(at, () => {
      this.#alarm = undefined
      this.#wake()
    })
    this.#alarm = { at, alarm }
  }

  #begin(delivery: Delivery, slot: Slot): void {
    const { clock } = this.#deps
    const attempt = clock
      .track(this.#attempt(delivery, slot))
      // Its claim expires, and then it is tried again.
      .catch((error: unknown) => this.#unrecorded.failed(error, { session: delivery.event.session }))
      .finally(() => {
        this.#attempts.delete(attempt)
        this.#wake()
      })
    this.#attempts.add(attempt)
  }

  async #attempt(delivery: Delivery, slot: Slot): Promise<void> {
    const { store, clock, log, monotonicNow, onAttempt } = this.#deps
    const { event, attempts, dueAt } = delivery
    const at = clock.now()
    const began = monotonicNow()
    let answeredAfterMs: number | undefined
    let result: AttemptResult
    try {
      result = await this.#send(delivery)
      if ('status' in result || 'hopeless' in result) answeredAfterMs = monotonicNow() - began
    } finally {
      slot.end(answeredAfterMs)
    }
    const attempt: Mutable<DeliveryAttempt> = { at, ms: Math.round(monotonicNow() - began) }
    if ('status' in result) attempt.status = result.status
    else attempt.reason = reasonOf(result)
    const outcome = this.#judge(delivery, at, result)
    await store.events.settleDelivery(delivery, attempt, outcome, clock.now())
    this.#sinks.heard(queueOf(event.owner, new URL(delivery.sink.url).host), outcome)
    onAttempt?.(outcome.result, at - dueAt, attempts === 0)
    if (outcome.result === 'dead' || outcome.result === 'stopped') {
      log.warn({ session: event.session, ordinal: event.ordinal, reason: outcome.reason }, `delivery ${outcome.result}`)
    }
  }

  async #send(delivery: Delivery): Promise<AttemptResult> {
    const { sinkClient, sinkCredentials, publicUrl } = this.#deps
    const { event, sink } = delivery
    const body = JSON.stringify(toSinkEvent(event, publicUrl.value, sink.dialect))
    const credentials = await sinkCredentials.of(delivery, body)
    if (!('headers' in credentials)) return credentials
    const headers = {
      ...credentials.headers,
      'content-type': EVENT_MEDIA_TYPE,
      'x-correlator': sink.correlator ?? randomUUID(),
    }
    const reply = await sinkClient.send({ url: sink.url, headers, body })
    if ('status' in reply && reply.status === 401) await sinkCredentials.refused(delivery, headers)
    return reply
  }

  /** What follows from an attempt that began at `at`. */
  #judge({ attempts, firstAttemptAt }: Delivery, at: Instant, result: AttemptResult): DeliveryOutcome {
    const { clock, random, realNow } = this.#deps
    const reason = reasonOf(result)
    if ('hopeless' in result) return { result: 'dead', reason }
    if ('status' in result) {
      const { status } = result
      if (status >= 200 && status < 300) return { result: 'delivered' }
      if (status === 410) return { result: 'stopped', reason }
    }
    const soFar = {
      made: attempts + 1,
      firstAt: firstAttemptAt ?? at,
      lastAt: at,
      retryAfterMs: 'status' in result ? retryAfterMs(result.retryAfter, realNow()) : undefined,
    }
    const next = nextAttempt(soFar, clock.now(), random())
    return next === undefined ? { result: 'dead', reason } : { result: 'retry', at: next, reason }
  }
}

type AttemptResult = SinkAnswer | Exclude<SinkCredentialHeaders, { headers: unknown }>

function reasonOf(result: AttemptResult): string {
  if ('status' in result) return `the sink answered ${result.status}`
  return 'hopeless' in result ? result.hopeless : result.failure
}
