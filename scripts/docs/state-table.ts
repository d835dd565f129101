// docs/reference/session-states.md, made from the state machine: every status, and every event in it.

import { type Instant, seconds } from '@rightofway/camara'
import type { Prefix } from '../../packages/gateway/src/domain/address.js'
import {
  type Assignment,
  type AssignmentEvent,
  requestAssignment,
  stepAssignment,
} from '../../packages/gateway/src/domain/assignment.js'
import type { Resource, ResourceEvent } from '../../packages/gateway/src/domain/resource.js'
import {
  ASSIGNMENT_TERMS,
  assigned,
  at,
  available,
  expired,
  gone,
  requested,
  revoking,
  terminated,
} from '../../packages/gateway/src/domain/session.fixture.js'
import { type Session, type SessionEvent, step } from '../../packages/gateway/src/domain/session.js'
import type { Effect, StepOf } from '../../packages/gateway/src/domain/terms.js'

export const file = 'docs/reference/session-states.md'

const STATES: readonly (readonly [name: string, session: Session])[] = [
  ['REQUESTED', requested()],
  ['AVAILABLE', available()],
  ['UNAVAILABLE, the network ended it', terminated()],
  ['UNAVAILABLE, expired', expired()],
  ['(deleted, not released yet)', gone()],
]

const REVOKED = stepAssignment(revoking(), { type: 'released' }, at(600)).session as Assignment

const ASSIGNMENT_STATES: readonly (readonly [name: string, assignment: Assignment])[] = [
  ['REQUESTED', requestAssignment(ASSIGNMENT_TERMS).session],
  ['AVAILABLE', assigned()],
  ['AVAILABLE, DELETE_REQUESTED', revoking()],
  ['UNAVAILABLE', REVOKED],
  [
    '(deleted, not released yet)',
    stepAssignment(REVOKED, { type: 'delete', released: false }, at(610)).session as Assignment,
  ],
]

/** What can happen, and when, as below: of an assignment granted at 0 s. */
const ASSIGNMENT_HAPPENINGS: readonly Happening<AssignmentEvent, Assignment['status']>[] = [
  ['the network grants it', { type: 'granted', at: at(5) }, 5],
  ['the network refuses it', { type: 'refused' }, 5],
  ['the network drops it', { type: 'lost' }, 1000],
  ['its device gets another address, or has none', { type: 'moved', to: {} }, 1000],
  ['it is revoked', { type: 'delete', released: true }, 700],
  ['its timer fires: the set-up took too long', { type: 'timer', released: false }, 30, 'REQUESTED'],
  ['its timer fires: it was kept for 360 s', { type: 'timer', released: true }, 960, 'UNAVAILABLE'],
  ['its timer fires, and the network has not released it yet', { type: 'timer', released: false }, 960, 'UNAVAILABLE'],
  ['the network confirms the release', { type: 'released' }, 960],
]

type Happening<E, S> = readonly [name: string, event: E, atSeconds: number, of?: S]

/** What can happen, and when: relative to a session asked for and granted at 0 s, for 3600 s. Timers: of which status. */
const HAPPENINGS: readonly Happening<SessionEvent, Session['status']>[] = [
  ['the network grants it', { type: 'granted', at: at(5) }, 5],
  ['the network refuses it', { type: 'refused' }, 5],
  ['the network drops it', { type: 'lost' }, 1000],
  ['its device gets another address', { type: 'moved', to: { ipv4: '10.0.0.2/32' as Prefix } }, 1000],
  ['it is extended', { type: 'extend', by: seconds(600) }, 1000],
  ['it is deleted', { type: 'delete', released: true }, 1000],
  ['its timer fires: the set-up took too long', { type: 'timer', released: false }, 30, 'REQUESTED'],
  ['its timer fires: the duration is over', { type: 'timer', released: false }, 3600, 'AVAILABLE'],
  ['its timer fires: it was kept for 360 s', { type: 'timer', released: true }, 3960, 'UNAVAILABLE'],
  ['its timer fires, and the network has not released it yet', { type: 'timer', released: false }, 3960, 'UNAVAILABLE'],
  ['the network confirms the release', { type: 'released' }, 5000],
]

const WISHES: Record<Exclude<Effect['do'], 'notify'>, string> = {
  reserve: 'the network is asked to reserve it',
  release: 'the network is asked to release it',
}

const describeEffect = (effect: Effect): string =>
  effect.do === 'notify'
    ? `event ${effect.status}${effect.status === 'UNAVAILABLE' ? `, ${effect.statusInfo}` : ''}`
    : WISHES[effect.do]

/** Statuses that the contract has no name for. */
const SHOWN: Readonly<Record<string, string>> = { RELEASING: 'deleted', REVOKING: 'AVAILABLE, DELETE_REQUESTED' }

function outcome<R extends Resource, E extends ResourceEvent>(
  stepOf: (resource: R, event: E, now: Instant) => StepOf<R>,
  resource: R,
  event: E,
  atSeconds: number,
): { to: string; effects: string } | undefined {
  try {
    const next = stepOf(resource, event, at(atSeconds))
    if (next.session === resource) return undefined
    const { status, statusInfo } = {
      statusInfo: undefined,
      ...next.session,
      status: next.session?.status ?? 'forgotten',
    }
    const to = SHOWN[status] ?? (statusInfo === undefined ? status : `${status}, ${statusInfo}`)
    return { to, effects: next.effects.map(describeEffect).join('; ') || 'none' }
  } catch (error) {
    return { to: `refused: \`${(error as { code: string }).code}\``, effects: 'none' }
  }
}

function table<R extends Resource, E extends ResourceEvent>(
  stepOf: (resource: R, event: E, now: Instant) => StepOf<R>,
  states: readonly (readonly [name: string, resource: R])[],
  happenings: readonly Happening<E, R['status']>[],
): string {
  return states
    .flatMap(([from, resource]) =>
      happenings
        .filter(([, , , of = resource.status]) => of === resource.status)
        .map(([name, event, atSeconds]) => ({ from, name, outcome: outcome(stepOf, resource, event, atSeconds) })),
    )
    .filter(({ outcome }) => outcome !== undefined)
    .map(({ from, name, outcome }) => `| ${from} | ${name} | ${outcome?.to} | ${outcome?.effects} |`)
    .join('\n')
}

export function generate(): string {
  return `# The states of a session

\`npm run docs\` prints this table from the state machine (\`packages/gateway/src/domain/session.ts\`). Events that are not
in the table change nothing: networks repeat messages, and timers set before an extension still fire.

| status | event | next status | effects |
|---|---|---|---|
${table(step, STATES, HAPPENINGS)}

- \`startedAt\` is the time of the grant, by the clock of the network; \`expiresAt\` is \`startedAt\` plus \`duration\`.
- After DURATION_EXPIRED, \`expiresAt\` is the planned end. After an early end it is the actual end, and \`duration\` is the
  actual duration in seconds, rounded up, at least 1.
- After \`expiresAt\` a session counts as expired, even if its timer fires a moment late.
- A session that has ended can be read for 360 s and is then forgotten. A deleted session cannot be read.
- A session that never started has no \`startedAt\` and no \`expiresAt\`; its \`duration\` is the one that was granted.

## The states of an assignment

Printed from \`packages/gateway/src/domain/assignment.ts\`. An assignment has no duration, and no timer while it is AVAILABLE.

| status | event | next status | effects |
|---|---|---|---|
${table(stepAssignment, ASSIGNMENT_STATES, ASSIGNMENT_HAPPENINGS)}

- One that was revoked is AVAILABLE with DELETE_REQUESTED until the network has let go.
- One that has ended can be read for 360 s, and stands in the way of another one of its device as long; to delete it again
  ends that.
`
}
