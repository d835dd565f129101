// Brings events to their sinks: at least once, in order per session, with the same id every time.

import { randomUUID } from 'node:crypto'
import { EVENT_MEDIA_TYPE, type Instant, type SinkCredential } from '@rightofway/camara'
import { type Dispatcher, request } from 'undici'
import { KeyMissing, type Secrets } from '../auth/keyring.js'
import type { Alarm, Clock } from '../ports/clock.js'
import type { Delivery, DeliveryOutcome, Store } from '../ports/store.js'
import type { Log } from '../workers/log.js'
import { toCloudEvent } from './cloud-event.js'
import { AddressRefused } from './dialler.js'
import { nextAttempt } from './schedule.js'

/** Attempts under way at once. */
const MAX_ATTEMPTS = 256
/** Real time, from the first byte of the connection to the last of the answer. */
const ATTEMPT_TIMEOUT_MS = 10_000
const LEASE_MS = 3 * ATTEMPT_TIMEOUT_MS
/** A sink has nothing to tell us beyond its status: so much of its answer is read, and then it is cut off. */
const MAX_ANSWER_BYTES = 16 * 1024
const RETRY_MS = 1_000

export interface DelivererDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly secrets: Secrets
  /** Dials sinks (see dialler.ts). */
  readonly agent: Dispatcher
  /** Base URL of this gateway as applications know it. */
  readonly publicUrl: string
  readonly realNow: () => number
  readonly random: () => number
  /** Told of every attempt. */
  readonly onAttempt?: (result: DeliveryOutcome['result'], latenessMs: number, first: boolean) => void
}

export class Deliverer {
  readonly #deps: DelivererDeps
  #alarm: { at: Instant; alarm: Alarm } | undefined
  #unwatch: () => void = () => undefined
  readonly #attempts = new Set<Promise<void>>()
  #claiming: Promise<void> | undefined
  #claimAgain = false
  #stopped = false

  constructor(deps: DelivererDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#unwatch = this.#deps.store.work.watchWork(({ delivery }) => {
      if (delivery) this.#wake()
    })
    this.#wake()
  }

  /** Begins no more attempts, and resolves when those under way have been recorded. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#unwatch()
    this.#alarm?.alarm.cancel()
    await this.#claiming
    await Promise.all(this.#attempts)
  }

  #wake(): void {
    if (this.#stopped) return
    if (this.#claiming !== undefined) {
      this.#claimAgain = true
      return
    }
    this.#claiming = this.#deps.clock.track(this.#claim()).finally(() => {
      this.#claiming = undefined
    })
  }

  async #claim(): Promise<void> {
    const { store, clock, log } = this.#deps
    let asked: Instant
    try {
      do {
        this.#claimAgain = false
        const room = MAX_ATTEMPTS - this.#attempts.size
        // The end of an attempt wakes us.
        if (room <= 0) return
        asked = clock.now()
        const due = await store.events.claimDeliveries(asked, room, LEASE_MS)
        for (const delivery of due) this.#begin(delivery)
        if (due.length === room) this.#claimAgain = true
      } while (this.#claimAgain && !this.#stopped)
      const next = await store.events.nextAttempt(asked)
      if (next !== undefined) this.#setAlarm(next)
    } catch (error) {
      log.error({ err: error }, 'deliveries could not be read: trying again')
      this.#setAlarm((clock.now() + RETRY_MS) as Instant)
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

  #begin(delivery: Delivery): void {
    const { clock, log } = this.#deps
    const attempt = clock
      .track(this.#attempt(delivery))
      // Its claim runs out, and then it is tried again.
      .catch((error: unknown) =>
        log.error({ err: error, session: delivery.event.session }, 'a delivery was not recorded'),
      )
      .finally(() => {
        this.#attempts.delete(attempt)
        this.#wake()
      })
    this.#attempts.add(attempt)
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const { store, clock, log, onAttempt } = this.#deps
    const { event, attempts, since } = delivery
    const latenessMs = clock.now() - since
    const outcome = await this.#send(delivery)
    await store.events.settleDelivery(delivery, outcome, clock.now())
    onAttempt?.(outcome.result, latenessMs, attempts === 0)
    if (outcome.result === 'dead' || outcome.result === 'stopped') {
      log.warn({ session: event.session, ordinal: event.ordinal, reason: outcome.reason }, `delivery ${outcome.result}`)
    }
  }

  async #send(delivery: Delivery): Promise<DeliveryOutcome> {
    const { agent, publicUrl } = this.#deps
    const { event, sink } = delivery
    const authorization = this.#authorization(delivery)
    if (typeof authorization === 'object') return authorization
    try {
      const { statusCode, body } = await request(sink.url, {
        method: 'POST',
        headers: {
          'content-type': EVENT_MEDIA_TYPE,
          'x-correlator': sink.correlator ?? randomUUID(),
          ...(authorization !== undefined && { authorization }),
        },
        body: JSON.stringify(toCloudEvent(event, publicUrl)),
        dispatcher: agent,
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
      })
      await body.dump({ limit: MAX_ANSWER_BYTES })
      if (statusCode >= 200 && statusCode < 300) return { result: 'delivered' }
      if (statusCode === 410) return { result: 'stopped', reason: 'the sink answered 410' }
      return this.#retry(delivery, `the sink answered ${statusCode}`)
    } catch (error) {
      return this.#retry(delivery, reasonOf(error))
    }
  }

  /** The header's value; undefined without a credential; the outcome if there is no use in sending. */
  #authorization({ sink: { credential } }: Delivery): string | undefined | DeliveryOutcome {
    if (credential === undefined) return undefined
    try {
      const opened = JSON.parse(this.#deps.secrets.decrypt(credential)) as SinkCredential
      if (opened.credentialType !== 'ACCESSTOKEN') {
        return { result: 'dead', reason: `credentials of type ${opened.credentialType} are not supported` }
      }
      if (Date.parse(opened.accessTokenExpiresUtc) <= this.#deps.realNow()) {
        return { result: 'dead', reason: 'the access token of the sink has expired' }
      }
      return `Bearer ${opened.accessToken}`
    } catch (error) {
      if (!(error instanceof KeyMissing)) throw error
      return { result: 'dead', reason: `the sink's credential cannot be read: ${error.message}` }
    }
  }

  #retry({ attempts, since }: Delivery, reason: string): DeliveryOutcome {
    const { clock, random } = this.#deps
    const at = nextAttempt(attempts + 1, since, clock.now(), random())
    return at === undefined ? { result: 'dead', reason } : { result: 'retry', at, reason }
  }
}

/** Why nobody answered: a code, never the address or the URL, for it ends up in logs. */
function reasonOf(error: unknown): string {
  if (error instanceof AddressRefused) return error.message
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${ATTEMPT_TIMEOUT_MS} ms`
  const { code, name } = error as { code?: string; name?: string }
  return `not reached: ${code ?? name ?? 'unknown'}`
}
