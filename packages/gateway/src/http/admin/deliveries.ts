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
    'none: the session has no sink. waiting: it is being delivered, or will be. delivered: the sink answered ' +
    '2xx. dead: delivery was given up. stopped: the sink answered 410 to it or to an earlier event.',
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
  { title: 'EventDelivery', description: 'The delivery of an event so far.' },
)

const DeadLetter = closed(
  {
    eventId: EventId,
    sessionId: SessionId,
    time: DateTime,
    attempts: Type.Integer(),
    reason: Type.String({ description: 'The result of the last attempt.' }),
  },
  { title: 'DeadLetter', description: 'An event whose delivery was given up.' },
)

const EventQueue = closed(
  {
    application: Type.String(),
    host: Type.String({ description: 'Name, and port if it is not the default port.' }),
    waiting: Type.Integer({ description: 'Sessions with a waiting event.' }),
    nextAttemptAt: DateTime,
    underWay: Type.Integer({ description: 'Attempts in progress.' }),
    slow: Type.Boolean({ description: 'The last attempt took long, or got no answer.' }),
  },
  { title: 'EventQueue', description: 'Events of one application to one host.' },
)

const Redelivered = closed({ redelivered: Type.Integer({ description: 'Number of events.' }) })

const listDeadLetters = {
  operationId: 'listDeadLetters',
  method: 'GET',
  path: '/dead-letters',
  summary: 'List dead letters: events whose delivery was given up',
  tag,
  success: { status: 200, description: `The oldest ${MAX_PAGE}.`, schema: Type.Array(DeadLetter) },
  errors: [],
} as const satisfies Operation

const redeliverDeadLetters = {
  operationId: 'redeliverDeadLetters',
  method: 'POST',
  path: '/dead-letters/redeliver',
  summary: 'Deliver all dead letters again',
  tag,
  success: { status: 200, description: 'Their number.', schema: Redelivered },
  errors: [],
} as const satisfies Operation

const listDeliveries = {
  operationId: 'listSessionDeliveries',
  method: 'GET',
  path: '/sessions/{sessionId}/deliveries',
  summary: 'Get the deliveries of a session: every attempt, the answer of the sink, and the time of the next attempt',
  tag,
  params: SessionPath,
  success: { status: 200, description: 'Its events, in order.', schema: Type.Array(EventDelivery) },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const redeliverSession = {
  operationId: 'redeliverSessionEvents',
  method: 'POST',
  path: '/sessions/{sessionId}/redeliver',
  summary: 'Deliver all undelivered events of a session again; waiting events are attempted now',
  tag,
  params: SessionPath,
  success: { status: 200, description: 'Their number.', schema: Redelivered },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT'],
} as const satisfies Operation

const redeliverEvent = {
  operationId: 'redeliverEvent',
  method: 'POST',
  path: '/events/{eventId}/redeliver',
  summary: 'Deliver an event again, even one that was delivered; a waiting event is attempted now',
  tag,
  params: closed({ eventId: EventId }),
  success: { status: 200, description: 'Their number: 1.', schema: Redelivered },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT'],
} as const satisfies Operation

const listQueues = {
  operationId: 'listEventQueues',
  method: 'GET',
  path: '/event-queues',
  summary: 'List the queues of events',
  tag,
  success: { status: 200, description: 'Every queue with waiting events.', schema: Type.Array(EventQueue) },
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
