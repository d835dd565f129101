// A chart of a recording: time on x; rate, round trip and loss one below the other; the span of each session
// shaded. Self-contained SVG, readable in light and in dark mode.

import { type Figures, series } from '../measurement/figures.js'
import type { Recording, Span } from '../measurement/recording.js'
import type { Scenario } from '../scenarios/scenario.js'
import { type Axis, axisUpTo, Panel } from './panel.js'
import { escaped, svg } from './svg.js'

const WIDTH = 760
const LEFT = 120
const RIGHT = 20
const STEP_MS = 250
const HEIGHTS = { title: 74, rate: 130, delay: 100, loss: 70, gap: 22, time: 44 } as const
const HEIGHT = Object.values(HEIGHTS).reduce((sum, height) => sum + height, 2 * HEIGHTS.gap)

export interface Scene {
  readonly scenario: Scenario
  readonly recording: Recording
}

/** All recordings, one below the other, as one SVG document. */
export function picture(scenes: readonly Scene[]): string {
  const drawn = scenes.map((scene, index) => `<g transform="translate(0 ${index * HEIGHT})">${draw(scene)}</g>`)
  const height = scenes.length * HEIGHT
  const title = scenes.map(({ scenario }) => scenario.title).join('; ')
  return svg({ width: WIDTH, height, title, content: drawn.join('\n') })
}

function draw({ scenario, recording }: Scene): string {
  const { from, marks, flows } = recording
  // The last probes may still be in flight.
  const time: Span = { from, to: recording.to - STEP_MS }
  const all = flows.map((flow) => series(flow, time, STEP_MS))
  const highest = (of: (figures: Figures) => number) => Math.max(0, ...all.flat().map(({ figures }) => of(figures)))
  const x: Axis = { from: time.from, to: time.to, begin: LEFT, end: WIDTH - RIGHT }
  const rates = axisUpTo(
    highest(({ downlink, uplink }) => Math.max(downlink.bitsPerSecond, uplink.bitsPerSecond)) / 1e6,
  )
  let top = HEIGHTS.title
  const panel = (name: 'rate' | 'delay' | 'loss', title: string, unit: string, most: number) => {
    const made = new Panel({ x, top, height: HEIGHTS[name], title, unit, most })
    top += HEIGHTS[name] + HEIGHTS.gap
    return made
  }
  const rate = panel('rate', 'rate', 'Mbit/s', rates)
  const delay = panel('delay', 'round trip', 'ms', axisUpTo(highest(({ roundTripMs }) => roundTripMs ?? 0)))
  const loss = panel('loss', 'loss', '%', 100)
  all.forEach((points, index) => {
    const second = index === 0 ? '' : ' second'
    const line = (to: Panel, kind: string, of: (figures: Figures) => number | null) =>
      to.line(
        `line ${kind}${second}`,
        points.map(({ at, figures }) => [at, of(figures)] as const),
      )
    line(rate, 'down', ({ downlink }) => downlink.bitsPerSecond / 1e6)
    line(rate, 'up', ({ uplink }) => uplink.bitsPerSecond / 1e6)
    line(delay, 'trip', ({ roundTripMs }) => roundTripMs)
    line(loss, 'down', ({ downlink }) => 100 * downlink.loss)
    line(loss, 'up', ({ uplink }) => 100 * uplink.loss)
    const { profile, guaranteedBps } = scenario.flows[index] as Scenario['flows'][number]
    rate.level(guaranteedBps / 1e6, `${profile}: ${guaranteedBps / 1e6} guaranteed`)
  })
  const panels = [rate, delay, loss]
  for (const to of panels) {
    for (const { span } of flows) to.shade(span)
    for (const { at } of marks) to.mark(at)
  }
  const labels = flows.map(({ span }, index) => rate.caption(span, `session ${scenario.flows[index]?.profile ?? ''}`))
  const events = marks.map(({ at, text }) => delay.note(at, escaped(text)))
  return [
    `<text class="title" x="16" y="24">${escaped(scenario.title)}</text>`,
    legend(scenario),
    ...panels.map((part) => part.toString()),
    ...labels,
    ...events,
    loss.times(from),
  ].join('\n')
}

function legend({ flows, capacityBps }: Scenario): string {
  const names = flows.length > 1 ? flows.map(({ name, profile }) => `${name} (${profile})`).join(', dashed: ') : ''
  const key = (x: number, kind: string, text: string) =>
    `<path class="line ${kind}" d="M${x} 42h22"/><text x="${x + 28}" y="46">${text}</text>`
  const rest = `link ${capacityBps / 1e6} Mbit/s${names && `; ${escaped(names)}`}`
  return [
    key(16, 'down', 'to the device'),
    key(138, 'up', 'from the device'),
    key(274, 'trip', 'there and back'),
    `<text class="faint" x="396" y="46">${rest}</text>`,
  ].join('')
}
