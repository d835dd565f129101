import type { QosAssignment } from '@rightofway/sdk'
import type { Command } from 'commander'
import { EXIT } from '../../exit-codes.js'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import { moment } from '../../table.js'
import type { Terminal } from '../../terminal.js'
import { statusText } from '../sessions/show.js'
import { assignmentJson } from './show.js'

export const watchCommand = (terminal: Terminal): Command =>
  gatewayCommand('watch')
    .description('follow an assignment to its end: every change')
    .argument('<assignment>', 'its id')
    .option('--json', 'one line of JSON for each change')
    .action(async (id: string, { json = false, ...options }: GatewayOptions & { json?: boolean }) => {
      const assignment = await clientOf(options).assignments.get(id)
      await watch(terminal, assignment, json)
      if (assignment.statusInfo === 'NETWORK_TERMINATED') terminal.exitCode = EXIT.networkTerminated
    })

/** Resolves when the assignment has ended. */
export async function watch(terminal: Terminal, assignment: QosAssignment, json: boolean): Promise<void> {
  const tell = (at: Date | undefined) =>
    terminal.write(
      json
        ? `${JSON.stringify({ at: at ?? null, ...assignmentJson(assignment) })}\n`
        : `${moment(at)}  ${statusText(terminal, assignment)}\n`,
    )
  tell(assignment.startedAt)
  for await (const { at } of assignment.changes()) tell(at)
}
