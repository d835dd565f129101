// Helpers for requests of sessions and of assignments.

import { QodError } from '@rightofway/camara'
import { IDEMPOTENCY_KEY } from '@rightofway/camara/schemas'
import type { CreateOptions } from '../../usecases/resources/create.js'
import type { FieldCodes } from '../errors.js'

interface Headers {
  header(name: string): string | undefined
}

/** Error codes of single members of a body. */
export const SINK_CODES: FieldCodes = {
  '/sink': 'INVALID_SINK',
  '/sinkCredential/credentialType': 'INVALID_CREDENTIAL',
  '/sinkCredential/accessTokenType': 'INVALID_TOKEN',
}

/** RFC 7240 section 3. */
export const PREFERENCE_APPLIED = { 'preference-applied': 'respond-async' }

const RESPOND_ASYNC = /(?:^|,)\s*respond-async\s*(?:[;,]|$)/i

/** Whether the caller wants an answer before the network's (RFC 7240). */
export const prefersAsync = (request: Headers): boolean => RESPOND_ASYNC.test(request.header('prefer') ?? '')

interface CreateRequest extends Headers {
  readonly correlator: string
  readonly correlatorGiven: boolean
}

/**
 * What the headers of a create ask for.
 * @throws {QodError} `INVALID_ARGUMENT` the idempotency key is malformed
 */
export const createOptionsOf = (
  request: CreateRequest,
): Pick<CreateOptions, 'idempotencyKey' | 'respondAsync' | 'correlator'> => ({
  idempotencyKey: idempotencyKeyOf(request),
  respondAsync: prefersAsync(request),
  correlator: request.correlatorGiven ? request.correlator : undefined,
})

/** @throws {QodError} `INVALID_ARGUMENT` the header is malformed */
export function idempotencyKeyOf(request: Headers): string | undefined {
  const key = request.header('idempotency-key')
  if (key === undefined || IDEMPOTENCY_KEY.pattern.test(key)) return key
  throw new QodError('INVALID_ARGUMENT', `Idempotency-Key (header) must be ${IDEMPOTENCY_KEY.allowed}`)
}
