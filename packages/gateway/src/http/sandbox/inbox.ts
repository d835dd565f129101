import { EVENT_MEDIA_TYPE, instant, toDateTime } from '@rightofway/camara'
import { closed, DateTime, type Operation } from '@rightofway/camara/schemas'
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { SandboxInbox } from '../../sandbox/inbox.js'
import { route } from '../route.js'

const tag = 'Sandbox'

/** Where the inbox takes events. */
export const INBOX_PATH = '/sandbox/inbox'

export interface InboxDeps {
  readonly inbox: SandboxInbox
  readonly publicUrl: string
}

const listInbox = {
  operationId: 'listInbox',
  method: 'GET',
  path: '/sandbox/inbox',
  summary: "List the events that came to the sandbox's own sink, newest first",
  tag,
  success: {
    status: 200,
    description: 'The latest, and the URL that a session can have as its sink.',
    schema: closed({
      sink: Type.String(),
      events: Type.Array(closed({ receivedAt: DateTime, event: Type.Unknown() })),
    }),
  },
  errors: [],
} as const satisfies Operation

const clearInbox = {
  operationId: 'clearInbox',
  method: 'DELETE',
  path: '/sandbox/inbox',
  summary: 'Empty the inbox',
  tag,
  success: { status: 204, description: 'It is empty.' },
  errors: [],
} as const satisfies Operation

export const inboxRoutes = [
  route({
    operation: listInbox,
    async handle(_request, { inbox, publicUrl }: InboxDeps) {
      const events = inbox.list().map(({ at, event }) => ({ receivedAt: toDateTime(instant(at)), event }))
      return { body: { sink: `${publicUrl}${INBOX_PATH}`, events } }
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

/** Takes events where applications are served. */
export async function addInbox(app: FastifyInstance, inbox: SandboxInbox, realNow: () => number): Promise<void> {
  await app.register(async (scope) => {
    scope.addContentTypeParser(EVENT_MEDIA_TYPE, { parseAs: 'string' }, (_request, text, done) => {
      try {
        done(null, JSON.parse(text as string))
      } catch (error) {
        done(error as Error)
      }
    })
    scope.post(INBOX_PATH, (request, reply) => {
      inbox.take({ at: realNow(), event: request.body as Record<string, unknown> })
      return reply.code(204).send()
    })
  })
}
