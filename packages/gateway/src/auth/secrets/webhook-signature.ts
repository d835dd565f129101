// The signature headers of Standard Webhooks 1.0 (https://www.standardwebhooks.com): symmetric, HMAC-SHA256. Anyone who
// has the secret can tell that an event is from here, unchanged, and fresh.

import { createHmac, randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'
/** Within the 24 to 64 bytes that the specification allows. */
const SECRET_BYTES = 32

/** A new secret, as receivers are told it: `whsec_` and base64. */
export const newSigningSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64')

export interface Signed {
  /** The event's: the same on every attempt, so that a receiver knows a repeat. */
  readonly id: string
  /** When this attempt is made, in milliseconds since the epoch: real time, for receivers refuse what is old. */
  readonly now: number
  /** As it is sent, to the byte. */
  readonly body: string
}

/**
 * The headers that an attempt carries.
 * @param secrets one, or more while they are being changed: each gives a signature, and receivers look for theirs
 */
export function signatureHeaders({ id, now, body }: Signed, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
