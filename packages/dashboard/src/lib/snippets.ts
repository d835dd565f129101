// The same request in three languages, as a person would type it.

import type { CreateSession, PortsSpec } from '@rightofway/camara'

export const LANGUAGES = ['TypeScript', 'curl', 'CLI'] as const
export type Language = (typeof LANGUAGES)[number]

/** @param baseUrl of the gateway */
export function snippet(language: Language, body: CreateSession, baseUrl: string): string {
  switch (language) {
    case 'TypeScript':
      return typescript(body, baseUrl)
    case 'curl':
      return curl(body, baseUrl)
    case 'CLI':
      return cli(body, baseUrl)
  }
}

function typescript(
  { device = {}, applicationServer, qosProfile, duration, sink, ...ports }: CreateSession,
  baseUrl: string,
): string {
  const { serviceIpv4, serviceIpv6, serviceIpAddresses } = servers(applicationServer)
  const options = {
    profile: qosProfile,
    serviceIpv4,
    serviceIpv6,
    serviceIpAddresses,
    servicePorts: ports.applicationServerPorts,
    devicePorts: ports.devicePorts,
    duration,
    sink,
  }
  return `import { NetworkAsCodeClient } from '@rightofway/sdk'

const client = new NetworkAsCodeClient({ token: process.env.RIGHTOFWAY_KEY, baseUrl: ${literal(baseUrl)} })
const device = client.devices.get(${literal(device)})
const session = await device.createQodSession(${lines(options)})
for await (const { status } of session.changes()) console.log(status)`
}

function servers(server: CreateSession['applicationServer']) {
  return 'ipAddresses' in server
    ? { serviceIpv4: undefined, serviceIpv6: undefined, serviceIpAddresses: server.ipAddresses }
    : { serviceIpv4: server.ipv4Address, serviceIpv6: server.ipv6Address, serviceIpAddresses: undefined }
}

/** A JavaScript literal, without quotes around names. */
function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{ ${members.map(([name, member]) => `${name}: ${literal(member)}`).join(', ')} }`
}

const lines = (options: object): string =>
  `{\n${Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name}: ${literal(value)},\n`)
    .join('')}}`

/** For a POSIX shell. */
const quoted = (text: string): string => (/^[\w.:/@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

const curl = (body: CreateSession, baseUrl: string): string =>
  `curl ${quoted(`${baseUrl}/quality-on-demand/v1/sessions`)} \\
  -H "Authorization: Bearer $RIGHTOFWAY_KEY" -H 'Content-Type: application/json' \\
  -d ${quoted(JSON.stringify(body, undefined, 2))}`

function cli(
  { device = {}, applicationServer, qosProfile, duration, sink, ...ports }: CreateSession,
  baseUrl: string,
): string {
  const { phoneNumber, networkAccessIdentifier, ipv4Address, ipv6Address } = device
  const { serviceIpv4, serviceIpv6, serviceIpAddresses = [serviceIpv4, serviceIpv6] } = servers(applicationServer)
  const options: [string, string | number | undefined][] = [
    ['--url', baseUrl],
    ['--phone', phoneNumber],
    ['--nai', networkAccessIdentifier],
    ['--public-ipv4', ipv4Address?.publicAddress],
    ['--public-port', ipv4Address?.publicPort],
    ['--private-ipv4', ipv4Address?.privateAddress],
    ['--ipv6', ipv6Address],
    ['--profile', qosProfile],
    ...serviceIpAddresses.map((address): [string, string | undefined] => ['--server', address]),
    ['--server-ports', portsText(ports.applicationServerPorts)],
    ['--device-ports', portsText(ports.devicePorts)],
    ['--duration', `${duration}s`],
    ['--sink', sink],
  ]
  const words = options.filter(([, value]) => value !== undefined && value !== '')
  return `rightofway sessions create \\\n${words.map(([name, value]) => `  ${name} ${quoted(String(value))}`).join(' \\\n')}`
}

const portsText = (spec: PortsSpec | undefined): string | undefined =>
  spec && [...(spec.ports ?? []), ...(spec.ranges ?? []).map(({ from, to }) => `${from}-${to}`)].join(',')
