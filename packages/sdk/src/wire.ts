// The contract as plain types, made from the schemas by `npm run generate -w @rightofway/camara`: do not edit.

/** Events carry `Authorization: Bearer` and this token. */
export interface AccessTokenCredential {
  credentialType: 'ACCESSTOKEN'
  /** Sent with every event. */
  accessToken: string
  /** When the token stops working. It is not sent after that. */
  accessTokenExpiresUtc: string
  accessTokenType: 'bearer'
}

/** The server at the other end of the flow: prefixes, or a list of addresses, not both. */
export type ApplicationServer = ApplicationServerIpAddressSubnets | ApplicationServerIpAddressList

/** The server as a list of single addresses: the session covers traffic with any of them. */
export interface ApplicationServerIpAddressList {
  /** Single IPv4 and IPv6 addresses. */
  ipAddresses: string[]
}

/** The server by one IPv4 prefix, one IPv6 prefix or both. */
export interface ApplicationServerIpAddressSubnets {
  /** An IPv4 address, or a prefix as address/length: all of its addresses. */
  ipv4Address?: string
  /** An IPv6 address, or a prefix as address/length: all of its addresses. */
  ipv6Address?: string
}

/** A QoS profile that is assigned to a device until it is revoked. */
export interface AssignmentInfo {
  /** A UUID. */
  assignmentId: string
  /** The identifier of the request that was used, as it was written. */
  device?: DeviceResponse
  /** Name of a QoS profile, as listed by the qos-profiles API. */
  qosProfile: string
  /** The https URL that events are sent to. (Plain http only to loopback, and only in a sandbox.) */
  sink?: string
  /** When it became AVAILABLE. Absent if it never did. */
  startedAt?: string
  /** REQUESTED: the network has not decided. AVAILABLE: the network provides it. UNAVAILABLE: it was refused, or has ended. */
  status: QosStatus
  /** UNAVAILABLE: the network refused or ended the assignment, or its owner revoked it. AVAILABLE with DELETE_REQUESTED: it was revoked, and the network has not let go yet. */
  statusInfo?: AssignmentStatusInfo
}

/** UNAVAILABLE: the network refused or ended the assignment, or its owner revoked it. AVAILABLE with DELETE_REQUESTED: it was revoked, and the network has not let go yet. */
export type AssignmentStatusInfo = 'NETWORK_TERMINATED' | 'DELETE_REQUESTED'

/** A country, and optionally networks in it, where a profile is available. */
export interface CountryAvailability {
  /** ISO 3166-1 alpha-2. */
  countryName: string
  /** PLMN identifiers (MCC and MNC). */
  networks?: string[]
}

/** An assignment to create. */
export interface CreateAssignment {
  /** One device, by one or more identifiers. The first of phoneNumber, ipv4Address, ipv6Address and networkAccessIdentifier that the operator supports and can resolve is used. */
  device?: Device
  /** Name of a QoS profile, as listed by the qos-profiles API. */
  qosProfile: string
  /** The https URL that events are sent to. (Plain http only to loopback, and only in a sandbox.) */
  sink?: string
  /** How the gateway authenticates itself to the sink. */
  sinkCredential?: SinkCredential
}

/** A session to create. */
export interface CreateSession {
  /** One device, by one or more identifiers. The first of phoneNumber, ipv4Address, ipv6Address and networkAccessIdentifier that the operator supports and can resolve is used. */
  device?: Device
  /** The server at the other end of the flow: prefixes, or a list of addresses, not both. */
  applicationServer: ApplicationServer
  /** Ports on the device. Absent: all. */
  devicePorts?: PortsSpec
  /** Ports on the server. Absent: all. */
  applicationServerPorts?: PortsSpec
  /** Name of a QoS profile, as listed by the qos-profiles API. */
  qosProfile: string
  /** The https URL that events are sent to. (Plain http only to loopback, and only in a sandbox.) */
  sink?: string
  /** How the gateway authenticates itself to the sink. */
  sinkCredential?: SinkCredential
  /** Whole seconds, within the bounds of the profile (24 h at most). */
  duration: number
}

/** One device, by one or more identifiers. The first of phoneNumber, ipv4Address, ipv6Address and networkAccessIdentifier that the operator supports and can resolve is used. */
export interface Device {
  /** E.164 with a leading `+`: 5 to 15 digits, no spaces. */
  phoneNumber?: string
  /** A subscription, as user@realm (RFC 7542). Not every operator supports it. */
  networkAccessIdentifier?: string
  /** Many devices share a public IPv4 address. Together with the private address or the public port it identifies one. */
  ipv4Address?: DeviceIpv4Address
  /** The device's IPv6 address, or any address within its prefix. */
  ipv6Address?: string
}

/** Many devices share a public IPv4 address. Together with the private address or the public port it identifies one. */
export interface DeviceIpv4Address {
  /** The address that servers see (after NAT). */
  publicAddress: string
  /** The device's own address (before NAT). */
  privateAddress?: string
  /** The port that servers see. */
  publicPort?: number
}

/** The identifier of the request that was used, as it was written. */
export interface DeviceResponse {
  /** E.164 with a leading `+`: 5 to 15 digits, no spaces. */
  phoneNumber?: string
  /** A subscription, as user@realm (RFC 7542). Not every operator supports it. */
  networkAccessIdentifier?: string
  /** Many devices share a public IPv4 address. Together with the private address or the public port it identifies one. */
  ipv4Address?: DeviceIpv4Address
  /** The device's IPv6 address, or any address within its prefix. */
  ipv6Address?: string
}

/** A duration. */
export interface Duration {
  value: number
  unit: 'Days' | 'Hours' | 'Minutes' | 'Seconds' | 'Milliseconds' | 'Microseconds' | 'Nanoseconds'
}

/** A refusal. */
export interface ErrorInfo {
  /** HTTP status of the answer. */
  status: number
  /** For programs: one of the codes of this operation. */
  code: string
  /** For people: what was wrong, where, and what is allowed. */
  message: string
}

/** The statuses that events report. */
export type EventQosStatus = 'AVAILABLE' | 'UNAVAILABLE'

/** CloudEvent 1.0: the status of a session changed. */
export interface EventQosStatusChanged {
  /** Unique within source; the same in every attempt. */
  id: string
  /** The session. */
  source: string
  specversion: '1.0'
  type: 'org.camaraproject.quality-on-demand.v1.qos-status-changed'
  /** When the status changed. */
  time: string
  datacontenttype: 'application/json'
  data: {
    /** A UUID. */
    sessionId: string
    /** The statuses that events report. */
    qosStatus: EventQosStatus
    /** Why a session is UNAVAILABLE: its duration passed, the network refused or ended it, or its owner deleted it. */
    statusInfo?: StatusInfo
  }
}

/** CloudEvent 1.0: the status of an assignment changed. */
export interface EventStatusChanged {
  /** Unique within source; the same in every attempt. */
  id: string
  /** The assignment. */
  source: string
  specversion: '1.0'
  type: 'org.camaraproject.qos-provisioning.v0.status-changed'
  /** When the status changed. */
  time: string
  datacontenttype: 'application/json'
  data: {
    /** A UUID. */
    assignmentId: string
    /** The statuses that events report. */
    status: EventQosStatus
    /** UNAVAILABLE: the network refused or ended the assignment, or its owner revoked it. AVAILABLE with DELETE_REQUESTED: it was revoked, and the network has not let go yet. */
    statusInfo?: AssignmentStatusInfo
  }
}

/** An extension. */
export interface ExtendSessionDuration {
  /** Whole seconds to add. The total duration is capped at the maximum of the profile. */
  requestedAdditionalDuration: number
}

/** A range of TCP or UDP ports, both ends included. */
export interface PortRange {
  /** First port. */
  from: number
  /** Last port, not below the first. */
  to: number
}

/** TCP or UDP ports: ranges, single ports or both. */
export interface PortsSpec {
  ranges?: PortRange[]
  ports?: number[]
}

/** The gateway fetches tokens with a signed assertion, at an endpoint that its operator has configured. */
export interface PrivateKeyJWTCredential {
  credentialType: 'PRIVATE_KEY_JWT'
  clientId?: string
  tokenUri?: string
}

/** A QoS profile for sessions. */
export interface QosProfile {
  /** Name of a QoS profile, as listed by the qos-profiles API. */
  name: string
  description?: string
  /** ACTIVE: can be used. INACTIVE: cannot be used now. DEPRECATED: existing sessions keep it, new ones cannot use it. */
  status: QosProfileStatusEnum
  countryAvailability?: CountryAvailability[]
  /** Guaranteed from device to server. Absent: no guarantee. */
  targetMinUpstreamRate?: Rate
  /** Maximum from device to server. */
  maxUpstreamRate?: Rate
  /** Maximum burst from device to server. */
  maxUpstreamBurstRate?: Rate
  /** Guaranteed from server to device. Absent: no guarantee. */
  targetMinDownstreamRate?: Rate
  /** Maximum from server to device. */
  maxDownstreamRate?: Rate
  /** Maximum burst from server to device. */
  maxDownstreamBurstRate?: Rate
  /** Minimum duration of a session. */
  minDuration?: Duration
  /** Maximum duration of a session, including extensions. */
  maxDuration?: Duration
  /** A lower value has precedence. */
  priority?: number
  /** One way, between the device and the operator's edge. */
  packetDelayBudget?: Duration
  /** Variation of the round trip, 99th percentile. */
  jitter?: Duration
  /** n: at most 10^-n of the packets lost. */
  packetErrorLossRate?: number
  /** Experimental. L4S (RFC 9330) queueing. */
  l4sQueueType?: 'non-l4s-queue' | 'l4s-queue' | 'mixed-queue'
  /** Experimental. A class of service with its DSCP (RFC 4594). */
  serviceClass?: 'microsoft_voice' | 'microsoft_audio_video' | 'real_time_interactive' | 'multimedia_streaming' | 'broadcast_video' | 'low_latency_data' | 'high_throughput_data' | 'low_priority_data' | 'standard'
}

/** Filters: a profile must match every given member. */
export interface QosProfileDeviceRequest {
  /** One device, by one or more identifiers. The first of phoneNumber, ipv4Address, ipv6Address and networkAccessIdentifier that the operator supports and can resolve is used. */
  device?: Device
  /** Name of a QoS profile, as listed by the qos-profiles API. */
  name?: string
  /** ACTIVE: can be used. INACTIVE: cannot be used now. DEPRECATED: existing sessions keep it, new ones cannot use it. */
  status?: QosProfileStatusEnum
}

/** ACTIVE: can be used. INACTIVE: cannot be used now. DEPRECATED: existing sessions keep it, new ones cannot use it. */
export type QosProfileStatusEnum = 'ACTIVE' | 'INACTIVE' | 'DEPRECATED'

/** REQUESTED: the network has not decided. AVAILABLE: the network provides it. UNAVAILABLE: it was refused, or has ended. */
export type QosStatus = 'REQUESTED' | 'AVAILABLE' | 'UNAVAILABLE'

/** A data rate. */
export interface Rate {
  value: number
  /** Bits per second and its multiples by 1000. */
  unit: 'bps' | 'kbps' | 'Mbps' | 'Gbps' | 'Tbps'
}

/** The device whose assignment is asked for. */
export interface RetrieveAssignmentByDevice {
  /** One device, by one or more identifiers. The first of phoneNumber, ipv4Address, ipv6Address and networkAccessIdentifier that the operator supports and can resolve is used. */
  device?: Device
}

/** The device whose sessions are listed. */
export interface RetrieveSessionsInput {
  /** One device, by one or more identifiers. The first of phoneNumber, ipv4Address, ipv6Address and networkAccessIdentifier that the operator supports and can resolve is used. */
  device?: Device
}

/** A session. */
export interface SessionInfo {
  /** A UUID. */
  sessionId: string
  /** The identifier of the request that was used, as it was written. */
  device?: DeviceResponse
  /** The server at the other end of the flow: prefixes, or a list of addresses, not both. */
  applicationServer: ApplicationServer
  /** Ports on the device. Absent: all. */
  devicePorts?: PortsSpec
  /** Ports on the server. Absent: all. */
  applicationServerPorts?: PortsSpec
  /** Name of a QoS profile, as listed by the qos-profiles API. */
  qosProfile: string
  /** The https URL that events are sent to. (Plain http only to loopback, and only in a sandbox.) */
  sink?: string
  /** Whole seconds. REQUESTED: the requested duration. AVAILABLE: from startedAt to expiresAt, including extensions. UNAVAILABLE: how long the session lasted. */
  duration: number
  /** When it became AVAILABLE. Absent if it never did. */
  startedAt?: string
  /** AVAILABLE: when it will end. UNAVAILABLE: when it ended. Absent if it never started. */
  expiresAt?: string
  /** REQUESTED: the network has not decided. AVAILABLE: the network provides it. UNAVAILABLE: it was refused, or has ended. */
  qosStatus: QosStatus
  /** Why a session is UNAVAILABLE: its duration passed, the network refused or ended it, or its owner deleted it. */
  statusInfo?: StatusInfo
}

/** The traffic of a session. An extension to CAMARA. */
export interface SessionUsage {
  /** A UUID. */
  sessionId: string
  /** From server to device. */
  downlink: {
    /** Bytes since the start of the session, including headers. */
    bytes: number
    /** Packets since the start of the session. */
    packets: number
    /** Packets dropped because they exceeded the granted rate. */
    dropped: number
    /** The recent rate. */
    bitsPerSecond: number
    /** The guaranteed rate. */
    guaranteedBitsPerSecond: number
    /** The maximum rate. Absent: no maximum of its own. */
    maximumBitsPerSecond?: number
  }
  /** From device to server. */
  uplink: {
    /** Bytes since the start of the session, including headers. */
    bytes: number
    /** Packets since the start of the session. */
    packets: number
    /** Packets dropped because they exceeded the granted rate. */
    dropped: number
    /** The recent rate. */
    bitsPerSecond: number
    /** The guaranteed rate. */
    guaranteedBitsPerSecond: number
    /** The maximum rate. Absent: no maximum of its own. */
    maximumBitsPerSecond?: number
  }
}

/** How the gateway authenticates itself to the sink. */
export type SinkCredential = AccessTokenCredential | PrivateKeyJWTCredential

/** Why a session is UNAVAILABLE: its duration passed, the network refused or ended it, or its owner deleted it. */
export type StatusInfo = 'DURATION_EXPIRED' | 'NETWORK_TERMINATED' | 'DELETE_REQUESTED'

/** The codes of CAMARA errors, and two of ours. What each means: docs/reference/errors.md. */
export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'OUT_OF_RANGE'
  | 'QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE'
  | 'INVALID_CREDENTIAL'
  | 'INVALID_TOKEN'
  | 'INVALID_SINK'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'IDENTIFIER_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'REQUEST_TIMEOUT'
  | 'CONFLICT'
  | 'QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED'
  | 'PAYLOAD_TOO_LARGE'
  | 'URI_TOO_LONG'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'EXPECTATION_FAILED'
  | 'SERVICE_NOT_APPLICABLE'
  | 'MISSING_IDENTIFIER'
  | 'UNSUPPORTED_IDENTIFIER'
  | 'UNNECESSARY_IDENTIFIER'
  | 'PRIVATE_KEY_JWT_NOT_CONFIGURED'
  | 'QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE'
  | 'QOS_PROVISIONING.QOS_PROFILE_NOT_APPLICABLE'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'TOO_MANY_REQUESTS'
  | 'QUOTA_EXCEEDED'
  | 'REQUEST_HEADER_FIELDS_TOO_LARGE'
  | 'INTERNAL'
  | 'NOT_IMPLEMENTED'
  | 'UNAVAILABLE'
