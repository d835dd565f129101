// How sessions are shown: to people as tables, to programs as JSON. Neither shows the device, which is personal data.

import { formatDuration, seconds } from '@rightofway/camara'
import type { PortSpec, QoDSession } from '@rightofway/sdk'
import { list, moment, table } from '../../table.js'
import { paint, type Style, type Terminal } from '../../terminal.js'

const STYLES: Readonly<Record<QoDSession['status'], Style>> = {
  REQUESTED: 'yellow',
  AVAILABLE: 'green',
  UNAVAILABLE: 'red',
}

export const statusText = (
  terminal: Terminal,
  { status, statusInfo }: Pick<QoDSession, 'status' | 'statusInfo'>,
): string => paint(terminal, STYLES[status], statusInfo === undefined ? status : `${status} ${statusInfo}`)

export const durationText = (length: number): string => formatDuration(seconds(Math.round(length)))

export function sessionTable(terminal: Terminal, sessions: readonly QoDSession[]): string {
  const rows = sessions.map((session) => [
    session.id,
    statusText(terminal, session),
    session.profile,
    durationText(session.duration),
    moment(session.startedAt),
    moment(session.expiresAt),
  ])
  return table(terminal, ['SESSION', 'STATUS', 'PROFILE', 'DURATION', 'STARTED', 'EXPIRES'], rows, 'no sessions')
}

export function sessionSheet(terminal: Terminal, session: QoDSession): string {
  const { serviceIpv4, serviceIpv6, serviceIpAddresses, servicePorts, devicePorts, startedAt, expiresAt } = session
  const server = serviceIpAddresses ?? [serviceIpv4, serviceIpv6].filter((address) => address !== undefined)
  return list(terminal, {
    session: session.id,
    status: statusText(terminal, session),
    profile: session.profile,
    duration: durationText(session.duration),
    started: startedAt && moment(startedAt),
    expires: expiresAt && moment(expiresAt),
    server: server.join(', '),
    'server ports': servicePorts && portsText(servicePorts),
    'device ports': devicePorts && portsText(devicePorts),
    sink: session.sink,
  })
}

export function sessionJson(session: QoDSession) {
  const { id, status, statusInfo, profile, duration, startedAt, expiresAt } = session
  return { id, status, statusInfo, profile, duration, startedAt, expiresAt }
}

const portsText = ({ ports = [], ranges = [] }: PortSpec): string =>
  [...ports.map(String), ...ranges.map(({ from, to }) => `${from}-${to}`)].join(', ')
