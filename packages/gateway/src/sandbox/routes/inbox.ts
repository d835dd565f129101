// The sink of the sandbox itself, over http and over https, and how its events are read back: where they were taken, or
// in the admin API.

import { EVENT_MEDIA_TYPE, instant, toDateTime } from '@rightofway/camara'
import { closed, DateTime, type Operation } from '@rightofway/camara/schemas'
import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { SessionId } from '../../http/admin/schemas.js'
import { addJsonParser } from '../../http/json-body.js'
import { route } from '../../http/route.js'
import type { SandboxInbox } from '../inbox.js'
import type { SinkUrls } from '../world.js'

const tag = 'Sandbox'

/** Where the inbox takes events. */
export const INBOX_PATH = '/sandbox/inbox'

export interface InboxDeps {
  readonly inbox: SandboxInbox
  /** The gateway's own URL is known once it listens. */
  sinks(): SinkUrls
}

const Received = Type.Array(closed({ receivedAt: DateTime, event: Type.Unknown() }))
const OfSession = closed({ sessionId: Type.Optional(SessionId) })

const listInbox = {
  operationId: 'listInbox',
  method: 'GET',
  path: '/sandbox/inbox',
  summary: 'List the events in the sink of the sandbox, newest first',
  tag,
  query: OfSession,
  success: {
    status: 200,
    description: 'The latest events, and the URLs that a session can use as its sink.',
    schema: closed({
      sink: Type.String(),
      httpsSink: Type.String(),
      ca: Type.String({ description: 'File of the certificate that clients of httpsSink have to trust, PEM.' }),
      events: Received,
    }),
  },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const clearInbox = {
  operationId: 'clearInbox',
  method: 'DELETE',
  path: '/sandbox/inbox',
  summary: 'Empty the inbox',
  tag,
  success: { status: 204, description: 'The inbox is empty.' },
  errors: [],
} as const satisfies Operation

const toReceived = (inbox: SandboxInbox, session: string | undefined) =>
  inbox.list(session?.toLowerCase()).map(({ at, event }) => ({ receivedAt: toDateTime(instant(at)), event }))

export const inboxRoutes = [
  route({
    operation: listInbox,
    async handle({ query }, { inbox, sinks }: InboxDeps) {
      const events = toReceived(inbox, query.sessionId)
      const { http, https, ca } = sinks()
      return { body: { sink: http, httpsSink: https, ca, events } }
    },
  }),
  route({
    operation: clearInbox,
    async handle(_request, { inbox }: InboxDeps) {
      inbox.clear()
      return {}
    },
  }),
]

/** Takes events at {@link INBOX_PATH} of a server, and shows them there. */
export async function addInbox(app: FastifyInstance, inbox: SandboxInbox, realNow: () => number): Promise<void> {
  await app.register(async (scope) => {
    addJsonParser(scope, EVENT_MEDIA_TYPE)
    scope.post(INBOX_PATH, (request, reply) => {
      inbox.take({ at: realNow(), event: request.body as Record<string, unknown> })
      return reply.code(204).send()
    })
    scope.get<{ Querystring: Static<typeof OfSession> }>(
      INBOX_PATH,
      { schema: { querystring: OfSession, response: { 200: closed({ events: Received }) } } },
      (request, reply) => reply.send({ events: toReceived(inbox, request.query.sessionId) }),
    )
    scope.delete(INBOX_PATH, (_request, reply) => {
      inbox.clear()
      return reply.code(204).send()
    })
  })
}
