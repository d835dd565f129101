// Sink credentials of an application: tokens of its own authorization server, and signatures.

import { instant, type Mutable, toDateTime } from '@rightofway/camara'
import { closed, DateTime, type Operation } from '@rightofway/camara/schemas'
import Type, { type Static } from 'typebox'
import type { TokenClient as StoredClient } from '../../ports/store/sink-credentials.js'
import * as applications from '../../usecases/applications/index.js'
import { JWKS_PATH } from '../jwks.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { Id } from './schemas.js'
import { listed, Rotation, SigningKeyList } from './signing-keys.js'

const tag = 'Events'
const ApplicationPath = closed({ application: Id })

const TokenClient = closed(
  {
    clientId: Type.String({
      minLength: 1,
      maxLength: 128,
      description: "The gateway's client id at the application's authorization server.",
    }),
    tokenUri: Type.String({ format: 'uri', maxLength: 2048, description: 'Its token endpoint: https.' }),
    audience: Type.Optional(
      Type.String({ minLength: 1, maxLength: 2048, description: '`aud` of assertions. Default: tokenUri.' }),
    ),
    scope: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1024, description: 'Scopes to request. Default: none.' }),
    ),
  },
  {
    title: 'TokenClient',
    description: 'The configuration of PRIVATE_KEY_JWT: where the gateway fetches tokens for sinks.',
  },
)

const AgreedTokenClient = closed(
  { ...TokenClient.properties, jwksUri: Type.String({ description: "URL of the gateway's public keys." }) },
  { title: 'AgreedTokenClient', description: 'A TokenClient, and what its authorization server needs to know.' },
)

const SigningSecretRecord = closed(
  { id: Id, createdAt: DateTime },
  { title: 'SigningSecret', description: 'A secret that signs events. It is shown only once.' },
)

const getTokenClient = {
  operationId: 'getTokenClient',
  method: 'GET',
  path: '/applications/{application}/token-client',
  summary: 'Get the configuration of PRIVATE_KEY_JWT for an application',
  tag,
  params: ApplicationPath,
  success: { status: 200, description: 'The configuration.', schema: AgreedTokenClient },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const putTokenClient = {
  operationId: 'putTokenClient',
  method: 'PUT',
  path: '/applications/{application}/token-client',
  summary: 'Configure PRIVATE_KEY_JWT for an application: its sessions may use that credential from now on',
  tag,
  params: ApplicationPath,
  body: TokenClient,
  success: { status: 200, description: 'The configuration.', schema: AgreedTokenClient },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const deleteTokenClient = {
  operationId: 'deleteTokenClient',
  method: 'DELETE',
  path: '/applications/{application}/token-client',
  summary: 'Delete the configuration of PRIVATE_KEY_JWT: events that need it become dead letters',
  tag,
  params: ApplicationPath,
  success: { status: 204, description: 'It is deleted.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const createSigningSecret = {
  operationId: 'createSigningSecret',
  method: 'POST',
  path: '/applications/{application}/signing-secrets',
  summary: 'Add a signing secret: the events of the application are signed with it from now on (Standard Webhooks)',
  tag,
  params: ApplicationPath,
  success: {
    status: 201,
    description: 'The secret, which is shown only now, and its record.',
    schema: closed({ secret: Type.String(), record: SigningSecretRecord }),
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT'],
} as const satisfies Operation

const listSigningSecrets = {
  operationId: 'listSigningSecrets',
  method: 'GET',
  path: '/applications/{application}/signing-secrets',
  summary: 'List the signing secrets of an application',
  tag,
  params: ApplicationPath,
  success: { status: 200, description: 'All its secrets, oldest first.', schema: Type.Array(SigningSecretRecord) },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const deleteSigningSecret = {
  operationId: 'deleteSigningSecret',
  method: 'DELETE',
  path: '/applications/{application}/signing-secrets/{secret}',
  summary: 'Delete a signing secret; without any, events are not signed',
  tag,
  params: closed({ application: Id, secret: Id }),
  success: { status: 204, description: 'It is deleted.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const listAssertionKeys = {
  operationId: 'listAssertionKeys',
  method: 'GET',
  path: '/assertion-keys',
  summary: 'List the signing keys of client assertions',
  tag,
  success: {
    status: 200,
    description: 'The published keys, oldest first.',
    schema: SigningKeyList,
  },
  errors: [],
} as const satisfies Operation

const rotateAssertionKey = {
  operationId: 'rotateAssertionKey',
  method: 'POST',
  path: '/assertion-keys/rotate',
  summary: 'Create a new key: it is published now and used in an hour; the old one stays published for another hour',
  tag,
  body: Rotation,
  success: { status: 200, description: 'The keys that are published now.', schema: SigningKeyList },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

export const sinkCredentialRoutes = [
  route({
    operation: getTokenClient,
    async handle({ params }, deps: AdminDeps) {
      const client = await applications.getTokenClient(deps, params.application)
      return { body: toAgreed(client, deps.publicUrl.value) }
    },
  }),
  route({
    operation: putTokenClient,
    async handle({ params, body }, deps: AdminDeps) {
      await applications.setTokenClient(deps, params.application, body)
      return { body: toAgreed(body, deps.publicUrl.value) }
    },
  }),
  route({
    operation: deleteTokenClient,
    async handle({ params }, deps: AdminDeps) {
      await applications.deleteTokenClient(deps, params.application)
      return {}
    },
  }),
  route({
    operation: createSigningSecret,
    async handle({ params }, deps: AdminDeps) {
      const { text, record } = await applications.createSigningSecret(deps, params.application)
      return { body: { secret: text, record: toSecretRecord(record) } }
    },
  }),
  route({
    operation: listSigningSecrets,
    async handle({ params }, deps: AdminDeps) {
      return { body: (await applications.listSigningSecrets(deps, params.application)).map(toSecretRecord) }
    },
  }),
  route({
    operation: deleteSigningSecret,
    async handle({ params }, deps: AdminDeps) {
      await applications.deleteSigningSecret(deps, params.application, params.secret)
      return {}
    },
  }),
  route({
    operation: listAssertionKeys,
    async handle(_request, { assertionKeys }: AdminDeps) {
      return { body: await listed(assertionKeys) }
    },
  }),
  route({
    operation: rotateAssertionKey,
    async handle({ body }, { assertionKeys }: AdminDeps) {
      await assertionKeys.rotate(body.immediately ?? false)
      return { body: await listed(assertionKeys) }
    },
  }),
]

function toAgreed({ clientId, tokenUri, audience, scope }: StoredClient, publicUrl: string) {
  const agreed: Mutable<Static<typeof AgreedTokenClient>> = { clientId, tokenUri, jwksUri: publicUrl + JWKS_PATH }
  if (audience !== undefined) agreed.audience = audience
  if (scope !== undefined) agreed.scope = scope
  return agreed
}

const toSecretRecord = ({ id, createdAt }: { id: string; createdAt: number }) => ({
  id,
  createdAt: toDateTime(instant(createdAt)),
})
