// Deliveries in a store, as a deliverer of no bounds would claim and settle them.

import type { Instant } from '@rightofway/camara'
import { type QueueId, queueOf } from '../../src/domain/queue.js'
import { at, TERMS } from '../../src/domain/session.fixture.js'
import type { Delivery, DeliveryOutcome } from '../../src/ports/store/events.js'
import type { Ciphertext } from '../../src/ports/store/secrets.js'
import type { Sink, StoredCredential } from '../../src/ports/store/sessions.js'
import type { Store } from '../../src/ports/store/store.js'

export const LEASE_MS = 30_000

export const QUEUE: QueueId = queueOf(TERMS.owner, 'sink.example')

/** A token that expires in a month of tests' time. */
export const accessToken = (token: string, expiresAt: Instant = at(30 * 86_400)): StoredCredential => ({
  type: 'ACCESSTOKEN',
  token: token as Ciphertext,
  expiresAt,
})

export const SINK: Sink = {
  url: 'https://sink.example/events',
  queue: QUEUE,
  credential: accessToken('k1.secret'),
  correlator: 'corr-1',
  dialect: 'qod.v0',
}

/** A sink without a credential on a host of its own. */
export const sinkOn = (host: string): Sink => ({ url: `https://${host}/`, queue: queueOf(TERMS.owner, host) })

/** What is due in all queues. */
export async function claim({ events }: Store, now: Instant, limit = 10): Promise<readonly Delivery[]> {
  const wanted = (await events.queues(undefined, 100)).map(({ queue }) => ({ queue, limit }))
  return (await events.claimDeliveries(wanted, now, LEASE_MS)).flatMap(({ deliveries }) => deliveries)
}

/** Records an attempt that took 5 ms. */
export function settle({ events }: Store, delivery: Delivery | undefined, outcome: DeliveryOutcome, now: Instant) {
  if (delivery === undefined) throw new Error('there is no delivery to settle')
  const answer = outcome.result === 'delivered' ? { status: 204 } : { reason: outcome.reason }
  return events.settleDelivery(delivery, { at: now, ms: 5, ...answer }, outcome, now)
}

/** Claims the only delivery that is due, and settles it. */
export async function attempt(store: Store, now: Instant, outcome: DeliveryOutcome): Promise<Delivery> {
  const [delivery, ...more] = await claim(store, now)
  if (delivery === undefined || more.length > 0) throw new Error(`${more.length} more deliveries are due than one`)
  await settle(store, delivery, outcome, now)
  return delivery
}
