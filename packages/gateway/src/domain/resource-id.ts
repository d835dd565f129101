import type { AssignmentId, Instant, ResourceId, SessionId } from '@rightofway/camara'

/** The digit of a UUID that says its version. */
const VERSION_AT = 14

/**
 * A UUID version 7 (RFC 9562 section 5.7): consecutive ids are adjacent in an index, and the
 * order of ids is the order of creation.
 * @param random at least 10 unpredictable bytes
 */
export const sessionIdFrom = (now: Instant, random: Buffer): SessionId => idFrom('7', now, random) as SessionId

/**
 * A UUID of the same layout and of version 8 (section 5.8, whose layout is its maker's): what is kept by an id alone,
 * as events and reservations are, says by that whether it is of a session or of an assignment.
 * @param random at least 10 unpredictable bytes
 */
export const assignmentIdFrom = (now: Instant, random: Buffer): AssignmentId => idFrom('8', now, random) as AssignmentId

export const isAssignmentId = (id: ResourceId): id is AssignmentId => id[VERSION_AT] === '8'

/** What an id names, for people. */
export const kindOf = (id: ResourceId): 'session' | 'assignment' => (isAssignmentId(id) ? 'assignment' : 'session')

function idFrom(version: '7' | '8', now: Instant, random: Buffer): string {
  const time = now.toString(16).padStart(12, '0')
  const noise = random.toString('hex', 0, 10)
  const variant = ((random[2] as number) & 0x3f) | 0x80
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${noise.slice(1, 4)}-${variant.toString(16)}${noise.slice(6, 8)}-${noise.slice(8)}`
}
