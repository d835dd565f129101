import type { QoDSession } from '@rightofway/sdk'
import type { Command } from 'commander'
import { EXIT } from '../../exit-codes.js'
import { clientOf, type GatewayOptions, gatewayCommand } from '../../gateway-client.js'
import { moment } from '../../table.js'
import { paint, type Terminal, widthOf } from '../../terminal.js'
import { SessionMeter } from './meter.js'
import { durationText, sessionJson, statusText } from './show.js'

const TICK_MS = 1_000
/** An extension is not an event: only a refresh of the session shows it. */
const REFRESH_TICKS = 5

export const watchCommand = (terminal: Terminal): Command =>
  gatewayCommand('watch')
    .description('follow a session to its end: every change, and the remaining time')
    .argument('<session>', 'its id')
    .option('--json', 'one line of JSON for each change')
    .action(async (id: string, options: GatewayOptions & { json?: boolean }) => {
      const session = await clientOf(options).sessions.get(id)
      await watch(terminal, session, options.json === true)
      if (session.statusInfo === 'NETWORK_TERMINATED') terminal.exitCode = EXIT.networkTerminated
    })

/** Resolves when the session has ended. */
export async function watch(terminal: Terminal, session: QoDSession, json: boolean): Promise<void> {
  const tell = (at: Date | undefined) =>
    terminal.write(
      json
        ? `${JSON.stringify({ at: at ?? null, ...sessionJson(session) })}\n`
        : `${clear}${moment(at)}  ${statusText(terminal, session)}\n`,
    )
  const live = terminal.isTTY && !json
  const clear = live ? '\r\x1b[K' : ''
  const meter = new SessionMeter(session)
  const draw = () => live && terminal.write(`${clear}${fitting(terminal, bar(terminal, session), meter.text)}`)
  tell(session.startedAt)
  draw()
  let ticks = 0
  const ticker = setInterval(() => {
    // A failure here also reaches the follower of the session, which reports it.
    if (++ticks % REFRESH_TICKS === 0 && live) session.refresh().catch(() => undefined)
    if (live) meter.read().catch(() => undefined)
    draw()
  }, TICK_MS)
  try {
    for await (const { at } of session.changes()) {
      tell(at)
      draw()
    }
  } finally {
    clearInterval(ticker)
    terminal.write(clear)
  }
}

const FULL = '█'
const EMPTY = '░'
const MAX_BAR = 40

/** A bar of the remaining time, as wide as the terminal allows. */
export function bar(terminal: Pick<Terminal, 'isTTY' | 'columns'>, session: Bar): string {
  const { remainingSeconds, duration } = session
  if (remainingSeconds === undefined) return ''
  const left = Math.min(remainingSeconds, duration)
  const text = ` ${durationText(left)} left of ${durationText(duration)}`
  const width = Math.max(0, Math.min(MAX_BAR, terminal.columns - text.length - 1))
  const full = Math.round((width * left) / duration)
  return `${paint(terminal, 'green', FULL.repeat(full))}${EMPTY.repeat(width - full)}${text}`
}

/** One line: text that does not fit beside the bar is left out. */
const fitting = ({ columns }: Pick<Terminal, 'columns'>, drawn: string, text: string): string =>
  text !== '' && widthOf(drawn) + text.length + 3 < columns ? `${drawn}   ${text}` : drawn

type Bar = Pick<QoDSession, 'remainingSeconds' | 'duration'>
