// Administration of the embedded authorization server: consent of subscribers, and signing keys.

import { QodError } from '@rightofway/camara'
import { closed, Device, type Operation } from '@rightofway/camara/schemas'
import Type from 'typebox'
import type { Subjects } from '../../auth/callers/subjects.js'
import type { SigningKeys } from '../../auth/secrets/signing-keys.js'
import { findApplication } from '../../usecases/applications/find-application.js'
import { parseDevice, requireDevice } from '../../usecases/devices/resolve-device.js'
import { rotateTokenKey as rotateKey } from '../../usecases/tokens/rotate-token-key.js'
import { type AnyRoute, type RouteRequest, route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { Id } from './schemas.js'
import { listed, Rotation, SigningKeyList } from './signing-keys.js'

const tag = 'Tokens'

export interface TokenDeps extends Pick<AdminDeps, 'store' | 'directory'> {
  readonly subjects: Subjects
  readonly tokenKeys: SigningKeys
}

const consent = {
  method: 'POST',
  tag,
  params: closed({ application: Id }),
  body: closed({ device: Device }),
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'IDENTIFIER_NOT_FOUND', 'UNSUPPORTED_IDENTIFIER', 'SERVICE_NOT_APPLICABLE'],
} as const

const recordConsent = {
  ...consent,
  operationId: 'recordConsent',
  path: '/applications/{application}/consents',
  summary: 'Record the consent of a subscriber: the application can get tokens for the device',
  success: {
    status: 200,
    description: 'The pseudonym of the subscriber for the application (`sub`).',
    schema: closed({ subject: Type.String() }),
  },
} as const satisfies Operation

const withdrawConsent = {
  ...consent,
  operationId: 'withdrawConsent',
  path: '/applications/{application}/consents/withdraw',
  summary: 'Withdraw the consent of a subscriber: tokens for the device are refused from now on',
  success: { status: 204, description: 'The consent is withdrawn.' },
} as const satisfies Operation

const listTokenKeys = {
  operationId: 'listTokenKeys',
  method: 'GET',
  path: '/token-keys',
  summary: 'List the signing keys of access tokens',
  tag,
  success: { status: 200, description: 'The published keys, oldest first.', schema: SigningKeyList },
  errors: [],
} as const satisfies Operation

const rotateTokenKey = {
  operationId: 'rotateTokenKey',
  method: 'POST',
  path: '/token-keys/rotate',
  summary: 'Create a new key: it is published now and used in an hour; the old one stays published for another hour',
  tag,
  body: Rotation,
  success: { status: 200, description: 'The keys that are published now.', schema: SigningKeyList },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

async function subjectOf(
  { params, body, caller }: Pick<RouteRequest<typeof recordConsent>, 'params' | 'body' | 'caller'>,
  deps: TokenDeps,
) {
  const { id: application } = await findApplication(deps, params.application)
  const { id: device } = await requireDevice(deps, caller, parseDevice(body.device))
  return { application, device }
}

export const tokenRoutes: readonly AnyRoute<TokenDeps>[] = [
  route({
    operation: recordConsent,
    async handle(request, deps: TokenDeps) {
      return { body: { subject: await deps.subjects.consent(await subjectOf(request, deps)) } }
    },
  }),
  route({
    operation: withdrawConsent,
    async handle(request, deps: TokenDeps) {
      if (await deps.subjects.withdraw(await subjectOf(request, deps))) return {}
      throw new QodError('NOT_FOUND', 'The subscriber has not consented to this application.')
    },
  }),
  route({
    operation: listTokenKeys,
    async handle(_request, { tokenKeys }: TokenDeps) {
      return { body: await listed(tokenKeys) }
    },
  }),
  route({
    operation: rotateTokenKey,
    async handle({ body }, deps: TokenDeps) {
      await rotateKey(deps, body.immediately ?? false)
      return { body: await listed(deps.tokenKeys) }
    },
  }),
]
