// The façade for clients of QoD 0.x: the same sessions, under `/qod/v0`, with a webhook where the contract has a sink,
// and the members that these clients require: times, messages, the device as it was sent.
//
// Times are text (RFC 3339), as Nokia's clients up to 8 read them. Clients that Fern generated (10.0.0) say so in
// X-Fern-Language, and get numbers: their definition has whole seconds since 1970.

import {
  type Device,
  QodError,
  type RetrieveSessionsInput,
  type SessionId,
  type SessionInfo,
  seconds,
} from '@rightofway/camara'
import * as operations from '@rightofway/camara/schemas'
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Session } from '../../domain/session.js'
import type { Deps } from '../../usecases/deps.js'
import { deleteSession } from '../../usecases/sessions/delete-session.js'
import { extendSession } from '../../usecases/sessions/extend-session.js'
import { getSession } from '../../usecases/sessions/get-session.js'
import { retrieveSessions } from '../../usecases/sessions/retrieve-sessions.js'
import { type AnyRoute, addRoutes, type Gate, route } from '../route.js'
import type { CreateAttempts } from './create-attempts.js'
import { createSession, withPlannedTimes } from './create-session.js'
import { listAll, listNamed } from './list-sessions.js'
import { isMembers, tolerate, withDuration } from './tolerance.js'

const PREFIX = '/qod/v0'

/** Names the language of a client that Fern generated. */
const FERN = 'x-fern-language'

/** Assumed lifetime of a webhook's token: longer than any session and its last event need it. */
const TOKEN_LIFE_MS = 3 * 86_400_000

interface SessionInfoV0 extends Omit<SessionInfo, 'startedAt' | 'expiresAt' | 'sink'> {
  readonly startedAt: string | number | undefined
  readonly expiresAt: string | number | undefined
  readonly webhook?: { readonly notificationUrl: string }
  readonly messages: readonly never[]
}

export async function addQodV0(app: FastifyInstance, deps: Deps, gate: Gate, attempts: CreateAttempts): Promise<void> {
  await app.register(async (facade) => {
    addRoutes(facade, PREFIX, [createRoute(attempts), ...ROUTES], deps, {
      ...gate,
      async admit(request, operation) {
        const caller = await gate.admit(request, operation)
        if (caller.compatibility !== 'nokia') throw new QodError('NOT_FOUND', 'There is nothing at this path.')
        return caller
      },
    })
  })
}

/** Converts bodies to the contract's form, for all callers of the façade. */
const TOLERANT = {
  speaks: () => true,
  read: (body: unknown) => (isMembers(body) ? tolerate(body).asked : body),
}

const createRoute = (attempts: CreateAttempts): AnyRoute<Deps> =>
  route({
    operation: facadeOf(operations.createSession),
    dialect: {
      ...TOLERANT,
      read: (body: unknown, deps: Deps) =>
        isMembers(body) ? withDuration(withSink(tolerate(body).asked, deps), deps) : body,
    },
    async handle(request, deps: Deps) {
      const session = await createSession(deps, attempts, request as never, 'qod.v0')
      return { body: toV0(session, request) as never }
    },
  })

/** Converts `webhook`, or its members alone (oldest clients), to the contract's `sink` and `sinkCredential`. */
function withSink(body: Record<string, unknown>, { clock }: Deps): Record<string, unknown> {
  const { webhook, notificationUrl, notificationAuthToken, ...asked } = body
  const hook = (webhook ?? { notificationUrl, notificationAuthToken }) as Record<string, unknown>
  if (hook['notificationUrl'] === undefined) return asked
  asked['sink'] = hook['notificationUrl']
  const token = hook['notificationAuthToken']
  if (token === undefined) return asked
  asked['sinkCredential'] = {
    credentialType: 'ACCESSTOKEN',
    // Some clients send the whole header.
    accessToken: typeof token === 'string' ? token.replace(/^Bearer +/i, '') : token,
    accessTokenExpiresUtc: new Date(clock.now() + TOKEN_LIFE_MS).toISOString(),
    accessTokenType: 'bearer',
  }
  return asked
}

function asV0({ sink, startedAt, expiresAt, ...info }: SessionInfo, fern: unknown): SessionInfoV0 {
  const time = fern === undefined ? (text?: string) => text : toEpochSeconds
  return {
    ...info,
    startedAt: time(startedAt),
    expiresAt: time(expiresAt),
    ...(sink !== undefined && { webhook: { notificationUrl: sink } }),
    messages: [],
  }
}

const toEpochSeconds = (text?: string): number | undefined =>
  text === undefined ? undefined : Math.floor(Date.parse(text) / 1_000)

const toV0 = (session: Session, request: { header(name: string): string | undefined }): SessionInfoV0 =>
  asV0(withPlannedTimes(session), request.header(FERN))

/** The contract's operation without the schema of its answer, which has more members. */
const facadeOf = <O extends operations.Operation>(operation: O) => ({
  ...operation,
  success: { status: operation.success.status, description: operation.success.description },
})

/** The device; none: all sessions of the application. */
const ListQuery = Type.Object({
  networkAccessIdentifier: Type.Optional(Type.String()),
  phoneNumber: Type.Optional(Type.String()),
})

const { body: _, ...retrieve } = facadeOf(operations.retrieveSessionsByDevice)
const LIST = { ...retrieve, method: 'GET', path: '/sessions', query: ListQuery } as const

const ROUTES: readonly AnyRoute<Deps>[] = [
  route({
    operation: facadeOf(operations.getSession),
    async handle(request, deps: Deps) {
      const { params, caller } = request
      return { body: toV0(await getSession(deps, params.sessionId as SessionId, caller), request) as never }
    },
  }),
  route({
    operation: operations.deleteSession,
    async handle({ params, caller }, deps: Deps) {
      await deleteSession(deps, params.sessionId as SessionId, caller)
      return {}
    },
  }),
  route({
    operation: facadeOf(operations.extendQosSessionDuration),
    dialect: TOLERANT,
    async handle(request, deps: Deps) {
      const { params, body, caller } = request
      const by = seconds(body.requestedAdditionalDuration)
      return { body: toV0(await extendSession(deps, params.sessionId as SessionId, by, caller), request) as never }
    },
  }),
  route({
    operation: facadeOf(operations.retrieveSessionsByDevice),
    dialect: TOLERANT,
    async handle(request, deps: Deps) {
      const { body, caller } = request
      const sessions = await retrieveSessions(deps, body as RetrieveSessionsInput, caller)
      return { body: sessions.map((session) => toV0(session, request)) as never }
    },
  }),
  route({
    operation: LIST,
    async handle(request, deps: Deps) {
      const { query, caller } = request
      const { phoneNumber, ...others } = query
      // Python does not encode a number in the URL, and its plus arrives as a space.
      const { asked } = tolerate({ device: { ...others, phoneNumber: phoneNumber?.replace(/^ /, '+') ?? null } })
      const device = asked['device'] as Device
      const named = Object.keys(device).length > 0
      const sessions = await (named ? listNamed(deps, device, caller) : listAll(deps, caller))
      return { body: sessions.map((session) => toV0(session, request)) as never }
    },
  }),
]
