import { expect, it } from 'vitest'
import type { Recording } from '../measurement/recording.js'
import { SCENARIOS } from '../scenarios/index.js'
import type { Scenario } from '../scenarios/scenario.js'
import { axisUpTo } from './panel.js'
import { picture } from './picture.js'

const nothing = { since: 0, bytes: Array.from({ length: 100 }, () => 1_000), datagrams: 0 }
const direction = { received: nothing, overhead: 1 }
const RECORDING: Recording = {
  from: 0,
  to: 10_250,
  asked: 3_000,
  flows: [
    {
      span: { from: 4_000, to: 6_000 },
      downlink: direction,
      uplink: direction,
      probes: [{ sentAt: 100, roundTripMs: 40 }, { sentAt: 900 }],
      probesAtServer: nothing,
    },
  ],
  marks: [{ at: 5_000, text: 'a < b' }],
}
const scenario = SCENARIOS[0] as Scenario

it('shades the span of the session in each panel, and labels what it shows', () => {
  const svg = picture([{ scenario, recording: RECORDING }])
  // 620 units of width for 10 seconds.
  expect(svg.match(/<rect class="shade" x="368" y="\d+" width="124"/g)).toHaveLength(3)
  for (const label of ['rate', 'Mbit/s', 'round trip', 'loss', 'seconds', 'session QOS_E']) expect(svg).toContain(label)
  expect(svg).toContain('prefers-color-scheme: dark')
  expect(svg).toContain('a &lt; b')
})

it('shows nothing where nothing was measured', () => {
  expect(picture([{ scenario, recording: RECORDING }])).not.toMatch(/NaN|Infinity|null|undefined/)
})

it('draws several scenes below each other', () => {
  const heightOf = (svg: string) => Number(svg.match(/ height="(\d+)" role/)?.[1])
  const scene = { scenario, recording: RECORDING }
  expect(heightOf(picture([scene, scene]))).toBe(2 * heightOf(picture([scene])))
})

it.each([
  [0, 0.1],
  [9.7, 10],
  [10, 10],
  [27, 30],
  [204, 300],
])('has an axis that %d fits on: up to %d', (value, most) => {
  expect(axisUpTo(value)).toBeCloseTo(most)
})
