import { randomBytes, randomFillSync } from 'node:crypto'
import type { AssignmentId, Instant, SessionId } from '@rightofway/camara'
import { assignmentIdFrom, sessionIdFrom } from '../domain/resource-id.js'

/** Random bytes are drawn for many ids at once. */
function drawing<I>(idFrom: (now: Instant, random: Buffer) => I): (now: Instant) => I {
  const pool = randomBytes(10 * 256)
  let used = 0
  return (now) => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    used += 10
    return idFrom(now, pool.subarray(used - 10, used))
  }
}

export const sessionIds = (): ((now: Instant) => SessionId) => drawing(sessionIdFrom)

export const assignmentIds = (): ((now: Instant) => AssignmentId) => drawing(assignmentIdFrom)
