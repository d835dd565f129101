import { Readable } from 'node:stream'
import {
  type ApplicationId,
  type DeviceId,
  type Mutable,
  type NetworkId,
  type SessionId as SessionIdOf,
  seconds,
} from '@rightofway/camara'
import {
  CreateSession,
  closed,
  createSession as createSessionOperation,
  DurationSeconds,
  type Operation,
  QosProfileName,
  QosStatus,
  SessionInfo,
} from '@rightofway/camara/schemas'
import Type from 'typebox'
import type { Caller } from '../../domain/caller.js'
import { findApplication } from '../../usecases/applications/find-application.js'
import { createSession } from '../../usecases/sessions/create-session.js'
import { endSession } from '../../usecases/sessions/end-session.js'
import { extendSession } from '../../usecases/sessions/extend-session.js'
import { findSession } from '../../usecases/sessions/find-session.js'
import { inspectSession } from '../../usecases/sessions/inspect-session.js'
import { searchSessions } from '../../usecases/sessions/search-sessions.js'
import { usageOf } from '../../usecases/sessions/usage-of.js'
import { toSessionInfo } from '../camara/session-info.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { Id, SessionId } from './schemas.js'
import { streamSessions } from './session-stream.js'
import { AdminSession, AdminSessionDetail, toAdminSession, toAdminSessionDetail } from './session-view.js'

const tag = 'Sessions'
const SessionPath = closed({ sessionId: SessionId })

/** Maximum number of sessions in one answer. */
const MAX_PAGE = 500

const listSessions = {
  operationId: 'listSessions',
  method: 'GET',
  path: '/sessions',
  summary: 'List sessions of all applications, newest first',
  tag,
  query: closed({
    status: Type.Optional(QosStatus),
    application: Type.Optional(Id),
    network: Type.Optional(Id),
    device: Type.Optional(Type.String({ maxLength: 128 })),
    profile: Type.Optional(QosProfileName),
    after: Type.Optional(SessionId),
  }),
  success: {
    status: 200,
    description: `At most ${MAX_PAGE}. If there is \`next\`, there may be more: repeat with it as \`after\`.`,
    schema: closed({ sessions: Type.Array(AdminSession), next: Type.Optional(SessionId) }),
  },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const getSession = {
  operationId: 'getSessionDetail',
  method: 'GET',
  path: '/sessions/{sessionId}',
  summary: 'Get a session with all its details',
  tag,
  params: SessionPath,
  success: { status: 200, description: 'The session.', schema: AdminSessionDetail },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const watchSessions = {
  operationId: 'watchSessions',
  method: 'GET',
  path: '/sessions/stream',
  summary:
    'Follow the newest sessions as server-sent events: `sessions` (the current ones, in several parts, the last ' +
    'with `complete`), `change` (`changed` and `gone`), `time`; each has the time of the session clock (`now`)',
  tag,
  success: { status: 200, description: 'Continues until the caller disconnects.', mediaType: 'text/event-stream' },
  errors: [],
} as const satisfies Operation

const DirectionUsage = closed({
  bytes: Type.Integer(),
  packets: Type.Integer(),
  dropped: Type.Integer({ description: 'Packets dropped because they exceeded the granted rate.' }),
  bitsPerSecond: Type.Number({ description: 'Rate between the last two readings.' }),
})

const getUsage = {
  operationId: 'getUsage',
  method: 'GET',
  path: '/sessions/{sessionId}/usage',
  summary: 'Get the traffic of a session, if its network measures it',
  tag,
  params: SessionPath,
  success: {
    status: 200,
    description: 'Its traffic since the grant.',
    schema: closed({ downlink: DirectionUsage, uplink: DirectionUsage }),
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const extend = {
  operationId: 'extendSession',
  method: 'POST',
  path: '/sessions/{sessionId}/extend',
  summary: 'Extend a session, as its application can',
  tag,
  params: SessionPath,
  body: closed({ requestedAdditionalDuration: DurationSeconds }),
  success: { status: 200, description: 'The session.', schema: AdminSession },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED'],
} as const satisfies Operation

const end = {
  operationId: 'endSession',
  method: 'POST',
  path: '/sessions/{sessionId}/end',
  summary: 'End a session: its application gets NETWORK_TERMINATED',
  tag,
  params: SessionPath,
  success: { status: 200, description: 'The session.', schema: AdminSession },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT'],
} as const satisfies Operation

const createFor = {
  operationId: 'createSessionFor',
  method: 'POST',
  path: '/applications/{application}/sessions',
  summary: 'Create a session in the name of an application, to try one',
  tag,
  params: closed({ application: Id }),
  body: CreateSession,
  success: { status: 201, description: 'The session.', schema: SessionInfo },
  errors: createSessionOperation.errors,
} as const satisfies Operation

export const sessionRoutes = [
  route({
    operation: listSessions,
    async handle({ query }, deps: AdminDeps) {
      const { status, profile } = query
      const search = {
        ...{ status, profile },
        application: query.application as ApplicationId | undefined,
        network: query.network as NetworkId | undefined,
        device: query.device as DeviceId | undefined,
      }
      const page = { limit: MAX_PAGE, after: query.after as SessionIdOf | undefined }
      const { sessions, after } = await searchSessions(deps, search, page)
      return { body: { sessions: sessions.map(toAdminSession), ...(after !== undefined && { next: after }) } }
    },
  }),
  route({
    operation: watchSessions,
    async handle({ signal, caller }, { liveSessions, clock, users }: AdminDeps) {
      return {
        body: Readable.from(streamSessions({ liveSessions, clock, users, caller, signal }), {
          objectMode: false,
        }),
        headers: { 'x-accel-buffering': 'no' },
      }
    },
  }),
  route({
    operation: getSession,
    async handle({ params }, deps: AdminDeps) {
      const { session, events, ...of } = await inspectSession(deps, params.sessionId as SessionIdOf)
      return { body: toAdminSessionDetail(session, events, of) }
    },
  }),
  route({
    operation: getUsage,
    async handle({ params }, deps: AdminDeps) {
      return { body: await usageOf(deps, await findSession(deps, params.sessionId as SessionIdOf)) }
    },
  }),
  route({
    operation: extend,
    async handle({ params, body }, deps: AdminDeps) {
      const seen = await findSession(deps, params.sessionId as SessionIdOf)
      const owner: Mutable<Caller> = { application: seen.owner, compatibility: 'camara' }
      if (seen.subject !== undefined) owner.subject = seen.subject
      const by = seconds(body.requestedAdditionalDuration)
      return { body: toAdminSession(await extendSession(deps, seen.id, by, owner)) }
    },
  }),
  route({
    operation: end,
    async handle({ params }, deps: AdminDeps) {
      return { body: toAdminSession(await endSession(deps, params.sessionId as SessionIdOf)) }
    },
  }),
  route({
    operation: createFor,
    fieldCodes: { '/sink': 'INVALID_SINK' },
    async handle({ params, body, correlator }, deps: AdminDeps) {
      const { id } = await findApplication(deps, params.application)
      const caller = { application: id, compatibility: 'camara' } as const
      return { body: toSessionInfo(await createSession(deps, body, caller, { correlator }), caller) }
    },
  }),
]
