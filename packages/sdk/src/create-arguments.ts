// Turns the three forms of the arguments of a create into one, and that into the body of the request.

import { isIpv4, isIpv6, isPrefix } from './addresses.js'
import { QodArgumentError } from './errors.js'
import type {
  AccessTokenCredential,
  ApplicationServer,
  CreateAssignment,
  CreateSession,
  PrivateKeyJWTCredential,
} from './wire.js'

/** TCP and UDP ports, from 1 to 65535. A range includes both of its ends. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

/** Single ports, ranges, or both. */
export interface PortSpec {
  readonly ports?: readonly number[] | undefined
  readonly ranges?: readonly PortRange[] | undefined
}

/** How the sender of events authenticates itself to the sink. */
export type SinkCredential =
  | (Omit<AccessTokenCredential, 'accessTokenExpiresUtc'> & {
      /** It should be later than the end of the session. Events after it come without the token, or not at all. */
      accessTokenExpiresUtc: Date | string
    })
  | PrivateKeyJWTCredential

/** The arguments of a create, besides the profile. */
export interface QodOptionalArgs {
  /** The server: an IPv4 address, one with a port (`233.252.0.2:443`), or a prefix (`198.51.100.0/24`). */
  readonly serviceIpv4?: string | undefined
  /** The server: an IPv6 address, one with a port (`[2001:db8::1]:443`), or a prefix (`2001:db8::/64`). */
  readonly serviceIpv6?: string | undefined
  /** The server as 1 to 16 single addresses, instead of the two above (CAMARA 1.2 and later). */
  readonly serviceIpAddresses?: readonly string[] | undefined
  /** Ports on the server. Default: all. */
  readonly servicePorts?: PortSpec | undefined
  /** Ports on the device. Default: all. */
  readonly devicePorts?: PortSpec | undefined
  /** Whole seconds. Default: the maximum of the profile if the endpoint publishes it, otherwise 86 400 (24 h). */
  readonly duration?: number | undefined
  /** The https URL that events are sent to. */
  readonly sink?: string | undefined
  readonly sinkCredential?: SinkCredential | undefined
  /**
   * Makes it safe to repeat this call, also from another process: for 24 hours the same key returns the same session.
   * Default: a new key for every call. Right of Way gateways only.
   */
  readonly idempotencyKey?: string | undefined
  /** Answer REQUESTED at once instead of waiting for the network (RFC 7240). Right of Way gateways only. */
  readonly respondAsync?: boolean | undefined
  /** Aborts the call, not the session: a session that was already created continues. */
  readonly signal?: AbortSignal | undefined
}

export interface CreateQodSessionOptions extends QodOptionalArgs {
  /** Name of a QoS profile, such as `QOS_L`: `client.profiles.list()` has them. */
  readonly profile: string
}

/** The arguments of an assignment. */
export interface AssignQosOptions
  extends Pick<QodOptionalArgs, 'sink' | 'sinkCredential' | 'idempotencyKey' | 'respondAsync' | 'signal'> {
  /** Name of a QoS profile, such as `QOS_L`: `client.profiles.list()` has them. */
  readonly profile: string
}

/** The body of an assignment, but for the device. @throws {QodArgumentError} */
export function assignmentBody({ profile, sink, sinkCredential }: AssignQosOptions): Omit<CreateAssignment, 'device'> {
  checkProfile(profile)
  const body: Omit<CreateAssignment, 'device'> = { qosProfile: profile }
  if (sink !== undefined) body.sink = sink
  if (sinkCredential !== undefined) body.sinkCredential = credentialOf(sinkCredential)
  return body
}

/** Turns the three forms into one. */
export function createOptions(
  first: string | CreateQodSessionOptions,
  second: string | QodOptionalArgs | undefined,
  serviceIpv6: string | undefined,
  duration: number | undefined,
): CreateQodSessionOptions {
  if (typeof first === 'object') return first
  if (typeof second === 'object') return { ...second, profile: first }
  return { profile: first, serviceIpv4: second, serviceIpv6, duration }
}

/** The body of a create, but for device and duration. @throws {QodArgumentError} */
export function createBody(options: CreateQodSessionOptions): Omit<CreateSession, 'device' | 'duration'> {
  const { profile, devicePorts, duration, sink, sinkCredential } = options
  checkProfile(profile)
  if (duration !== undefined && !(Number.isInteger(duration) && duration >= 1)) {
    throw new QodArgumentError('duration must be a whole number of seconds, at least 1')
  }
  const server = serverOf(options)
  const body: Omit<CreateSession, 'device' | 'duration'> = {
    qosProfile: profile,
    applicationServer: server.applicationServer,
  }
  if (server.ports !== undefined) body.applicationServerPorts = onWire(server.ports)
  if (devicePorts !== undefined) body.devicePorts = onWire(devicePorts)
  if (sink !== undefined) body.sink = sink
  if (sinkCredential !== undefined) body.sinkCredential = credentialOf(sinkCredential)
  return body
}

function credentialOf(credential: SinkCredential): NonNullable<CreateSession['sinkCredential']> {
  if (credential.credentialType !== 'ACCESSTOKEN') return credential
  const expires = new Date(credential.accessTokenExpiresUtc)
  if (Number.isNaN(expires.getTime())) {
    throw new QodArgumentError(
      'sinkCredential.accessTokenExpiresUtc must be a Date, or a string such as 2030-01-01T00:00:00Z',
    )
  }
  return { ...credential, accessTokenExpiresUtc: expires.toISOString() }
}

function checkProfile(profile: unknown): void {
  if (typeof profile !== 'string' || profile === '') {
    throw new QodArgumentError('profile must be the name of a QoS profile, such as QOS_L')
  }
  if (withPort(profile, 'ipv4') !== undefined || withPort(profile, 'ipv6') !== undefined) {
    throw new QodArgumentError(`profile must be the name of a QoS profile, such as QOS_L, not the address ${profile}`)
  }
}

interface Address {
  readonly address: string
  readonly port: number | undefined
}

/** An address or prefix of one family, with or without a port; undefined if the text is neither. */
function withPort(text: string, family: 'ipv4' | 'ipv6'): Address | undefined {
  if (isPrefix(text, family)) return { address: text, port: undefined }
  const [, address = '', digits] =
    (family === 'ipv4' ? /^([^:]+):(\d{1,5})$/ : /^\[([^\]]+)\](?::(\d{1,5}))?$/).exec(text) ?? []
  const port = digits === undefined ? undefined : Number(digits)
  if (port !== undefined && (port < 1 || port > 65535)) return undefined
  return (family === 'ipv4' ? isIpv4 : isIpv6)(address) ? { address, port } : undefined
}

function serverOf({ serviceIpv4, serviceIpv6, serviceIpAddresses, servicePorts }: QodOptionalArgs): {
  applicationServer: ApplicationServer
  ports: PortSpec | undefined
} {
  if (serviceIpAddresses !== undefined) {
    if (serviceIpv4 !== undefined || serviceIpv6 !== undefined) {
      throw new QodArgumentError('serviceIpAddresses cannot be combined with serviceIpv4 or serviceIpv6')
    }
    return { applicationServer: { ipAddresses: [...serviceIpAddresses] }, ports: servicePorts }
  }
  const ipv4 = serverAddress('serviceIpv4', serviceIpv4, 'ipv4')
  const ipv6 = serverAddress('serviceIpv6', serviceIpv6, 'ipv6')
  if (ipv4 === undefined && ipv6 === undefined) {
    throw new QodArgumentError('a server is required: give serviceIpv4, serviceIpv6, both, or serviceIpAddresses')
  }
  const ports = [...new Set([ipv4?.port, ipv6?.port])].filter((port) => port !== undefined)
  if (ports.length > 0 && (servicePorts !== undefined || (ipv4 && ipv6 && ipv4.port !== ipv6.port))) {
    throw new QodArgumentError('the port applies to all addresses: give it once, in servicePorts')
  }
  return {
    applicationServer: {
      ...(ipv4 && { ipv4Address: ipv4.address }),
      ...(ipv6 && { ipv6Address: ipv6.address }),
    },
    ports: ports.length > 0 ? { ports } : servicePorts,
  }
}

function serverAddress(name: string, text: string | undefined, family: 'ipv4' | 'ipv6'): Address | undefined {
  if (text === undefined) return undefined
  const address = withPort(String(text), family)
  if (address !== undefined) return address
  const other = family === 'ipv4' ? 'ipv6' : 'ipv4'
  const hint = withPort(String(text), other) ? `: use service${other === 'ipv4' ? 'Ipv4' : 'Ipv6'}` : ''
  const example = family === 'ipv4' ? '233.252.0.2, 233.252.0.2:443' : '2001:db8::1, [2001:db8::1]:443'
  throw new QodArgumentError(`${name} must be the address of a server, such as ${example}${hint}`)
}

const onWire = ({ ports, ranges }: PortSpec) => ({
  ...(ports && { ports: [...ports] }),
  ...(ranges && { ranges: ranges.map(({ from, to }) => ({ from, to })) }),
})
