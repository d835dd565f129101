// AVAILABLE sessions, added by commits of a store, without a network.

import { randomBytes } from 'node:crypto'
import { type DeviceId, type Instant, instant, type SessionId, seconds } from '@rightofway/camara'
import { sessionIdFrom } from '../../packages/gateway/src/domain/resource-id.js'
import { TERMS } from '../../packages/gateway/src/domain/session.fixture.js'
import { request, type Session, step } from '../../packages/gateway/src/domain/session.js'
import type { Store } from '../../packages/gateway/src/ports/store/store.js'

const AT_ONCE = 2_000
const DURATION_S = 3_600

/** One for each of `ends`, which is when it ends, in milliseconds since the epoch. Returns them by their ids. */
export async function addActiveSessions(store: Store, ends: readonly number[]): Promise<Map<SessionId, number>> {
  const added = new Map<SessionId, number>()
  for (let from = 0; from < ends.length; from += AT_ONCE) {
    await Promise.all(
      ends.slice(from, from + AT_ONCE).map(async (time) => {
        const end = instant(time)
        const session = activeSession(end)
        await store.sessions.commit({
          id: session.id,
          basedOn: null,
          step: { session, effects: [] },
          creation: { conflictRule: 'overlap' },
        })
        added.set(session.id, end)
      }),
    )
  }
  return added
}

function activeSession(end: Instant): Session {
  const startedAt = instant(end - DURATION_S * 1000)
  const id = sessionIdFrom(startedAt, randomBytes(10))
  const terms = { ...TERMS, id, device: `open:${id}` as DeviceId, createdAt: startedAt }
  const asked = request(terms, seconds(DURATION_S)).session
  return step(asked, { type: 'granted', at: startedAt }, startedAt).session as Session
}

/** `count` times, evenly distributed over one second. */
export const withinASecond = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => Math.floor(from + (index * 1000) / count))
