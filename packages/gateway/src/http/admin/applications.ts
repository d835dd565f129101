import { randomUUID } from 'node:crypto'
import { type ApplicationId, type Instant, instant, QodError, toDateTime } from '@rightofway/camara'
import { closed, type Operation } from '@rightofway/camara/schemas'
import Type, { type Static } from 'typebox'
import { makeKey } from '../../auth/application-keys.js'
import type {
  Application as StoredApplication,
  OAuthClient as StoredClient,
  ApplicationKey as StoredKey,
} from '../../ports/store.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { Application, ApplicationKey, Id, Name, NewApplicationKey, type OAuthClient } from './schemas.js'

const tag = 'Applications'
const ApplicationPath = closed({ application: Id })

const createApplication = {
  operationId: 'createApplication',
  method: 'POST',
  path: '/applications',
  summary: 'Add an application',
  tag,
  body: closed({ name: Name }, { title: 'NewApplication', description: 'An application to be added.' }),
  success: { status: 201, description: 'The application.', schema: Application },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const listApplications = {
  operationId: 'listApplications',
  method: 'GET',
  path: '/applications',
  summary: 'List applications',
  tag,
  success: { status: 200, description: 'All of them.', schema: Type.Array(Application) },
  errors: [],
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
  summary: 'Make a key',
  tag,
  params: ApplicationPath,
  body: NewApplicationKey,
  success: {
    status: 201,
    description: 'The key, this once, and what is kept of it.',
    schema: closed({ key: Type.String(), record: ApplicationKey }),
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const listKeys = {
  operationId: 'listApplicationKeys',
  method: 'GET',
  path: '/applications/{application}/keys',
  summary: 'List the keys of an application',
  tag,
  params: ApplicationPath,
  success: { status: 200, description: 'All of them, revoked ones too.', schema: Type.Array(ApplicationKey) },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const suspendApplication = {
  operationId: 'suspendApplication',
  method: 'PUT',
  path: '/applications/{application}/suspension',
  summary: 'Suspend an application: its keys and tokens are refused from the next request on',
  tag,
  params: ApplicationPath,
  success: { status: 200, description: 'The application.', schema: Application },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const resumeApplication = {
  operationId: 'resumeApplication',
  method: 'DELETE',
  path: '/applications/{application}/suspension',
  summary: 'Take the keys and tokens of an application again',
  tag,
  params: ApplicationPath,
  success: { status: 204, description: 'It is not suspended.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const revokeKey = {
  operationId: 'revokeApplicationKey',
  method: 'DELETE',
  path: '/keys/{prefix}',
  summary: 'Revoke a key: it is refused from the next request on',
  tag,
  params: closed({ prefix: Id }),
  success: { status: 204, description: 'It is revoked.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

/** A week: longer is no overlap but a second key. */
const MAX_OVERLAP_S = 7 * 86_400

const rotateKey = {
  operationId: 'rotateApplicationKey',
  method: 'POST',
  path: '/keys/{prefix}/rotate',
  summary: 'Make a key like this one, which is refused some time later',
  tag,
  params: closed({ prefix: Id }),
  body: closed({
    overlapSeconds: Type.Integer({ minimum: 0, maximum: MAX_OVERLAP_S, description: 'How long both are good.' }),
  }),
  success: {
    status: 201,
    description: 'The new key, this once, and what is kept of it.',
    schema: closed({ key: Type.String(), record: ApplicationKey }),
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT'],
} as const satisfies Operation

export const applicationRoutes = [
  route({
    operation: createApplication,
    async handle({ body }, { store, realNow }: AdminDeps) {
      const application: StoredApplication = {
        id: `app-${randomUUID()}` as ApplicationId,
        name: body.name,
        createdAt: instant(realNow()),
      }
      await store.applications.create(application)
      return { body: toApplication(application) }
    },
  }),
  route({
    operation: listApplications,
    async handle(_request, { store }: AdminDeps) {
      return { body: (await store.applications.list()).map(toApplication) }
    },
  }),
  route({
    operation: renameApplication,
    async handle({ params, body }, { store }: AdminDeps) {
      const application = await findApplication(store, params.application)
      await store.applications.rename(application.id, body.name)
      return { body: toApplication({ ...application, name: body.name }) }
    },
  }),
  route({
    operation: suspendApplication,
    async handle({ params }, { store, realNow }: AdminDeps) {
      const application = await findApplication(store, params.application)
      const suspended = { ...application, suspendedAt: application.suspendedAt ?? instant(realNow()) }
      await store.applications.suspend(application.id, suspended.suspendedAt)
      return { body: toApplication(suspended) }
    },
  }),
  route({
    operation: resumeApplication,
    async handle({ params }, { store }: AdminDeps) {
      const { id } = await findApplication(store, params.application)
      await store.applications.suspend(id, undefined)
      return {}
    },
  }),
  route({
    operation: createKey,
    async handle({ params, body }, { store, realNow }: AdminDeps) {
      const { id } = await findApplication(store, params.application)
      const { expiresAt, client, ...rest } = body
      const { text, record } = makeKey({
        ...rest,
        ...(client !== undefined && { client: checkedClient(client) }),
        application: id,
        createdAt: instant(realNow()),
        ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) as Instant }),
      })
      await store.applications.addKey(record)
      return { body: { key: text, record: toKey(record) } }
    },
  }),
  route({
    operation: listKeys,
    async handle({ params }, { store }: AdminDeps) {
      const { id } = await findApplication(store, params.application)
      return { body: (await store.applications.keysOf(id)).map(toKey) }
    },
  }),
  route({
    operation: rotateKey,
    async handle({ params, body }, { store, realNow }: AdminDeps) {
      const old = await store.applications.findKey(params.prefix)
      if (old === undefined) throw new QodError('NOT_FOUND', 'There is no key with that prefix.')
      const now = realNow()
      if (old.revokedAt !== undefined || (old.expiresAt ?? Number.POSITIVE_INFINITY) <= now) {
        throw new QodError('CONFLICT', 'This key is good for nothing any more: make a new one.')
      }
      const { application, name, scopes, compatibility, client } = old
      const { text, record } = makeKey({
        application,
        compatibility,
        createdAt: instant(now),
        ...(name !== undefined && { name }),
        ...(scopes && { scopes }),
        ...(client && { client }),
      })
      await store.applications.addKey(record)
      const end = Math.min(now + body.overlapSeconds * 1000, old.expiresAt ?? Number.POSITIVE_INFINITY)
      await store.applications.expireKey(old.prefix, instant(end))
      return { body: { key: text, record: toKey(record) } }
    },
  }),
  route({
    operation: revokeKey,
    async handle({ params }, { store, realNow }: AdminDeps) {
      if (!(await store.applications.revokeKey(params.prefix, instant(realNow())))) {
        throw new QodError('NOT_FOUND', 'There is no key with that prefix.')
      }
      return {}
    },
  }),
]

/** @throws {QodError} `NOT_FOUND` */
export async function findApplication(store: AdminDeps['store'], id: string): Promise<StoredApplication> {
  const application = await store.applications.find(id as ApplicationId)
  if (application === undefined) throw new QodError('NOT_FOUND', 'There is no such application.')
  return application
}

/** Browsers are sent back with a code in the URL: over https, or without leaving the machine. */
function checkedClient({ grantTypes, redirectUris = [] }: Static<typeof OAuthClient>): StoredClient {
  if (grantTypes.includes('authorization_code') !== redirectUris.length > 0) {
    throw new QodError('INVALID_ARGUMENT', 'client.redirectUris go with the grant type authorization_code')
  }
  for (const [index, uri] of redirectUris.entries()) {
    const { protocol, hostname, hash } = new URL(uri)
    const local = protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
    if ((protocol !== 'https:' && !local) || hash !== '') {
      throw new QodError(
        'INVALID_ARGUMENT',
        `client.redirectUris[${index}] must be https (http on a loopback), and without a fragment`,
      )
    }
  }
  return { grantTypes, redirectUris }
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
    client: { grantTypes: [...rest.client.grantTypes], redirectUris: [...rest.client.redirectUris] },
  }),
  ...(name !== undefined && { name }),
  ...(scopes && { scopes: [...scopes] }),
  ...(rest.expiresAt !== undefined && { expiresAt: toDateTime(rest.expiresAt) }),
  ...(rest.revokedAt !== undefined && { revokedAt: toDateTime(rest.revokedAt) }),
  ...(rest.lastUsedAt !== undefined && { lastUsedAt: toDateTime(rest.lastUsedAt) }),
})
