/// <reference lib="esnext.disposable" preserve="true" />

/**
 * What an application imports: the client, devices, sessions, and the parser for events.
 * @module @rightofway/sdk
 */

export type { CallOptions, SessionFilter } from './api.js'
export type { PrivateKey, SigningAlgorithm } from './assertion.js'
export { QosAssignment, type RevokeOptions } from './assignment.js'
export {
  type Assignments,
  type ClientOptions,
  type Devices,
  NetworkAsCodeClient,
  type ProfileFilter,
  type Profiles,
  type Sessions,
} from './client.js'
export type {
  AssignQosOptions,
  CreateQodSessionOptions,
  PortRange,
  PortSpec,
  QodOptionalArgs,
  SinkCredential,
} from './create-arguments.js'
export { Device } from './device.js'
export { type CamaraOptions, camara, type Endpoint, nokia, type OAuthOptions, rightofway } from './endpoint.js'
export {
  type ClearFailure,
  type ConnectionErrorCode,
  type Outcome,
  QodApiError,
  QodArgumentError,
  QodClearError,
  QodConnectionError,
  QodError,
  type QodErrorCode,
  QodEventError,
} from './errors.js'
export {
  type NodeRequest,
  type ParseOptions,
  parseAssignmentEvent,
  parseQodEvent,
  type QodEvent,
  type QosAssignmentEvent,
} from './events.js'
export type { FollowOptions, SessionChange } from './follow.js'
export type { DeviceIdentifiers, DeviceIpv4Addr } from './identifiers.js'
export { QoDSession } from './session.js'
export type { Token } from './tokens.js'
export type { AssignmentStatusInfo, ErrorCode, QosProfile, QosStatus, Rate, SessionUsage, StatusInfo } from './wire.js'
