// Sessions in a store: asked for and moved on by the state machine itself, so that no test stores what cannot be.

import { type AssignmentId, type Instant, type SessionId, seconds } from '@rightofway/camara'
import type { Prefix } from '../../src/domain/address.js'
import {
  type Assignment,
  type AssignmentEvent,
  type AssignmentTerms,
  requestAssignment,
  stepAssignment,
} from '../../src/domain/assignment.js'
import type { Resource } from '../../src/domain/resource.js'
import { ASSIGNMENT_TERMS, at, NOON, TERMS } from '../../src/domain/session.fixture.js'
import { request, type Session, type SessionEvent, step, type Terms } from '../../src/domain/session.js'
import type { Ciphertext } from '../../src/ports/store/secrets.js'
import type { Creation, SessionCommit, SessionStore, Stored, Version } from '../../src/ports/store/sessions.js'
import type { Store } from '../../src/ports/store/store.js'

let made = 0

/** Ids in the order of their making, as the gateway's own are. */
export const nextId = (): SessionId => `019748a0-0000-7000-8000-${(++made).toString(16).padStart(12, '0')}` as SessionId

/** Terms of a session of its own, of the device of {@link TERMS}, to a server of its own. */
export function someTerms(terms: Partial<Terms> = {}): Terms {
  const id = nextId()
  const server = [`198.18.${(made >> 8) % 256}.${made % 256}/32` as Prefix]
  return { ...TERMS, id, flow: { ...TERMS.flow, server }, ...terms }
}

/** The change that creates a session of an hour. */
export function creation(terms: Partial<Terms> = {}, creation: Partial<Creation> = {}): SessionCommit {
  const asked = someTerms(terms)
  const { sink } = creation
  const withSink = sink === undefined ? asked : { ...asked, asked: { ...asked.asked, sink: sink.url } }
  return {
    id: asked.id,
    basedOn: null,
    step: request(withSink, seconds(3600)),
    creation: { conflictRule: 'overlap', ...creation },
  }
}

/** Commits a change, and returns what is stored then. */
export async function commit<R extends Resource = Session>(
  sessions: SessionStore,
  change: SessionCommit,
): Promise<Stored<R>> {
  const version = await sessions.commit(change)
  const { session } = change.step
  if (session === undefined) throw new Error('the session is forgotten: there is nothing to go on with')
  return { session: session as R, version }
}

/** Creates a session, asked for at noon for an hour. */
export const create = (
  sessions: SessionStore,
  terms: Partial<Terms> = {},
  more: Partial<Creation> = {},
): Promise<Stored> => commit(sessions, creation(terms, more))

/** The change that `event` makes of a session. */
export const changeBy = (
  { session, version }: Stored,
  event: SessionEvent,
  now: Instant,
  settles?: Version,
): SessionCommit => ({
  id: session.id,
  basedOn: version,
  step: step(session, event, now),
  ...(settles !== undefined && { settles }),
})

/** Something happens to a session, and is committed. */
export const happen = (
  sessions: SessionStore,
  stored: Stored,
  event: SessionEvent,
  now: Instant,
  settles?: Version,
): Promise<Stored> => commit(sessions, changeBy(stored, event, now, settles))

/** Creates a session that the network grants at once. */
export async function createGranted(
  sessions: SessionStore,
  terms: Partial<Terms> = {},
  more: Partial<Creation> = {},
): Promise<Stored> {
  const stored = await create(sessions, terms, more)
  return happen(sessions, stored, { type: 'granted', at: NOON }, NOON, stored.version)
}

/** A session is deleted a minute after noon, and forgotten when the network has let go. */
export async function forget(sessions: SessionStore, stored: Stored): Promise<void> {
  const gone = await happen(sessions, stored, { type: 'delete', released: false }, at(60))
  await sessions.commit(changeBy(gone, { type: 'released' }, at(61), gone.version))
}

let counted = 0

/** How many secrets there are at rest: each is asked for when it is to be rewritten. Leaves them with another prefix. */
export function secretsAtRest(store: Store): Promise<number> {
  const prefix = `count-${++counted}.`
  return store.rewriteSecrets(prefix, (old) => old.replace(/^(count-\d+\.)?/, prefix) as Ciphertext)
}

/** Creates an assignment of the device of {@link TERMS}, asked for at noon. */
export function createAssignment(
  sessions: SessionStore,
  terms: Partial<AssignmentTerms> = {},
  more: Partial<Creation> = {},
): Promise<Stored<Assignment>> {
  const id = `019748a0-0000-8000-8000-${(++made).toString(16).padStart(12, '0')}` as AssignmentId
  const asked = more.sink === undefined ? {} : { sink: more.sink.url }
  const step = requestAssignment({ ...ASSIGNMENT_TERMS, id, asked, ...terms })
  return commit(sessions, { id, basedOn: null, step, creation: { conflictRule: 'overlap', ...more } })
}

/** Something happens to an assignment, and is committed. */
export const happenTo = (
  sessions: SessionStore,
  { session, version }: Stored<Assignment>,
  event: AssignmentEvent,
  now: Instant,
  settles?: Version,
): Promise<Stored<Assignment>> =>
  commit(sessions, {
    id: session.id,
    basedOn: version,
    step: stepAssignment(session, event, now),
    ...(settles !== undefined && { settles }),
  })
