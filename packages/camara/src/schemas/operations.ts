// The operations of the CAMARA APIs that the gateway serves. Its routes and the OpenAPI documents are made from these
// values, so that they cannot differ.

import Type, { type TSchema } from 'typebox'
import type { ErrorCode } from '../errors.js'
import { closed, described, printableHeader } from './common.js'
import { QosProfile, QosProfileDeviceRequest, RetrieveQosProfilesOutput } from './qos-profiles.js'
import {
  AssignmentId,
  AssignmentInfo,
  CreateAssignment,
  EventStatusChanged,
  RetrieveAssignmentByDevice,
} from './qos-provisioning.js'
import {
  CreateSession,
  EventQosStatusChanged,
  ExtendSessionDuration,
  QosProfileName,
  QosStatus,
  RetrieveSessionsInput,
  RetrieveSessionsOutput,
  SessionId,
  SessionInfo,
  SessionUsage,
} from './quality-on-demand.js'

export interface Operation {
  readonly operationId: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** OpenAPI spelling, below the base path of its API. */
  readonly path: string
  readonly summary: string
  readonly tag: string
  /** The OAuth scope that a caller needs; absent where the API has other permissions. */
  readonly scope?: string
  /** The required role, in an API that users sign in to. */
  readonly role?: 'viewer' | 'operator' | 'admin'
  /** Whether such an API allows it without a sign-in. */
  readonly open?: boolean
  readonly params?: TSchema
  readonly query?: TSchema
  /** Request headers of the operation, besides `Authorization` and `x-correlator`. */
  readonly headers?: Readonly<Record<string, TSchema>>
  readonly body?: TSchema
  readonly success: {
    readonly status: number
    readonly description: string
    readonly schema?: TSchema
    readonly mediaType?: string
    /** Response headers of the operation, besides `x-correlator`. */
    readonly headers?: Readonly<Record<string, TSchema>>
  }
  /** Another success; without `schema`, it has no content. */
  readonly otherwise?: { readonly status: number; readonly description: string; readonly schema?: TSchema }
  /** The CloudEvent that is sent later to the URL in the body's `sink`. */
  readonly event?: TSchema
  /** Codes of this operation, besides those of all operations (401, 403, 405, 429, 5xx ...). */
  readonly errors: readonly ErrorCode[]
  /** Ours, not CAMARA's. */
  readonly extension?: boolean
}

export interface Api {
  /** First segment of its base path. */
  readonly name: string
  readonly title: string
  readonly description: string
  /** Version of each base path; text is the version of all. */
  readonly version: string | Readonly<Record<string, string>>
  /** Base paths with their version segments, the canonical one first. */
  readonly basePaths: readonly [string, ...string[]]
  readonly operations: readonly Operation[]
}

const SessionPath = closed({ sessionId: described(SessionId, 'As answered by createSession.') })
const ProfilePath = closed({ name: described(QosProfileName, 'Name of the profile.') })

const AssignmentPath = closed({ assignmentId: described(AssignmentId, 'As answered by createQosAssignment.') })

const IDENTIFIER_ERRORS = [
  'IDENTIFIER_NOT_FOUND',
  'SERVICE_NOT_APPLICABLE',
  'MISSING_IDENTIFIER',
  'UNSUPPORTED_IDENTIFIER',
  'UNNECESSARY_IDENTIFIER',
] as const

/** Validated by the route, like {@link X_CORRELATOR_PATTERN}. */
export const IDEMPOTENCY_KEY = printableHeader(255)

const IdempotencyKey = described(
  IDEMPOTENCY_KEY.schema,
  'Makes it safe to repeat the request: the same key and body within 24 hours return the same resource ' +
    `(${IDEMPOTENCY_KEY.allowed}). An extension, after the IETF draft.`,
)

const preferAsync = (meaning: string) =>
  Type.String({ maxLength: 1024, description: `\`respond-async\` (RFC 7240): ${meaning}` })

const Prefer = preferAsync('answer REQUESTED at once instead of waiting for the network.')

const lastEventId = (description: string) => Type.String({ maxLength: 256, description })

/** Of an operation that waits a moment for the network. */
const PreferenceAppliedHeader = {
  'Preference-Applied': Type.String({
    enum: ['respond-async'],
    description: 'Present if the preference was applied (RFC 7240 section 3).',
  }),
}

const WarningHeader = {
  Warning: Type.String({
    pattern: '^299 - ".*"$',
    maxLength: 512,
    description:
      'A warning for people (RFC 7234 section 5.5.7): why the network refused or ended the session, or that the token ' +
      'of the sink expires before the session ends.',
  }),
}

const AssignmentWarning = {
  Warning: described(
    WarningHeader.Warning,
    'A warning for people (RFC 7234 section 5.5.7): why the network refused or ended the assignment.',
  ),
}

export const createSession = {
  operationId: 'createSession',
  method: 'POST',
  path: '/sessions',
  summary: 'Ask the network for a quality of service between a device and a server',
  tag: 'QoS Sessions',
  scope: 'quality-on-demand:sessions:create',
  headers: {
    'Idempotency-Key': IdempotencyKey,
    Prefer,
  },
  body: CreateSession,
  success: {
    status: 201,
    description: 'The session.',
    schema: SessionInfo,
    headers: {
      ...WarningHeader,
      ...PreferenceAppliedHeader,
    },
  },
  event: EventQosStatusChanged,
  errors: [
    'INVALID_ARGUMENT',
    'QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE',
    'INVALID_CREDENTIAL',
    'INVALID_TOKEN',
    'INVALID_SINK',
    'CONFLICT',
    ...IDENTIFIER_ERRORS,
    'PRIVATE_KEY_JWT_NOT_CONFIGURED',
    'QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE',
    'IDEMPOTENCY_KEY_REUSED',
    'QUOTA_EXCEEDED',
    'NOT_FOUND',
  ],
} as const satisfies Operation

export const getSession = {
  operationId: 'getSession',
  method: 'GET',
  path: '/sessions/{sessionId}',
  summary: 'Get a session',
  tag: 'QoS Sessions',
  scope: 'quality-on-demand:sessions:read',
  params: SessionPath,
  success: { status: 200, description: 'The session.', schema: SessionInfo, headers: WarningHeader },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

export const deleteSession = {
  operationId: 'deleteSession',
  method: 'DELETE',
  path: '/sessions/{sessionId}',
  summary: 'Delete a session',
  tag: 'QoS Sessions',
  scope: 'quality-on-demand:sessions:delete',
  params: SessionPath,
  success: { status: 204, description: 'The session is deleted.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

export const extendQosSessionDuration = {
  operationId: 'extendQosSessionDuration',
  method: 'POST',
  path: '/sessions/{sessionId}/extend',
  summary: 'Extend an AVAILABLE session',
  tag: 'QoS Sessions',
  scope: 'quality-on-demand:sessions:update',
  params: SessionPath,
  body: ExtendSessionDuration,
  success: {
    status: 200,
    description: 'The session with its new end.',
    schema: SessionInfo,
    headers: WarningHeader,
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED'],
} as const satisfies Operation

export const retrieveSessionsByDevice = {
  operationId: 'retrieveSessionsByDevice',
  method: 'POST',
  path: '/retrieve-sessions',
  summary: 'List the sessions of a device',
  tag: 'QoS Sessions',
  scope: 'quality-on-demand:sessions:retrieve-by-device',
  body: RetrieveSessionsInput,
  success: {
    status: 200,
    description: 'Its sessions; an empty list if it has none.',
    schema: RetrieveSessionsOutput,
  },
  errors: ['INVALID_ARGUMENT', ...IDENTIFIER_ERRORS],
} as const satisfies Operation

export const listSessions = {
  operationId: 'listSessions',
  method: 'GET',
  path: '/sessions',
  summary: 'List all sessions of the caller, newest first, page by page',
  tag: 'QoS Sessions',
  scope: 'quality-on-demand:sessions:read',
  query: closed({
    qosStatus: Type.Optional(described(QosStatus, 'Only sessions of this status.')),
    qosProfile: Type.Optional(described(QosProfileName, 'Only sessions of this profile.')),
    limit: Type.Optional(
      Type.String({
        pattern: '^([1-9][0-9]?|100)$',
        maxLength: 3,
        description: 'Maximum number of sessions in a page, 1 to 100. Default: 100.',
      }),
    ),
    after: Type.Optional(described(SessionId, 'Start of the page, as in the link to it.')),
  }),
  success: {
    status: 200,
    description:
      'A page. If there may be more, the header `Link` (RFC 8288) has the next page as `rel="next"`. A page may ' +
      'have fewer sessions than `limit` although it is not the last.',
    schema: RetrieveSessionsOutput,
    headers: {
      Link: Type.String({
        pattern: '^<[^>]+>; rel="next"$',
        maxLength: 2048,
        description: 'The next page (RFC 8288), relative to this one.',
      }),
    },
  },
  errors: ['INVALID_ARGUMENT'],
  extension: true,
} as const satisfies Operation

export const watchSession = {
  operationId: 'watchSession',
  method: 'GET',
  path: '/sessions/{sessionId}/events',
  summary: 'Follow a session: the same events that its sink gets, as server-sent events',
  tag: 'QoS Sessions',
  scope: 'quality-on-demand:sessions:read',
  params: SessionPath,
  headers: { 'Last-Event-ID': lastEventId('The last event seen: only later ones are sent.') },
  success: {
    status: 200,
    description: 'A stream of events. It ends after the last one. A request after that is answered 204.',
    schema: Type.String(),
    mediaType: 'text/event-stream',
  },
  otherwise: { status: 204, description: 'No more events: an EventSource does not reconnect.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
  extension: true,
} as const satisfies Operation

export const getSessionUsage = {
  operationId: 'getSessionUsage',
  method: 'GET',
  path: '/sessions/{sessionId}/usage',
  summary: 'Get the traffic of a session and its current rate',
  tag: 'QoS Sessions',
  scope: 'quality-on-demand:sessions:read',
  params: SessionPath,
  success: {
    status: 200,
    description: 'Its usage. 404 if the network does not measure traffic.',
    schema: SessionUsage,
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
  extension: true,
} as const satisfies Operation

export const watchSessions = {
  operationId: 'watchSessions',
  method: 'GET',
  path: '/sessions/events',
  summary: 'Follow all your sessions: the same events that their sinks get, as server-sent events',
  tag: 'QoS Sessions',
  scope: 'quality-on-demand:sessions:read',
  headers: {
    'Last-Event-ID': lastEventId(
      'The last event seen: only later events are sent, or all stored events if it is unknown. Without it: only ' +
        'new events.',
    ),
  },
  success: {
    status: 200,
    description: 'A stream of events, in order for each session. It does not end by itself.',
    schema: Type.String(),
    mediaType: 'text/event-stream',
  },
  errors: [],
  extension: true,
} as const satisfies Operation

export const getQosProfile = {
  operationId: 'getQosProfile',
  method: 'GET',
  path: '/qos-profiles/{name}',
  summary: 'Get a QoS profile by name',
  tag: 'QoS Profiles',
  scope: 'qos-profiles:read',
  params: ProfilePath,
  success: { status: 200, description: 'The profile.', schema: QosProfile },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

export const retrieveQosProfiles = {
  operationId: 'retrieveQosProfiles',
  method: 'POST',
  path: '/retrieve-qos-profiles',
  summary: 'List QoS profiles',
  tag: 'QoS Profiles',
  scope: 'qos-profiles:read',
  body: QosProfileDeviceRequest,
  success: { status: 200, description: 'The profiles that match.', schema: RetrieveQosProfilesOutput },
  errors: [
    'INVALID_ARGUMENT',
    'IDENTIFIER_NOT_FOUND',
    'SERVICE_NOT_APPLICABLE',
    'UNSUPPORTED_IDENTIFIER',
    'UNNECESSARY_IDENTIFIER',
  ],
} as const satisfies Operation

export const createQosAssignment = {
  operationId: 'createQosAssignment',
  method: 'POST',
  path: '/qos-assignments',
  summary: 'Assign a QoS profile to a device, until it is revoked',
  tag: 'QoS Assignment',
  scope: 'qos-provisioning:qos-assignments:create',
  headers: {
    'Idempotency-Key': IdempotencyKey,
    Prefer,
  },
  body: CreateAssignment,
  success: {
    status: 201,
    description: 'The assignment.',
    schema: AssignmentInfo,
    headers: { ...AssignmentWarning, ...PreferenceAppliedHeader },
  },
  event: EventStatusChanged,
  errors: [
    'INVALID_ARGUMENT',
    'INVALID_CREDENTIAL',
    'INVALID_TOKEN',
    'INVALID_SINK',
    'CONFLICT',
    ...IDENTIFIER_ERRORS,
    'PRIVATE_KEY_JWT_NOT_CONFIGURED',
    'QOS_PROVISIONING.QOS_PROFILE_NOT_APPLICABLE',
    'IDEMPOTENCY_KEY_REUSED',
    'QUOTA_EXCEEDED',
    'NOT_FOUND',
  ],
} as const satisfies Operation

export const getQosAssignmentById = {
  operationId: 'getQosAssignmentById',
  method: 'GET',
  path: '/qos-assignments/{assignmentId}',
  summary: 'Get an assignment',
  tag: 'QoS Assignment',
  scope: 'qos-provisioning:qos-assignments:read',
  params: AssignmentPath,
  success: { status: 200, description: 'The assignment.', schema: AssignmentInfo, headers: AssignmentWarning },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

export const revokeQosAssignment = {
  operationId: 'revokeQosAssignment',
  method: 'DELETE',
  path: '/qos-assignments/{assignmentId}',
  summary: 'Revoke an assignment; of one that has ended, forget it',
  tag: 'QoS Assignment',
  scope: 'qos-provisioning:qos-assignments:delete',
  params: AssignmentPath,
  headers: { Prefer: preferAsync('answer 202 at once instead of waiting for the network.') },
  success: {
    status: 204,
    description:
      'The assignment is revoked. It can be read, and stands in the way of another, for at least 360 seconds.',
  },
  otherwise: {
    status: 202,
    description: 'The network has not let go yet: `status` is AVAILABLE, `statusInfo` is DELETE_REQUESTED.',
    schema: AssignmentInfo,
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

export const getQosAssignmentByDevice = {
  operationId: 'getQosAssignmentByDevice',
  method: 'POST',
  path: '/retrieve-qos-assignment',
  summary: 'Get the assignment of a device',
  tag: 'QoS Assignment',
  scope: 'qos-provisioning:qos-assignments:read-by-device',
  body: RetrieveAssignmentByDevice,
  success: { status: 200, description: 'Its assignment.', schema: AssignmentInfo, headers: AssignmentWarning },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', ...IDENTIFIER_ERRORS],
} as const satisfies Operation

export const watchQosAssignment = {
  operationId: 'watchQosAssignment',
  method: 'GET',
  path: '/qos-assignments/{assignmentId}/events',
  summary: 'Follow an assignment: the same events that its sink gets, as server-sent events',
  tag: 'QoS Assignment',
  scope: 'qos-provisioning:qos-assignments:read',
  params: AssignmentPath,
  headers: { 'Last-Event-ID': lastEventId('The last event seen: only later ones are sent.') },
  success: {
    status: 200,
    description: 'A stream of events. It ends after the last one. A request after that is answered 204.',
    schema: Type.String(),
    mediaType: 'text/event-stream',
  },
  otherwise: { status: 204, description: 'No more events: an EventSource does not reconnect.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
  extension: true,
} as const satisfies Operation

/** A path without a pre-release is for the version itself (CAMARA API design guide, section on versions in the URL). */
const versionsBelow = (name: string) => ({
  [`/${name}/v1`]: '1.2.0',
  [`/${name}/v1rc3`]: '1.2.0-rc.3',
  [`/${name}/vwip`]: 'wip',
})

export const qualityOnDemand: Api = {
  name: 'quality-on-demand',
  title: 'Quality-On-Demand',
  description:
    'Sessions with a duration: a quality of service for the traffic between a device and a server, from the moment ' +
    'the network grants it until the duration ends. Follows CAMARA quality-on-demand 1.2.',
  version: versionsBelow('quality-on-demand'),
  basePaths: ['/quality-on-demand/v1', '/quality-on-demand/v1rc3', '/quality-on-demand/vwip'],
  operations: [
    createSession,
    getSession,
    deleteSession,
    extendQosSessionDuration,
    retrieveSessionsByDevice,
    listSessions,
    watchSession,
    getSessionUsage,
    watchSessions,
  ],
}

export const qosProfiles: Api = {
  name: 'qos-profiles',
  title: 'QoS Profiles',
  description: 'The QoS profiles that sessions can use. Follows CAMARA qos-profiles 1.2.',
  version: versionsBelow('qos-profiles'),
  basePaths: ['/qos-profiles/v1', '/qos-profiles/v1rc3', '/qos-profiles/vwip'],
  operations: [getQosProfile, retrieveQosProfiles],
}

export const qosProvisioning: Api = {
  name: 'qos-provisioning',
  title: 'QoS Provisioning',
  description:
    'Assignments without end: a quality of service for all traffic of a device that no session covers, from the moment ' +
    'the network grants it until it is revoked. Follows CAMARA qos-provisioning 0.4.',
  version: {
    '/qos-provisioning/v0.4': '0.4.0',
    '/qos-provisioning/v0.3': '0.3.0',
    '/qos-provisioning/v0.4rc1': '0.4.0-rc.1',
    '/qos-provisioning/vwip': 'wip',
  },
  basePaths: [
    '/qos-provisioning/v0.4',
    '/qos-provisioning/v0.3',
    '/qos-provisioning/v0.4rc1',
    '/qos-provisioning/vwip',
  ],
  operations: [
    createQosAssignment,
    getQosAssignmentById,
    revokeQosAssignment,
    getQosAssignmentByDevice,
    watchQosAssignment,
  ],
}

/** All APIs that the gateway serves. */
export const APIS: readonly Api[] = [qualityOnDemand, qosProfiles, qosProvisioning]

/** The scopes of all operations. */
export const API_SCOPES: readonly string[] = [
  ...new Set(APIS.flatMap(({ operations }) => operations.flatMap(({ scope = [] }) => scope))),
]
