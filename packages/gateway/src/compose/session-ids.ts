import { randomBytes, randomFillSync } from 'node:crypto'
import type { Instant, SessionId } from '@rightofway/camara'
import { sessionIdFrom } from '../domain/session-id.js'

/** Random bytes are drawn for many ids at once. */
export function sessionIds(): (now: Instant) => SessionId {
  const pool = randomBytes(10 * 256)
  let used = 0
  return (now) => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    used += 10
    return sessionIdFrom(now, pool.subarray(used - 10, used))
  }
}
