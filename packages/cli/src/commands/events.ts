import { Command } from 'commander'
import { type AdminOptions, adminCommand, withAdmin } from '../admin-client.js'
import { moment, table } from '../table.js'
import { paint, type Style, type Terminal } from '../terminal.js'

type State = 'none' | 'waiting' | 'delivered' | 'dead' | 'stopped'

interface Attempt {
  readonly at: string
  readonly ms: number
  readonly status?: number
  readonly reason?: string
}

interface EventDelivery {
  readonly eventId: string
  readonly time: string
  readonly qosStatus: string
  readonly statusInfo?: string
  readonly state: State
  readonly attempts: readonly Attempt[]
  readonly nextAttemptAt?: string
  readonly reason?: string
}

interface DeadLetter {
  readonly eventId: string
  readonly time: string
  readonly attempts: number
  readonly reason: string
}

interface Queue {
  readonly application: string
  readonly host: string
  readonly waiting: number
  readonly nextAttemptAt: string
  readonly underWay: number
  readonly slow: boolean
}

interface ListOptions extends AdminOptions {
  readonly json?: boolean
}

const STYLES: Readonly<Record<State, Style>> = {
  none: 'dim',
  waiting: 'yellow',
  delivered: 'green',
  dead: 'red',
  stopped: 'red',
}

/** `rightofway events`: the deliveries of events, and how to repeat them. */
export function eventsCommand(terminal: Terminal): Command {
  const log = adminCommand('log')
    .description('show the events of a session: every delivery attempt, and the time of the next one')
    .argument('<session>', 'its id')
    .option('--json', 'as JSON')
    .action(async (session: string, { json, ...options }: ListOptions) => {
      const path = `/sessions/${encodeURIComponent(session)}/deliveries`
      const events = await withAdmin(options, (call) => call<EventDelivery[]>('GET', path))
      if (json) return terminal.write(`${JSON.stringify(events)}\n`)
      terminal.write(events.length === 0 ? 'no events\n' : events.map((event) => logOf(terminal, event)).join('\n'))
    })

  const dead = adminCommand('dead')
    .description('list dead letters (events that are no longer delivered), oldest first')
    .option('--json', 'as JSON')
    .action(async ({ json, ...options }: ListOptions) => {
      const letters = await withAdmin(options, (call) => call<DeadLetter[]>('GET', '/dead-letters'))
      if (json) return terminal.write(`${JSON.stringify(letters)}\n`)
      const rows = letters.map(({ eventId, time, attempts, reason }) => [eventId, at(time), String(attempts), reason])
      terminal.write(table(terminal, ['EVENT', 'HAPPENED', 'ATTEMPTS', 'WHY'], rows, 'no dead letters'))
    })

  const queues = adminCommand('queues')
    .description('list the queues of events: one for each application and host')
    .option('--json', 'as JSON')
    .action(async ({ json, ...options }: ListOptions) => {
      const waiting = await withAdmin(options, (call) => call<Queue[]>('GET', '/event-queues'))
      if (json) return terminal.write(`${JSON.stringify(waiting)}\n`)
      const rows = waiting.map(({ application, host, waiting: sessions, underWay, nextAttemptAt, slow }) => [
        application,
        host,
        String(sessions),
        String(underWay),
        at(nextAttemptAt),
        slow ? 'slow' : 'quick',
      ])
      const head = ['APPLICATION', 'HOST', 'SESSIONS', 'IN PROGRESS', 'NEXT ATTEMPT', 'SINK']
      terminal.write(table(terminal, head, rows, 'no events are waiting'))
    })

  const redeliver = adminCommand('redeliver')
    .description('deliver an event again, or all undelivered events of a session')
    .argument('<id>', 'id of the event or the session')
    .action(async (id: string, options: AdminOptions) => {
      const kind = EVENT_ID.test(id) ? 'events' : 'sessions'
      await put(options, `/${kind}/${encodeURIComponent(id)}/redeliver`)
    })

  const drain = adminCommand('drain')
    .description('deliver all dead letters again')
    .action((options: AdminOptions) => put(options, '/dead-letters/redeliver'))

  async function put(options: AdminOptions, path: string): Promise<void> {
    const { redelivered } = await withAdmin(options, (call) => call<{ redelivered: number }>('POST', path))
    terminal.write(`${redelivered} ${redelivered === 1 ? 'event is' : 'events are'} queued for delivery\n`)
  }

  return new Command('events')
    .addCommand(log)
    .addCommand(dead)
    .addCommand(queues)
    .addCommand(redeliver)
    .addCommand(drain)
}

/** The id of an event: the session's id and a number. */
const EVENT_ID = /^[0-9a-f-]{36}-\d+$/

const at = (time: string): string => moment(new Date(time))

function logOf(terminal: Terminal, event: EventDelivery): string {
  const { eventId, time, qosStatus, statusInfo, state, attempts, nextAttemptAt, reason } = event
  const status = statusInfo === undefined ? qosStatus : `${qosStatus}, ${statusInfo}`
  const lines = [
    `${paint(terminal, 'bold', eventId)}  ${at(time)}  ${status}  ${paint(terminal, STYLES[state], state)}`,
    ...attempts.map(
      ({ at: began, ms, status: answer, reason: why }) => `  ${at(began)}  ${answer ?? why ?? ''}, ${ms} ms`,
    ),
  ]
  if (nextAttemptAt !== undefined) lines.push(`  ${at(nextAttemptAt)}  next attempt`)
  else if (reason !== undefined) lines.push(`  ${state}: ${reason}`)
  return lines.map((line) => `${line}\n`).join('')
}
