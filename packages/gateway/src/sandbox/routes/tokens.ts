// Access tokens as a test needs them: good ones without the ceremony, and two that are not good any more or never were.

import { type ApplicationId, QodError } from '@rightofway/camara'
import { API_SCOPES, closed, Device, type Operation } from '@rightofway/camara/schemas'
import { generateKeyPair, importJWK, SignJWT } from 'jose'
import Type from 'typebox'
import { OAUTH_PATH } from '../../auth/callers/embedded-tokens.js'
import type { Subjects } from '../../auth/callers/subjects.js'
import { SIGNING_ALGORITHM, type SigningKeys } from '../../auth/secrets/signing-keys.js'
import type { AdminDeps } from '../../http/admin/deps.js'
import { Id } from '../../http/admin/schemas.js'
import { route } from '../../http/route.js'
import type { PublicUrl } from '../../ports/public-url.js'
import { parseDevice, requireDevice } from '../../usecases/devices/resolve-device.js'

export interface SandboxTokenDeps extends Pick<AdminDeps, 'store' | 'directory' | 'realNow'> {
  readonly subjects: Subjects
  readonly tokenKeys: SigningKeys
  /** Base URL of the gateway as applications know it. */
  readonly publicUrl: PublicUrl
}

/** Seconds that they are good for, or have been: longer than the tolerance for clocks that differ. */
const LIFETIME_S = 600

const makeToken = {
  operationId: 'makeToken',
  method: 'POST',
  path: '/sandbox/tokens',
  summary: 'Create an access token for an OAuth client, two-legged unless a device is given',
  tag: 'Sandbox',
  body: closed({
    client: { ...Id, description: 'Id of the client.' },
    /** Default: none, it is two-legged. */
    device: Type.Optional(Device),
    expired: Type.Optional(Type.Boolean({ description: 'Whether it expired ten minutes ago. Default: false.' })),
    foreign: Type.Optional(Type.Boolean({ description: 'Whether another issuer signed it. Default: false.' })),
  }),
  success: { status: 201, description: 'The token.', schema: closed({ token: Type.String() }) },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'IDENTIFIER_NOT_FOUND', 'UNSUPPORTED_IDENTIFIER', 'SERVICE_NOT_APPLICABLE'],
} as const satisfies Operation

export const sandboxTokenRoutes = [
  route({
    operation: makeToken,
    async handle({ body, caller }, deps: SandboxTokenDeps) {
      const { client, device, expired = false, foreign = false } = body
      const key = await deps.store.applications.findKey(client)
      if (key?.client === undefined) throw new QodError('NOT_FOUND', 'There is no OAuth client with this id.')
      const subject = device === undefined ? client : await subjectOf(deps, key.application, caller, device)
      const issuedAt = Math.floor(deps.realNow() / 1000) - (expired ? 2 * LIFETIME_S : 0)
      const { privateKey, kid } = await signer(deps, foreign)
      const token = await new SignJWT({ client_id: client, scope: (key.scopes ?? API_SCOPES).join(' ') })
        .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: 'at+jwt', kid })
        .setIssuer(deps.publicUrl.value + OAUTH_PATH)
        .setAudience(deps.publicUrl.value)
        .setSubject(subject)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + LIFETIME_S)
        .sign(privateKey)
      return { body: { token } }
    },
  }),
]

async function subjectOf(
  deps: SandboxTokenDeps,
  application: ApplicationId,
  caller: Parameters<typeof requireDevice>[1],
  device: Parameters<typeof parseDevice>[0],
): Promise<string> {
  const { id } = await requireDevice(deps, caller, parseDevice(device))
  return deps.subjects.consent({ application, device: id })
}

async function signer({ tokenKeys }: SandboxTokenDeps, foreign: boolean) {
  const [{ kid = '', ...own }] = await tokenKeys.privateKeys()
  const privateKey = foreign
    ? (await generateKeyPair(SIGNING_ALGORITHM)).privateKey
    : await importJWK(own, SIGNING_ALGORITHM)
  return { privateKey, kid }
}
