// CAMARA quality-on-demand 1.2.

import Type from 'typebox'
import { QOS_STATUS_CHANGED } from '../events.js'
import {
  alternatives,
  closed,
  DateTime,
  Device,
  DeviceResponse,
  DurationSeconds,
  described,
  Ipv4Address,
  Ipv6Address,
  oneOf,
  Port,
} from './common.js'

export const SessionId = Type.String({ title: 'SessionId', format: 'uuid', maxLength: 36, description: 'A UUID.' })

export const QosProfileName = Type.String({
  title: 'QosProfileName',
  minLength: 3,
  maxLength: 256,
  pattern: '^[a-zA-Z0-9_.-]+$',
  description: 'Name of a QoS profile, as listed by the qos-profiles API.',
  example: 'QOS_L',
})

export const QosStatus = oneOf(['REQUESTED', 'AVAILABLE', 'UNAVAILABLE'], {
  title: 'QosStatus',
  description:
    'REQUESTED: the network has not decided. AVAILABLE: the network provides it. UNAVAILABLE: it was refused, or ' +
    'has ended.',
})

export const EventQosStatus = oneOf(['AVAILABLE', 'UNAVAILABLE'], {
  title: 'EventQosStatus',
  description: 'The statuses that events report.',
})

export const StatusInfo = oneOf(['DURATION_EXPIRED', 'NETWORK_TERMINATED', 'DELETE_REQUESTED'], {
  title: 'StatusInfo',
  description:
    'Why a session is UNAVAILABLE: its duration passed, the network refused or ended it, or its owner deleted it.',
})

const IPV4_OCTET = '([01]?[0-9]?[0-9]|2[0-4][0-9]|25[0-5])'

export const ApplicationServerIpv4Address = Type.String({
  title: 'ApplicationServerIpv4Address',
  maxLength: 18,
  pattern: `^${IPV4_OCTET}(\\.${IPV4_OCTET}){3}(\\/(3[0-2]|[12]?[0-9]))?$`,
  description: 'An IPv4 address, or a prefix as address/length: all of its addresses.',
  example: '198.51.100.0/24',
})

export const ApplicationServerIpv6Address = Type.String({
  title: 'ApplicationServerIpv6Address',
  maxLength: 49,
  pattern: '^[0-9a-fA-F:.]+(\\/(12[0-8]|1[0-1][0-9]|[1-9]?[0-9]))?$',
  description: 'An IPv6 address, or a prefix as address/length: all of its addresses.',
  example: '2001:db8:85a3:8d3::/64',
})

export const ApplicationServerIpAddressSubnets = closed(
  {
    ipv4Address: Type.Optional(ApplicationServerIpv4Address),
    ipv6Address: Type.Optional(ApplicationServerIpv6Address),
  },
  {
    title: 'ApplicationServerIpAddressSubnets',
    minProperties: 1,
    maxProperties: 2,
    description: 'The server by one IPv4 prefix, one IPv6 prefix or both.',
  },
)

export const ApplicationServerIpAddressList = closed(
  {
    ipAddresses: Type.Array(Type.Union([Ipv4Address, Ipv6Address]), {
      minItems: 1,
      maxItems: 16,
      uniqueItems: true,
      description: 'Single IPv4 and IPv6 addresses.',
    }),
  },
  {
    title: 'ApplicationServerIpAddressList',
    description: 'The server as a list of single addresses: the session covers traffic with any of them.',
  },
)

export const ApplicationServer = alternatives([ApplicationServerIpAddressSubnets, ApplicationServerIpAddressList], {
  title: 'ApplicationServer',
  description: 'The server at the other end of the flow: prefixes, or a list of addresses, not both.',
})

export const PortRange = closed(
  { from: described(Port, 'First port.'), to: described(Port, 'Last port, not below the first.') },
  { title: 'PortRange', description: 'A range of TCP or UDP ports, both ends included.' },
)

export const PortsSpec = closed(
  {
    ranges: Type.Optional(Type.Array(PortRange, { minItems: 1, maxItems: 65536 })),
    ports: Type.Optional(Type.Array(Port, { minItems: 1, maxItems: 65536 })),
  },
  { title: 'PortsSpec', minProperties: 1, description: 'TCP or UDP ports: ranges, single ports or both.' },
)

export const AccessTokenCredential = closed(
  {
    credentialType: oneOf(['ACCESSTOKEN']),
    accessToken: Type.String({
      minLength: 1,
      maxLength: 4096,
      // The characters of a bearer token in a header (RFC 6750 section 2.1).
      pattern: '^[!-~]+$',
      writeOnly: true,
      description: 'Sent with every event.',
    }),
    accessTokenExpiresUtc: described(DateTime, 'When the token stops working. It is not sent after that.'),
    accessTokenType: oneOf(['bearer'], { writeOnly: true }),
  },
  { title: 'AccessTokenCredential', description: 'Events carry `Authorization: Bearer` and this token.' },
)

export const PrivateKeyJWTCredential = closed(
  {
    credentialType: oneOf(['PRIVATE_KEY_JWT']),
    clientId: Type.Optional(Type.String({ maxLength: 128, writeOnly: true })),
    tokenUri: Type.Optional(
      Type.String({ format: 'uri', maxLength: 2048, pattern: '^https:\\/\\/.+$', writeOnly: true }),
    ),
  },
  {
    title: 'PrivateKeyJWTCredential',
    description: 'The gateway fetches tokens with a signed assertion, at an endpoint that its operator has configured.',
  },
)

export const SinkCredential = alternatives([AccessTokenCredential, PrivateKeyJWTCredential], {
  title: 'SinkCredential',
  type: 'object',
  required: ['credentialType'],
  discriminator: { propertyName: 'credentialType' },
  description: 'How the gateway authenticates itself to the sink.',
})

export const sink = Type.String({
  format: 'uri',
  maxLength: 2048,
  pattern: '^https?:\\/\\/.+$',
  description: 'The https URL that events are sent to. (Plain http only to loopback, and only in a sandbox.)',
})

const devicePorts = described(PortsSpec, 'Ports on the device. Absent: all.')
const applicationServerPorts = described(PortsSpec, 'Ports on the server. Absent: all.')

export const CreateSession = closed(
  {
    device: Type.Optional(Device),
    applicationServer: ApplicationServer,
    devicePorts: Type.Optional(devicePorts),
    applicationServerPorts: Type.Optional(applicationServerPorts),
    qosProfile: QosProfileName,
    sink: Type.Optional(sink),
    sinkCredential: Type.Optional(SinkCredential),
    duration: described(DurationSeconds, 'Whole seconds, within the bounds of the profile (24 h at most).'),
  },
  { title: 'CreateSession', description: 'A session to create.' },
)

export const SessionInfo = closed(
  {
    sessionId: SessionId,
    device: Type.Optional(DeviceResponse),
    applicationServer: ApplicationServer,
    devicePorts: Type.Optional(devicePorts),
    applicationServerPorts: Type.Optional(applicationServerPorts),
    qosProfile: QosProfileName,
    sink: Type.Optional(sink),
    duration: described(
      DurationSeconds,
      'Whole seconds. REQUESTED: the requested duration. AVAILABLE: from startedAt to expiresAt, including ' +
        'extensions. UNAVAILABLE: how long the session lasted.',
    ),
    startedAt: Type.Optional(described(DateTime, 'When it became AVAILABLE. Absent if it never did.')),
    expiresAt: Type.Optional(
      described(DateTime, 'AVAILABLE: when it will end. UNAVAILABLE: when it ended. Absent if it never started.'),
    ),
    qosStatus: QosStatus,
    statusInfo: Type.Optional(StatusInfo),
  },
  { title: 'SessionInfo', description: 'A session.' },
)

const usageIn = (direction: string) =>
  closed(
    {
      bytes: Type.Integer({ minimum: 0, description: 'Bytes since the start of the session, including headers.' }),
      packets: Type.Integer({ minimum: 0, description: 'Packets since the start of the session.' }),
      dropped: Type.Integer({ minimum: 0, description: 'Packets dropped because they exceeded the granted rate.' }),
      bitsPerSecond: Type.Integer({ minimum: 0, description: 'The recent rate.' }),
      guaranteedBitsPerSecond: Type.Integer({ minimum: 0, description: 'The guaranteed rate.' }),
      maximumBitsPerSecond: Type.Optional(
        Type.Integer({ minimum: 0, description: 'The maximum rate. Absent: no maximum of its own.' }),
      ),
    },
    { description: direction },
  )

export const SessionUsage = closed(
  {
    sessionId: SessionId,
    downlink: usageIn('From server to device.'),
    uplink: usageIn('From device to server.'),
  },
  { title: 'SessionUsage', description: 'The traffic of a session. An extension to CAMARA.' },
)

export const ExtendSessionDuration = closed(
  {
    requestedAdditionalDuration: described(
      DurationSeconds,
      'Whole seconds to add. The total duration is capped at the maximum of the profile.',
    ),
  },
  { title: 'ExtendSessionDuration', description: 'An extension.' },
)

export const RetrieveSessionsInput = closed(
  { device: Type.Optional(Device) },
  { title: 'RetrieveSessionsInput', description: 'The device whose sessions are listed.' },
)

export const RetrieveSessionsOutput = Type.Array(SessionInfo, {
  title: 'RetrieveSessionsOutput',
  maxItems: 100,
  description: 'Sessions of the device that this application created: live ones first, newest first.',
})

export const EventQosStatusChanged = closed(
  {
    id: Type.String({ minLength: 1, maxLength: 256, description: 'Unique within source; the same in every attempt.' }),
    source: Type.String({ format: 'uri-reference', minLength: 1, maxLength: 2048, description: 'The session.' }),
    specversion: oneOf(['1.0']),
    type: oneOf([QOS_STATUS_CHANGED]),
    time: described(DateTime, 'When the status changed.'),
    datacontenttype: oneOf(['application/json']),
    data: closed({
      sessionId: SessionId,
      qosStatus: EventQosStatus,
      statusInfo: Type.Optional(StatusInfo),
    }),
  },
  { title: 'EventQosStatusChanged', description: 'CloudEvent 1.0: the status of a session changed.' },
)
