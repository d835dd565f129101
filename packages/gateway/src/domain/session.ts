// The life of a session. Everything that can change its status is in this file, and this file does nothing else: no
// clock, no I/O, no randomness. Time comes in as `now`, the world as events, and wishes go out as effects.
//
// Two rules:
//   1. A refused event throws and changes nothing. An event that says nothing new returns the session it was given.
//   2. Only what `step` returns may be stored, and it is stored before any of its effects is acted on.
//
//                   .-- extend --.
//                   v            |
//   REQUESTED --granted--> AVAILABLE --timer | lost | delete--.
//       |                                                     v
//       '--refused | lost | timer (set-up too long)--> UNAVAILABLE --timer (kept long enough) | delete--> forgotten
//       '--delete--> RELEASING --released--> forgotten                |
//                     ^-----------------------------------------'  while the network has not let go
//
// RELEASING is no status of the contract: to its application such a session no longer exists. We keep it until the network
// has confirmed that it let go, for what we forget we can no longer release.

import {
  type ApplicationServer,
  after,
  type Device,
  type Instant,
  instant,
  type PortsSpec,
  QodError,
  type Seconds,
  type SessionId,
  type StatusInfo,
  seconds,
  secondsUp,
} from '@rightofway/camara'
import { type DeviceAddresses, type Flow, sameAddresses } from './flow.js'
import type { GrantedProfile } from './profile.js'
import { type Asked, type CommonTerms, keptUntil, type StepOf } from './terms.js'

/** What is fixed when a session is created. Only the addresses of its device can change later. */
export interface Terms extends CommonTerms {
  readonly id: SessionId
  readonly flow: Flow
  readonly profile: GrantedProfile
  readonly asked: Asked & {
    /** The device as the request had it, for callers that are shown it in that form. */
    readonly deviceAsSent?: Device
    readonly applicationServer: ApplicationServer
    readonly devicePorts?: PortsSpec
    readonly applicationServerPorts?: PortsSpec
  }
}

interface Requested extends Terms {
  readonly status: 'REQUESTED'
  /** As granted for later. */
  readonly duration: Seconds
}

interface Available extends Terms {
  readonly status: 'AVAILABLE'
  /** From `startedAt` to `expiresAt`, extensions included. */
  readonly duration: Seconds
  /** The network's own time of the grant. */
  readonly startedAt: Instant
  readonly expiresAt: Instant
}

interface Unavailable extends Terms {
  readonly status: 'UNAVAILABLE'
  /** The actual duration; if it never started, the granted one. */
  readonly duration: Seconds
  readonly startedAt?: Instant
  readonly statusInfo: StatusInfo
  /** Why the network refused or ended it, in the network's words, for people. */
  readonly reason?: string
  readonly endedAt: Instant
}

interface Releasing extends Omit<Unavailable, 'status' | 'statusInfo'> {
  readonly status: 'RELEASING'
  readonly statusInfo?: StatusInfo
}

export type Session = Readonly<Requested | Available | Unavailable | Releasing>

export type SessionEvent =
  /** The network has granted it since `at` (its own clock), until `until` if that is earlier than asked. */
  | { readonly type: 'granted'; readonly at: Instant; readonly until?: Instant }
  /** The network refuses it. */
  | { readonly type: 'refused'; readonly reason?: string }
  /** The network has ended it. */
  | { readonly type: 'lost'; readonly reason?: string }
  /** Its device has other addresses now. */
  | { readonly type: 'moved'; readonly to: DeviceAddresses }
  | { readonly type: 'extend'; readonly by: Seconds }
  /** @property released whether no network task is left for this session */
  | { readonly type: 'delete'; readonly released: boolean }
  /** `deadline` has passed, or an earlier deadline that was replaced. */
  | { readonly type: 'timer'; readonly released: boolean }
  /** The network confirms that it holds nothing for this session. */
  | { readonly type: 'released' }

export type Step = StepOf<Session>

/** The first step of every session. */
export function request(terms: Terms, duration: Seconds): Step & { readonly session: Session } {
  return { session: { ...terms, status: 'REQUESTED', duration }, effects: [{ do: 'reserve' }] }
}

/**
 * What `event` makes of `session`.
 * @throws {QodError} `QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED`, `NOT_FOUND`: the event is refused
 */
export function step(session: Session, event: SessionEvent, now: Instant): Step {
  switch (event.type) {
    case 'granted': {
      const { at, until } = event
      // Networks repeat answers, and answer late: the first grant counts, and none after an end.
      if (session.status === 'AVAILABLE') return { session: endingBy(session, until), effects: [] }
      if (session.status !== 'REQUESTED') return unchanged(session)
      const whole: Available = {
        ...session,
        status: 'AVAILABLE',
        startedAt: at,
        expiresAt: after(at, session.duration),
      }
      const available = endingBy(whole, until)
      return { session: available, effects: [{ do: 'notify', ordinal: 1, at, status: 'AVAILABLE' }] }
    }

    case 'refused':
    case 'lost':
      if (session.status === 'REQUESTED') return fail(session, now, event.reason)
      if (session.status === 'AVAILABLE') return end(session, 'NETWORK_TERMINATED', now, event.reason)
      return unchanged(session)

    case 'moved': {
      if (!isLive(session) || sameAddresses(session.flow.device, event.to)) return unchanged(session)
      const moved = { ...session, flow: { ...session.flow, device: event.to } }
      return { session: moved, effects: [{ do: 'reserve' }] }
    }

    case 'extend': {
      if (session.status === 'RELEASING') throw new QodError('NOT_FOUND')
      if (session.status !== 'AVAILABLE' || now >= session.expiresAt) {
        throw new QodError('QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED')
      }
      // A maximum lowered after the grant does not shorten what was granted.
      const longest = Math.max(session.profile.maxDuration, session.duration)
      const duration = seconds(Math.min(session.duration + event.by, longest))
      if (duration === session.duration) return unchanged(session)
      const extended: Available = { ...session, duration, expiresAt: after(session.startedAt, duration) }
      return { session: extended, effects: [{ do: 'reserve' }] }
    }

    case 'delete':
      switch (session.status) {
        case 'RELEASING':
          throw new QodError('NOT_FOUND')
        case 'UNAVAILABLE':
          return leave(session, event.released)
        case 'REQUESTED': {
          const gone: Releasing = { ...session, status: 'RELEASING', endedAt: now }
          return { session: gone, effects: [{ do: 'release' }] }
        }
        case 'AVAILABLE': {
          const { session: ended, effects } = end(session, 'DELETE_REQUESTED', now)
          return { session: { ...ended, status: 'RELEASING' }, effects }
        }
      }
      break

    case 'timer':
      switch (session.status) {
        case 'RELEASING':
          return unchanged(session)
        case 'REQUESTED':
          return now < session.setUpBy ? unchanged(session) : fail(session, now, 'the network did not answer in time')
        case 'AVAILABLE':
          // Extended after this timer was set: sleep on.
          return now < session.expiresAt ? unchanged(session) : end(session, 'DURATION_EXPIRED', now)
        case 'UNAVAILABLE':
          return now < keptUntil(session) ? unchanged(session) : leave(session, event.released)
      }
      break

    case 'released':
      return session.status === 'RELEASING' ? { session: undefined, effects: [] } : unchanged(session)
  }
}

/** When `step` needs a `timer` event, if nothing happens before. */
export function deadline(session: Session): Instant | undefined {
  switch (session.status) {
    case 'REQUESTED':
      return session.setUpBy
    case 'AVAILABLE':
      return session.expiresAt
    case 'UNAVAILABLE':
      return keptUntil(session)
    case 'RELEASING':
      return undefined
  }
}

/**
 * The session as a reader at `now` should see it: it has ended at its deadline, even if its timer fires later.
 * The result is exactly what the timer will store.
 */
export function asOf(session: Session, now: Instant): Session | undefined {
  const due = session.status === 'AVAILABLE' && now >= session.expiresAt
  const seen = due ? end(session, 'DURATION_EXPIRED', now).session : session
  return seen.status === 'RELEASING' || (seen.status === 'UNAVAILABLE' && now >= keptUntil(seen)) ? undefined : seen
}

/** Whether the network should be holding something for this session. */
export const isLive = (session: Session): boolean => session.status === 'REQUESTED' || session.status === 'AVAILABLE'

const unchanged = (session: Session): Step => ({ session, effects: [] })

/** A network that releases it earlier than it was asked to makes the session shorter. */
function endingBy(session: Available, until: Instant | undefined): Available {
  if (until === undefined || until >= session.expiresAt) return session
  const { startedAt } = session
  // Whole seconds: the contract has no fractions.
  const duration = seconds(Math.max(1, Math.floor((until - startedAt) / 1000)))
  return { ...session, expiresAt: after(startedAt, duration), duration }
}

/** The network never granted it. */
function fail(session: Requested, now: Instant, reason?: string): Step {
  const statusInfo = 'NETWORK_TERMINATED'
  const failed: Unavailable = { ...session, status: 'UNAVAILABLE', statusInfo, endedAt: now, ...(reason && { reason }) }
  return {
    session: failed,
    effects: [{ do: 'release' }, { do: 'notify', ordinal: 1, at: now, status: 'UNAVAILABLE', statusInfo }],
  }
}

/** The network ended it now. If its planned end has already passed, it ended then, and for that reason. */
function end(
  session: Available,
  because: StatusInfo,
  now: Instant,
  reason?: string,
): Step & { readonly session: Unavailable } {
  const expired = now >= session.expiresAt
  const statusInfo = expired ? 'DURATION_EXPIRED' : because
  // If the clock was set back, the end must not precede the start.
  const endedAt = expired ? session.expiresAt : instant(Math.max(now, session.startedAt))
  const { expiresAt: _, ...rest } = session
  const ended: Unavailable = {
    ...rest,
    status: 'UNAVAILABLE',
    statusInfo,
    ...(reason && !expired && { reason }),
    endedAt,
    duration: seconds(Math.max(1, secondsUp(session.startedAt, endedAt))),
  }
  return {
    session: ended,
    effects: [{ do: 'release' }, { do: 'notify', ordinal: 2, at: endedAt, status: 'UNAVAILABLE', statusInfo }],
  }
}

/**
 * The session can no longer be read. It is forgotten, unless its release is pending. Then the release is repeated:
 * an answer to the first one may arrive when there is nothing left that it could settle.
 */
const leave = (session: Unavailable, released: boolean): Step => ({
  session: released ? undefined : { ...session, status: 'RELEASING' },
  effects: released ? [] : [{ do: 'release' }],
})
