import { type SessionId as Id, toDateTime } from '@rightofway/camara'
import { closed, DateTime, type Operation } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { eventId } from '../../delivery/cloud-event.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { SessionId } from './schemas.js'

const tag = 'Events'
const MAX_PAGE = 1_000

const listDeadLetters = {
  operationId: 'listDeadLetters',
  method: 'GET',
  path: '/dead-letters',
  summary: 'List events that could not be delivered and are not tried any more',
  tag,
  success: {
    status: 200,
    description: `The oldest ${MAX_PAGE}.`,
    schema: Type.Array(
      closed({
        eventId: Type.String(),
        sessionId: SessionId,
        time: DateTime,
        attempts: Type.Integer(),
        reason: Type.String({ description: 'What came of the last attempt.' }),
      }),
    ),
  },
  errors: [],
} as const satisfies Operation

const redeliver = {
  operationId: 'redeliverDeadLetters',
  method: 'POST',
  path: '/dead-letters/redeliver',
  summary: 'Put dead letters back in line: those of a session, or all',
  tag,
  body: closed({ sessionId: Type.Optional(SessionId) }),
  success: { status: 200, description: 'How many.', schema: closed({ redelivered: Type.Integer() }) },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

export const deliveryRoutes = [
  route({
    operation: listDeadLetters,
    async handle(_request, { store }: AdminDeps) {
      const letters = await store.events.deadLetters(MAX_PAGE)
      return {
        body: letters.map(({ event, attempts, reason }) => ({
          eventId: eventId(event),
          sessionId: event.session as string,
          time: toDateTime(event.at),
          attempts,
          reason,
        })),
      }
    },
  }),
  route({
    operation: redeliver,
    async handle({ body }, { store, clock }: AdminDeps) {
      return { body: { redelivered: await store.events.redeliver(body.sessionId as Id | undefined, clock.now()) } }
    },
  }),
]
