import type { Instant, SessionId } from '@rightofway/camara'

/**
 * A UUID version 7 (RFC 9562 section 5.7): consecutive ids are adjacent in an index, and the
 * order of ids is the order of creation.
 * @param random at least 10 unpredictable bytes
 */
export function sessionIdFrom(now: Instant, random: Buffer): SessionId {
  const time = now.toString(16).padStart(12, '0')
  const noise = random.toString('hex', 0, 10)
  const variant = ((random[2] as number) & 0x3f) | 0x80
  return `${time.slice(0, 8)}-${time.slice(8)}-7${noise.slice(1, 4)}-${variant.toString(16)}${noise.slice(6, 8)}-${noise.slice(8)}` as SessionId
}
