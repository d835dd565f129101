import type { AdminSessionDetail } from '@rightofway/gateway/admin'
import type { Command } from 'commander'
import { type AdminOptions, adminCommand, withAdmin } from '../../admin-client.js'
import { list, moment } from '../../table.js'
import type { Terminal } from '../../terminal.js'
import { durationText } from './show.js'

/** `rightofway sessions inspect`: a session of any application, as operators see it. */
export const inspectCommand = (terminal: Terminal): Command =>
  adminCommand('inspect')
    .description('show a session of any application, for operators (personal data)')
    .argument('<session>', 'its id')
    .option('--json', 'as JSON')
    .action(async (id: string, { json, ...options }: AdminOptions & { json?: boolean }) => {
      const session = await withAdmin(options, (call) =>
        call<AdminSessionDetail>('GET', `/sessions/${encodeURIComponent(id)}`),
      )
      terminal.write(json ? `${JSON.stringify(session)}\n` : text(terminal, session))
    })

function text(terminal: Terminal, session: AdminSessionDetail): string {
  const { sessionId, application, qosStatus, statusInfo, reason, network, networkTold, events } = session
  const status = [qosStatus, statusInfo, reason && `(${reason})`].filter((word) => word !== undefined).join(' ')
  return list(terminal, {
    session: sessionId,
    application,
    status,
    profile: session.qosProfile,
    duration: durationText(session.duration),
    device: session.device,
    'device addresses': Object.values(session.deviceAddresses).join(', ') || undefined,
    server: session.server.join(', '),
    network: networkTold ? network : `${network} (changes are pending)`,
    without: session.without?.map((part) => `${part.network}: ${part.reason}`).join('; '),
    events: events.map((event) => `${event.qosStatus} ${moment(new Date(event.at))}`).join(', ') || undefined,
  })
}
