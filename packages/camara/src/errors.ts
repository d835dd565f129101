// Every error that the gateway answers with, and nothing else: one registry, from which the answers, the OpenAPI
// documents, the SDK's types and docs/reference/errors.md all come.

interface ErrorEntry {
  /** HTTP status of the answer. */
  readonly status: number
  /** The message for people, where the refusal has none of its own. */
  readonly message: string
}

/**
 * CAMARA Quality-On-Demand and QoS-Profiles 1.2 and QoS-Provisioning 0.4, `components.responses`; generic codes from CAMARA Commonalities.
 * `IDEMPOTENCY_KEY_REUSED`, `PAYLOAD_TOO_LARGE`, `URI_TOO_LONG`, `EXPECTATION_FAILED`,
 * `REQUEST_TIMEOUT` and `REQUEST_HEADER_FIELDS_TOO_LARGE` are ours: no CAMARA document names these cases.
 */
export const ERRORS = {
  INVALID_ARGUMENT: { status: 400, message: 'The request is malformed.' },
  OUT_OF_RANGE: { status: 400, message: 'A value is outside its range.' },
  'QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE': {
    status: 400,
    message: 'The QoS profile does not allow this duration.',
  },
  INVALID_CREDENTIAL: { status: 400, message: 'This type of sink credential is not supported.' },
  INVALID_TOKEN: { status: 400, message: 'Only bearer tokens are supported as sink credential.' },
  INVALID_SINK: { status: 400, message: 'Events cannot be delivered to this sink.' },
  UNAUTHENTICATED: { status: 401, message: 'The request has no valid application key or access token.' },
  PERMISSION_DENIED: { status: 403, message: 'The caller is not permitted to do this.' },
  NOT_FOUND: { status: 404, message: 'There is no resource with this name or id.' },
  IDENTIFIER_NOT_FOUND: { status: 404, message: 'No device is known by these identifiers.' },
  METHOD_NOT_ALLOWED: { status: 405, message: 'This resource does not support this method.' },
  REQUEST_TIMEOUT: { status: 408, message: 'The request did not arrive in time.' },
  CONFLICT: {
    status: 409,
    message: 'Another session already covers this flow of the device.',
  },
  'QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED': {
    status: 409,
    message: 'Only a session that is AVAILABLE can be extended.',
  },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The body is too large.' },
  URI_TOO_LONG: { status: 414, message: 'The URL is too long.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'The body must be application/json.' },
  EXPECTATION_FAILED: { status: 417, message: 'Expect (header) must be 100-continue or absent.' },
  SERVICE_NOT_APPLICABLE: { status: 422, message: 'The service is not available for this device.' },
  MISSING_IDENTIFIER: { status: 422, message: 'Neither the body nor the access token identifies a device.' },
  UNSUPPORTED_IDENTIFIER: { status: 422, message: 'None of the given device identifiers is of a supported kind.' },
  UNNECESSARY_IDENTIFIER: {
    status: 422,
    message: 'The access token already identifies the device: leave `device` out.',
  },
  PRIVATE_KEY_JWT_NOT_CONFIGURED: {
    status: 422,
    message: 'PRIVATE_KEY_JWT is not configured for this application.',
  },
  'QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE': {
    status: 422,
    message: 'This QoS profile cannot be used for new sessions now.',
  },
  'QOS_PROVISIONING.QOS_PROFILE_NOT_APPLICABLE': {
    status: 422,
    message: 'This QoS profile cannot be assigned to devices now.',
  },
  IDEMPOTENCY_KEY_REUSED: { status: 422, message: 'This Idempotency-Key was already used with another body.' },
  TOO_MANY_REQUESTS: { status: 429, message: 'Too many requests: try again later.' },
  QUOTA_EXCEEDED: { status: 429, message: 'The quota is used up.' },
  REQUEST_HEADER_FIELDS_TOO_LARGE: { status: 431, message: 'The headers are too large.' },
  INTERNAL: { status: 500, message: 'The gateway failed with an internal error.' },
  NOT_IMPLEMENTED: { status: 501, message: 'The gateway does not support this method or transfer coding.' },
  UNAVAILABLE: { status: 503, message: 'The gateway cannot serve this request now: try again later.' },
} as const satisfies Record<string, ErrorEntry>

/** A CAMARA error code. */
export type ErrorCode = keyof typeof ERRORS

export interface QodErrorOptions {
  /** The cause, for our logs; callers never see it. */
  cause?: unknown
  /** Seconds after which a repeat may succeed; sent as `Retry-After`. */
  retryAfterSeconds?: number
  /** Methods of the resource; sent as `Allow` (RFC 9110 section 15.5.6). */
  allow?: readonly string[]
  /** Parameters of `WWW-Authenticate: Bearer` (RFC 6750 section 3). */
  challenge?: string
}

/** A refusal the caller can act on: `code` is for programs, `message` for people, `cause` for us. */
export class QodError extends Error {
  override readonly name = 'QodError'
  readonly code: ErrorCode
  /** HTTP status, from the registry. */
  readonly status: number
  readonly retryAfterSeconds: number | undefined
  readonly allow: readonly string[] | undefined
  readonly challenge: string | undefined

  constructor(code: ErrorCode, message: string = ERRORS[code].message, options: QodErrorOptions = {}) {
    const { status } = ERRORS[code]
    // Internal errors need a stack. For a refusal it would be a tenth of the cost of the whole request.
    const { stackTraceLimit } = Error
    if (status < 500) Error.stackTraceLimit = 0
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    Error.stackTraceLimit = stackTraceLimit
    this.code = code
    this.status = status
    this.retryAfterSeconds = options.retryAfterSeconds
    this.allow = options.allow
    this.challenge = options.challenge
  }
}
