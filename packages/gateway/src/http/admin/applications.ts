import { type ApplicationId, type Instant, QodError, toDateTime } from '@rightofway/camara'
import { closed, type Operation } from '@rightofway/camara/schemas'
import Type, { type Static } from 'typebox'
import type { OAuthClient as StoredClient, ClientKeys as StoredKeys } from '../../domain/application.js'
import type { Application as StoredApplication, ApplicationKey as StoredKey } from '../../ports/store/applications.js'
import * as applications from '../../usecases/applications/index.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import {
  Application,
  ApplicationKey,
  ClientKeys,
  Id,
  MAX_PAGE,
  Name,
  NewApplicationKey,
  type OAuthClient,
  pageQuery,
} from './schemas.js'

const tag = 'Applications'
const ApplicationPath = closed({ application: Id })

const createApplication = {
  operationId: 'createApplication',
  method: 'POST',
  path: '/applications',
  summary: 'Add an application',
  tag,
  body: closed({ name: Name }, { title: 'NewApplication', description: 'An application to add.' }),
  success: { status: 201, description: 'The application.', schema: Application },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const listApplications = {
  operationId: 'listApplications',
  method: 'GET',
  path: '/applications',
  summary: 'List applications in the order of their ids',
  tag,
  query: pageQuery(Id, 'id'),
  success: { status: 200, description: `At most ${MAX_PAGE}.`, schema: Type.Array(Application) },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const renameApplication = {
  operationId: 'renameApplication',
  method: 'PATCH',
  path: '/applications/{application}',
  summary: 'Rename an application',
  tag,
  params: ApplicationPath,
  body: closed({ name: Name }),
  success: { status: 200, description: 'The application.', schema: Application },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const createKey = {
  operationId: 'createApplicationKey',
  method: 'POST',
  path: '/applications/{application}/keys',
  summary: 'Create a key',
  tag,
  params: ApplicationPath,
  body: NewApplicationKey,
  success: {
    status: 201,
    description: 'The key, which is shown only now, and its record.',
    schema: closed({
      key: Type.Optional(Type.String({ description: 'Absent: a client with keys of its own has no secret.' })),
      record: ApplicationKey,
    }),
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const listKeys = {
  operationId: 'listApplicationKeys',
  method: 'GET',
  path: '/applications/{application}/keys',
  summary: 'List the keys of an application, including revoked ones, the oldest first',
  tag,
  params: ApplicationPath,
  query: pageQuery(Id, 'prefix'),
  success: { status: 200, description: `At most ${MAX_PAGE}.`, schema: Type.Array(ApplicationKey) },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const suspendApplication = {
  operationId: 'suspendApplication',
  method: 'PUT',
  path: '/applications/{application}/suspension',
  summary: 'Suspend an application: its keys and tokens are refused immediately',
  tag,
  params: ApplicationPath,
  success: { status: 200, description: 'The application.', schema: Application },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const resumeApplication = {
  operationId: 'resumeApplication',
  method: 'DELETE',
  path: '/applications/{application}/suspension',
  summary: 'Resume an application: its keys and tokens are accepted again',
  tag,
  params: ApplicationPath,
  success: { status: 204, description: 'It is no longer suspended.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const revokeKey = {
  operationId: 'revokeApplicationKey',
  method: 'DELETE',
  path: '/keys/{prefix}',
  summary: 'Revoke a key: it is refused immediately',
  tag,
  params: closed({ prefix: Id }),
  success: { status: 204, description: 'It is revoked.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

/** A week: a longer overlap is a second key. */
const MAX_OVERLAP_S = 7 * 86_400

const rotateKey = {
  operationId: 'rotateApplicationKey',
  method: 'POST',
  path: '/keys/{prefix}/rotate',
  summary: 'Rotate a key: create a new one with the same properties; the old one is refused after an overlap',
  tag,
  params: closed({ prefix: Id }),
  body: closed({
    overlapSeconds: Type.Integer({ minimum: 0, maximum: MAX_OVERLAP_S, description: 'How long both keys are valid.' }),
  }),
  success: {
    status: 201,
    description: 'The new key, which is shown only now, and its record.',
    schema: closed({ key: Type.String(), record: ApplicationKey }),
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT'],
} as const satisfies Operation

const setClientKeys = {
  operationId: 'setClientKeys',
  method: 'PUT',
  path: '/keys/{prefix}/client-keys',
  summary: 'Replace the public keys of an OAuth client: what the old ones sign is refused from the next request on',
  tag,
  params: closed({ prefix: Id }),
  body: ClientKeys,
  success: { status: 200, description: 'The client.', schema: ApplicationKey },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT'],
} as const satisfies Operation

export const applicationRoutes = [
  route({
    operation: createApplication,
    async handle({ body }, deps: AdminDeps) {
      return { body: toApplication(await applications.createApplication(deps, body.name)) }
    },
  }),
  route({
    operation: listApplications,
    async handle({ query }, deps: AdminDeps) {
      const page = { after: query.after as ApplicationId | undefined, limit: MAX_PAGE }
      return { body: (await applications.listApplications(deps, page)).map(toApplication) }
    },
  }),
  route({
    operation: renameApplication,
    async handle({ params, body }, deps: AdminDeps) {
      return { body: toApplication(await applications.renameApplication(deps, params.application, body.name)) }
    },
  }),
  route({
    operation: suspendApplication,
    async handle({ params }, deps: AdminDeps) {
      return { body: toApplication(await applications.suspendApplication(deps, params.application)) }
    },
  }),
  route({
    operation: resumeApplication,
    async handle({ params }, deps: AdminDeps) {
      await applications.resumeApplication(deps, params.application)
      return {}
    },
  }),
  route({
    operation: createKey,
    async handle({ params, body }, deps: AdminDeps) {
      const { expiresAt, client, ...rest } = body
      const { text, record } = await applications.createKey(deps, params.application, {
        ...rest,
        ...(client && { client: toClient(client) }),
        ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) as Instant }),
      })
      return { body: { ...(record.client?.keys === undefined && { key: text }), record: toKey(record) } }
    },
  }),
  route({
    operation: setClientKeys,
    async handle({ params, body }, deps: AdminDeps) {
      // The schema requires one of the two.
      return { body: toKey(await applications.setClientKeys(deps, params.prefix, toClientKeys(body) as StoredKeys)) }
    },
  }),
  route({
    operation: listKeys,
    async handle({ params, query }, deps: AdminDeps) {
      const page = { after: query.after, limit: MAX_PAGE }
      return { body: (await applications.listKeys(deps, params.application, page)).map(toKey) }
    },
  }),
  route({
    operation: rotateKey,
    async handle({ params, body }, deps: AdminDeps) {
      const { text, record } = await applications.rotateKey(deps, params.prefix, body.overlapSeconds)
      return { body: { key: text, record: toKey(record) } }
    },
  }),
  route({
    operation: revokeKey,
    async handle({ params }, deps: AdminDeps) {
      await applications.revokeKey(deps, params.prefix)
      return {}
    },
  }),
]

function toClient(client: Static<typeof OAuthClient>): StoredClient {
  const { grantTypes, redirectUris = [] } = client
  const keys = toClientKeys(client)
  return { grantTypes, redirectUris, ...(keys && { keys }) }
}

function toClientKeys({ jwks, jwksUri }: Static<typeof ClientKeys>): StoredKeys | undefined {
  if (jwks !== undefined && jwksUri !== undefined)
    throw new QodError('INVALID_ARGUMENT', 'Give jwks or jwksUri, not both')
  if (jwks !== undefined) return { jwks }
  return jwksUri === undefined ? undefined : { jwksUri }
}

const toApplication = ({ id, name, createdAt, suspendedAt }: StoredApplication) => ({
  id: id as string,
  name,
  createdAt: toDateTime(createdAt),
  ...(suspendedAt !== undefined && { suspendedAt: toDateTime(suspendedAt) }),
})

const toKey = ({ prefix, application, name, scopes, compatibility, createdAt, ...rest }: StoredKey) => ({
  prefix,
  application: application as string,
  compatibility,
  createdAt: toDateTime(createdAt),
  ...(rest.client && {
    client: {
      grantTypes: [...rest.client.grantTypes],
      redirectUris: [...rest.client.redirectUris],
      ...(rest.client.keys as Static<typeof ClientKeys> | undefined),
    },
  }),
  ...(name !== undefined && { name }),
  ...(scopes && { scopes: [...scopes] }),
  ...(rest.expiresAt !== undefined && { expiresAt: toDateTime(rest.expiresAt) }),
  ...(rest.revokedAt !== undefined && { revokedAt: toDateTime(rest.revokedAt) }),
  ...(rest.lastUsedAt !== undefined && { lastUsedAt: toDateTime(rest.lastUsedAt) }),
})
