// Turns errors into answers.

import { type ErrorInfo, QodError } from '@rightofway/camara'
import { describeViolation, type Violation } from '@rightofway/camara/schemas'
import type { FastifyError, FastifyReply } from 'fastify'
import { KeyMissing } from '../auth/secrets/keyring.js'
import { StoreUnavailable } from '../domain/store-unavailable.js'

const MAX_MESSAGE = 512

/** Codes for refusals of Fastify itself. */
const FASTIFY_CODES: Readonly<Record<string, { code: QodError['code']; message?: string }>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'UNSUPPORTED_MEDIA_TYPE' },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'PAYLOAD_TOO_LARGE' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'INVALID_ARGUMENT',
    message: 'The length of the body differs from Content-Length',
  },
  FST_ERR_BAD_URL: { code: 'INVALID_ARGUMENT', message: 'The path of the URL is malformed' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'URI_TOO_LONG', message: 'A part of the path is too long' },
}

/** Error codes of single members of a request, by JSON pointer. */
export type FieldCodes = Readonly<Record<string, QodError['code']>>

/** The error for the caller. An unexpected error is `INTERNAL`, and only the log has its cause. */
export function toQodError(error: unknown, fieldCodes: FieldCodes = {}): QodError {
  if (error instanceof QodError) return error
  if (error instanceof StoreUnavailable) {
    return new QodError('UNAVAILABLE', undefined, { cause: error, retryAfterSeconds: 1 })
  }
  if (error instanceof KeyMissing) {
    return new QodError('UNAVAILABLE', 'The gateway has no key to decrypt secrets: try again later.', {
      cause: error,
    })
  }
  const { validation, validationContext = 'body', code = '', statusCode } = error as FastifyError
  if (validation !== undefined) {
    const { pointer, missing, message } = describeViolation(validation as unknown as Violation[], validationContext)
    return new QodError((missing ? undefined : fieldCodes[pointer]) ?? 'INVALID_ARGUMENT', message)
  }
  const known = FASTIFY_CODES[code]
  if (known !== undefined) return new QodError(known.code, known.message)
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new QodError('INVALID_ARGUMENT')
  return new QodError('INTERNAL', undefined, { cause: error })
}

/** Whether it is logged: errors that the caller can correct are not. */
export const isFault = ({ status, code }: QodError): boolean => status >= 500 && code !== 'NOT_IMPLEMENTED'

/**
 * Answers with an error.
 * @param scheme of authentication in `WWW-Authenticate` (RFC 9110 section 11.6.1)
 */
export function sendError(reply: FastifyReply, error: QodError, scheme = 'Bearer'): void {
  const { status, code, message, retryAfterSeconds, allow, challenge } = error
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(retryAfterSeconds)))
  if (allow !== undefined) reply.header('allow', allow.join(', '))
  if (challenge !== undefined) reply.header('www-authenticate', `${scheme} ${challenge}`)
  else if (status === 401) reply.header('www-authenticate', scheme)
  const body: ErrorInfo = { status, code, message: message.slice(0, MAX_MESSAGE) }
  reply.code(status).type('application/json; charset=utf-8').serializer(JSON.stringify).send(body)
}
