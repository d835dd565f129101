// The lab in a terminal: a line twice a second while it runs, and then the results.

import { type Figures, figuresOf, type Judged, type Recording, type Scenario } from '@rightofway/lab'
import { rateText } from '../commands/sessions/meter.js'
import { table } from '../table.js'
import { paint, type Terminal } from '../terminal.js'

const WINDOW_MS = 500
/** A line shows earlier traffic, whose probes have returned. */
const AGO_MS = 300
const BAR = 16

export class LiveView {
  readonly #terminal: Terminal
  readonly #scenario: Scenario
  #marks = 0

  constructor(terminal: Terminal, scenario: Scenario) {
    this.#terminal = terminal
    this.#scenario = scenario
  }

  show(recording: Recording): void {
    const { from, to: seen, marks, flows } = recording
    const to = seen - AGO_MS
    for (const { text } of marks.slice(this.#marks)) this.#terminal.write(`${paint(this.#terminal, 'red', text)}\n`)
    this.#marks = marks.length
    flows.forEach((flow, index) => {
      const { name, guaranteedBps } = this.#scenario.flows[index] as Scenario['flows'][number]
      const held = to >= flow.span.from && to < flow.span.to
      const figures = figuresOf(flow, { from: to - WINDOW_MS, to })
      const text = [
        `${((to - from) / 1000).toFixed(1).padStart(5)} s`,
        ...(flows.length > 1 ? [name.padEnd(8)] : []),
        ...(['downlink', 'uplink'] as const).map((direction) =>
          rate(direction, figures[direction].bitsPerSecond, guaranteedBps),
        ),
        `${trip(figures).padStart(8)}`,
        `lost ${percent(figures).padStart(5)}`,
        held ? 'session' : '',
      ].join('  ')
      this.#terminal.write(`${paint(this.#terminal, held ? 'green' : 'dim', text.trimEnd())}\n`)
    })
  }
}

function rate(direction: 'downlink' | 'uplink', bps: number, guaranteedBps: number): string {
  const full = Math.min(BAR, Math.round((bps / guaranteedBps) * BAR))
  return `${direction === 'downlink' ? '↓' : '↑'} ${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${rateText(bps).padStart(11)}`
}

const trip = ({ roundTripMs }: Figures): string =>
  roundTripMs === null ? 'none' : `${roundTripMs.toFixed(roundTripMs < 10 ? 2 : 0)} ms`

/** Both directions. */
const percent = ({ downlink, uplink }: Figures): string =>
  `${(100 * (1 - (1 - downlink.loss) * (1 - uplink.loss))).toFixed(0)} %`

const HEAD = ['FLOW', 'WHEN', 'DOWN', 'UP', 'ROUND TRIP', 'LOST DOWN', 'LOST UP']

/** The result of a scenario. */
export function resultText(terminal: Terminal, { flows, checks }: Judged): string {
  const rows = flows.flatMap((flow) =>
    (['before', 'during', 'after'] as const).map((phase) => {
      const figures = flow[phase]
      const { downlink, uplink } = figures
      const lost = [downlink, uplink].map(({ loss }) => `${(100 * loss).toFixed(0)} %`)
      return [
        flow.name,
        phase,
        rateText(downlink.bitsPerSecond),
        rateText(uplink.bitsPerSecond),
        trip(figures),
        ...lost,
      ]
    }),
  )
  const verdicts = checks.map(({ what, wanted, measured, passed }) => {
    const mark = passed ? paint(terminal, 'green', 'kept') : paint(terminal, 'red', 'BROKEN')
    return `${mark}  ${what}: ${measured} (${wanted})\n`
  })
  return `\n${table(terminal, HEAD, rows, 'no flows')}\n${verdicts.join('')}`
}
