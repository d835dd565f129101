import { type SessionId as Id, type Mutable, toDateTime } from '@rightofway/camara'
import { closed, DateTime, EventQosStatus, type Operation, oneOf, StatusInfo } from '@rightofway/camara/schemas'
import Type, { type Static } from 'typebox'
import { queueApplication, queueHost } from '../../domain/queue.js'
import type { DeliveryAttempt, DeliveryRecord } from '../../ports/store/events.js'
import { eventId, parseEventId } from '../../usecases/events/cloud-event.js'
import { listDeadLetters as deadLetters } from '../../usecases/events/list-dead-letters.js'
import { listDeliveries as deliveriesOf } from '../../usecases/events/list-deliveries.js'
import { listEventQueues as eventQueues } from '../../usecases/events/list-event-queues.js'
import * as redelivery from '../../usecases/events/redeliver.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { SessionId } from './schemas.js'

const tag = 'Events'
const MAX_PAGE = 1_000

const SessionPath = closed({ sessionId: SessionId })
const EventId = Type.String({ maxLength: 64, description: 'As in the event.' })

const Attempt = closed(
  {
    at: DateTime,
    ms: Type.Integer({ description: 'How long it took.' }),
    status: Type.Optional(Type.Integer({ description: "HTTP status of the sink's answer." })),
    reason: Type.Optional(Type.String({ description: 'Why there was no answer, or why nothing was sent.' })),
  },
  { title: 'DeliveryAttempt', description: 'One attempt to deliver an event.' },
)

const DeliveryState = oneOf(['none', 'waiting', 'delivered', 'dead', 'stopped'], {
  title: 'DeliveryState',
  description:
    'none: the session has no sink. waiting: it is or will be attempted. delivered: the sink answered 2xx. dead: it is ' +
    'not attempted any more. stopped: the sink answered 410 to it or to an earlier one.',
})

const EventDelivery = closed(
  {
    eventId: EventId,
    time: DateTime,
    qosStatus: EventQosStatus,
    statusInfo: Type.Optional(StatusInfo),
    state: DeliveryState,
    attempts: Type.Array(Attempt),
    nextAttemptAt: Type.Optional(DateTime),
    reason: Type.Optional(Type.String({ description: 'Why it is dead or stopped.' })),
  },
  { title: 'EventDelivery', description: 'What became of an event so far.' },
)

const DeadLetter = closed(
  {
    eventId: EventId,
    sessionId: SessionId,
    time: DateTime,
    attempts: Type.Integer(),
    reason: Type.String({ description: 'What came of the last attempt.' }),
  },
  { title: 'DeadLetter', description: 'An event that is not attempted any more.' },
)

const EventQueue = closed(
  {
    application: Type.String(),
    host: Type.String({ description: 'Name, and port if it is not the usual one.' }),
    waiting: Type.Integer({ description: 'Sessions with an event that waits.' }),
    nextAttemptAt: DateTime,
    underWay: Type.Integer({ description: 'Attempts under way.' }),
    slow: Type.Boolean({ description: 'The last attempt took long, or was not answered.' }),
  },
  { title: 'EventQueue', description: 'Events of one application to one host.' },
)

const Redelivered = closed({ redelivered: Type.Integer({ description: 'How many events.' }) })

const listDeadLetters = {
  operationId: 'listDeadLetters',
  method: 'GET',
  path: '/dead-letters',
  summary: 'List events that could not be delivered and are not attempted any more',
  tag,
  success: { status: 200, description: `The oldest ${MAX_PAGE}.`, schema: Type.Array(DeadLetter) },
  errors: [],
} as const satisfies Operation

const redeliverDeadLetters = {
  operationId: 'redeliverDeadLetters',
  method: 'POST',
  path: '/dead-letters/redeliver',
  summary: 'Put all dead letters back in line',
  tag,
  success: { status: 200, description: 'How many.', schema: Redelivered },
  errors: [],
} as const satisfies Operation

const listDeliveries = {
  operationId: 'listSessionDeliveries',
  method: 'GET',
  path: '/sessions/{sessionId}/deliveries',
  summary:
    'What became of the events of a session: every attempt, what the sink answered, and when the next one is due',
  tag,
  params: SessionPath,
  success: { status: 200, description: 'Its events, in order.', schema: Type.Array(EventDelivery) },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const redeliverSession = {
  operationId: 'redeliverSessionEvents',
  method: 'POST',
  path: '/sessions/{sessionId}/redeliver',
  summary: 'Put all events of a session that were not delivered back in line; one that waits is attempted now',
  tag,
  params: SessionPath,
  success: { status: 200, description: 'How many.', schema: Redelivered },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT'],
} as const satisfies Operation

const redeliverEvent = {
  operationId: 'redeliverEvent',
  method: 'POST',
  path: '/events/{eventId}/redeliver',
  summary: 'Put an event back in line, even one that was delivered; one that waits is attempted now',
  tag,
  params: closed({ eventId: EventId }),
  success: { status: 200, description: 'How many: 1.', schema: Redelivered },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT'],
} as const satisfies Operation

const listQueues = {
  operationId: 'listEventQueues',
  method: 'GET',
  path: '/event-queues',
  summary: 'Where events wait for their delivery',
  tag,
  success: { status: 200, description: 'Every queue in which something waits.', schema: Type.Array(EventQueue) },
  errors: [],
} as const satisfies Operation

export const deliveryRoutes = [
  route({
    operation: listDeadLetters,
    async handle(_request, deps: AdminDeps) {
      const letters = await deadLetters(deps, MAX_PAGE)
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
    operation: redeliverDeadLetters,
    async handle(_request, deps: AdminDeps) {
      return { body: { redelivered: await redelivery.redeliverDeadLetters(deps) } }
    },
  }),
  route({
    operation: listDeliveries,
    async handle({ params }, deps: AdminDeps) {
      return { body: (await deliveriesOf(deps, params.sessionId as Id)).map(toEventDelivery) }
    },
  }),
  route({
    operation: redeliverSession,
    async handle({ params }, deps: AdminDeps) {
      return { body: { redelivered: await redelivery.redeliverSession(deps, params.sessionId as Id) } }
    },
  }),
  route({
    operation: redeliverEvent,
    async handle({ params }, deps: AdminDeps) {
      return { body: { redelivered: await redelivery.redeliverEvent(deps, parseEventId(params.eventId)) } }
    },
  }),
  route({
    operation: listQueues,
    async handle(_request, deps: AdminDeps) {
      const queues = await eventQueues(deps)
      return {
        body: queues.map(({ queue, nextAttemptAt, ...state }) => ({
          application: queueApplication(queue) as string,
          host: queueHost(queue),
          nextAttemptAt: toDateTime(nextAttemptAt),
          ...state,
        })),
      }
    },
  }),
]

function toEventDelivery({ event, state, attempts, nextAttemptAt, reason }: DeliveryRecord) {
  const delivery: Mutable<Static<typeof EventDelivery>> = {
    eventId: eventId(event),
    time: toDateTime(event.at),
    qosStatus: event.report.status,
    state,
    attempts: attempts.map(toAttempt),
  }
  if (event.report.status === 'UNAVAILABLE') delivery.statusInfo = event.report.statusInfo
  if (nextAttemptAt !== undefined) delivery.nextAttemptAt = toDateTime(nextAttemptAt)
  if (reason !== undefined) delivery.reason = reason
  return delivery
}

const toAttempt = ({ at, ...rest }: DeliveryAttempt) => ({ at: toDateTime(at), ...rest })
