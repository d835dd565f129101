// docs/reference/session-states.md, made from the state machine: every status, and every event in it.

import { seconds } from '@rightofway/camara'
import type { Prefix } from '../../packages/gateway/src/domain/address.js'
import {
  at,
  available,
  expired,
  gone,
  requested,
  terminated,
} from '../../packages/gateway/src/domain/session.fixture.js'
import { type Effect, type Session, type SessionEvent, step } from '../../packages/gateway/src/domain/session.js'

export const file = 'docs/reference/session-states.md'

const STATES: readonly (readonly [name: string, session: Session])[] = [
  ['REQUESTED', requested()],
  ['AVAILABLE', available()],
  ['UNAVAILABLE, the network ended it', terminated()],
  ['UNAVAILABLE, expired', expired()],
  ['(deleted, not released yet)', gone()],
]

/** What can happen, and when: relative to a session asked for and granted at 0 s, for 3600 s. Timers: of which status. */
const HAPPENINGS: readonly (readonly [name: string, event: SessionEvent, atSeconds: number, of?: Session['status']])[] =
  [
    ['the network grants it', { type: 'granted', at: at(5) }, 5],
    ['the network refuses it', { type: 'refused' }, 5],
    ['the network drops it', { type: 'lost' }, 1000],
    ['its device gets another address', { type: 'moved', to: { ipv4: '10.0.0.2/32' as Prefix } }, 1000],
    ['it is extended', { type: 'extend', by: seconds(600) }, 1000],
    ['it is deleted', { type: 'delete', released: true }, 1000],
    ['its timer fires: the set-up took too long', { type: 'timer', released: false }, 30, 'REQUESTED'],
    ['its timer fires: the duration is over', { type: 'timer', released: false }, 3600, 'AVAILABLE'],
    ['its timer fires: it was kept for 360 s', { type: 'timer', released: true }, 3960, 'UNAVAILABLE'],
    [
      'its timer fires, and the network has not released it yet',
      { type: 'timer', released: false },
      3960,
      'UNAVAILABLE',
    ],
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

function outcome(
  session: Session,
  event: SessionEvent,
  atSeconds: number,
): { to: string; effects: string } | undefined {
  try {
    const next = step(session, event, at(atSeconds))
    if (next.session === session) return undefined
    const { status, statusInfo } = {
      statusInfo: undefined,
      ...next.session,
      status: next.session?.status ?? 'forgotten',
    }
    const to = status === 'RELEASING' ? 'deleted' : statusInfo === undefined ? status : `${status}, ${statusInfo}`
    return { to, effects: next.effects.map(describeEffect).join('; ') || 'none' }
  } catch (error) {
    return { to: `refused: \`${(error as { code: string }).code}\``, effects: 'none' }
  }
}

export function generate(): string {
  const rows = STATES.flatMap(([from, session]) =>
    HAPPENINGS.filter(([, , , of = session.status]) => of === session.status).map(([name, event, atSeconds]) => ({
      from,
      name,
      outcome: outcome(session, event, atSeconds),
    })),
  )
  const changes = rows
    .filter(({ outcome }) => outcome !== undefined)
    .map(({ from, name, outcome }) => `| ${from} | ${name} | ${outcome?.to} | ${outcome?.effects} |`)
  return `# The states of a session

\`npm run docs\` prints this table from the state machine (\`packages/gateway/src/domain/session.ts\`). Events that are not
in the table change nothing: networks repeat messages, and timers set before an extension still fire.

| status | event | next status | effects |
|---|---|---|---|
${changes.join('\n')}

- \`startedAt\` is the time of the grant, by the clock of the network; \`expiresAt\` is \`startedAt\` plus \`duration\`.
- After DURATION_EXPIRED, \`expiresAt\` is the planned end. After an early end it is the actual end, and \`duration\` is the
  actual duration in seconds, rounded up, at least 1.
- After \`expiresAt\` a session counts as expired, even if its timer fires a moment late.
- A session that has ended can be read for 360 s and is then forgotten. A deleted session cannot be read.
- A session that never started has no \`startedAt\` and no \`expiresAt\`; its \`duration\` is the one that was granted.
`
}
