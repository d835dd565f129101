import type { AssignmentId, ResourceId, SessionId } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { type Resource, seenAt } from '../../domain/resource.js'
import type { SessionEventRecord } from '../../ports/store/events.js'
import type { Deps } from '../deps.js'
import { following } from './following.js'
import { ownedAssignment, ownedSession } from './owned-resource.js'

export interface Watching {
  /** The last event was told before: there is nothing to follow. */
  readonly over: boolean
  /** Events after the one given, as they come; null when nothing has come for `quietMs`. Ends after the last event. */
  readonly events: AsyncGenerator<SessionEventRecord | null>
}

export interface WatchOptions {
  /** Ordinal of the last event that the caller has seen; 0 for none. */
  readonly after: number
  readonly quietMs: number
  readonly signal: AbortSignal
}

/**
 * Follows a session.
 * @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED`
 */
export async function watchSession(
  deps: Deps,
  id: SessionId,
  caller: Caller,
  options: WatchOptions,
): Promise<Watching> {
  await ownedSession(deps, id, caller)
  return watch(deps, id, options)
}

/**
 * Follows an assignment.
 * @throws {QodError} `NOT_FOUND`, `PERMISSION_DENIED`
 */
export async function watchAssignment(
  deps: Deps,
  id: AssignmentId,
  caller: Caller,
  options: WatchOptions,
): Promise<Watching> {
  await ownedAssignment(deps, id, caller)
  return watch(deps, id, options)
}

async function watch(deps: Deps, id: ResourceId, { after, quietMs, signal }: WatchOptions): Promise<Watching> {
  const { store } = deps
  const seen = await store.events.ofSession(id, 0)
  return {
    over: seen.some(({ ordinal, report }) => report.status === 'UNAVAILABLE' && ordinal <= after),
    events: following({
      subscribe: (onChange) => store.sessions.watch(id, onChange),
      read: reader(deps, id, after),
      quietMs,
      signal,
    }),
  }
}

function reader({ store, clock }: Deps, id: ResourceId, after: number) {
  let last = after
  return async function* (): AsyncGenerator<SessionEventRecord, boolean> {
    for (const event of await store.events.ofSession(id, last)) {
      yield event
      last = event.ordinal
      if (event.report.status === 'UNAVAILABLE') return true
    }
    const stored = await store.sessions.find(id)
    const seen = stored && seenAt(stored.session, clock.now())
    return seen === undefined || endedUntold(seen)
  }
}

/** Deleted before it began: there was no event, and will be none. */
const endedUntold = (resource: Resource): boolean =>
  resource.status === 'UNAVAILABLE' && resource.statusInfo === 'DELETE_REQUESTED' && resource.startedAt === undefined
