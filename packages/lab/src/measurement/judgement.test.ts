import { expect, it } from 'vitest'
import type { Flow, Scenario } from '../scenarios/scenario.js'
import type { Played } from '../stage/play.js'
import { PROBE_BYTES } from './figures.js'
import { judge } from './judgement.js'
import type { FlowRecording } from './recording.js'

const SCENARIO: Scenario = {
  name: 'quiet',
  title: 'A scenario',
  capacityBps: 10_000_000,
  others: { flows: 1, bitsPerSecond: 20_000_000, datagramBytes: 400 },
  flows: [{ name: 'call', profile: 'QOS_E', guaranteedBps: 500_000, datagramBytes: 400 }],
  play: async () => undefined,
}

/** A session from 2 000 to 6 000 of 10 000 ms: before and after 100 ms round trip, meanwhile as given. */
function played(roundTripMs: number, bitsPerSecond: number): Played {
  const bytes = Array.from({ length: 100 }, () => bitsPerSecond / 80)
  const probes = Array.from({ length: 500 }, (_, index) => ({
    sentAt: 20 * index,
    roundTripMs: 20 * index >= 2_000 && 20 * index < 6_000 ? roundTripMs : 100,
  }))
  const direction = { received: { since: 0, bytes, datagrams: 0 }, overhead: 1 }
  const probesAtServer = { since: 0, bytes: bytes.map(() => 5 * PROBE_BYTES), datagrams: 500 }
  const flow = { span: { from: 2_000, to: 6_000 }, downlink: direction, uplink: direction, probes, probesAtServer }
  return { recording: { from: 0, to: 10_000, asked: 1_900, flows: [flow], marks: [] }, checks: [] }
}

const failures = (runs: readonly Played[], scenario = SCENARIO) =>
  judge(scenario, runs)
    .checks.filter(({ passed }) => !passed)
    .map(({ what, wanted, measured }) => `${what}: ${measured} (${wanted})`)

it('passes a rate within 5 % and a tenth of the delay', () => {
  expect(failures([played(10, 400_000)])).toEqual([])
  expect(judge(SCENARIO, [played(10, 400_000)])).toMatchObject({
    passed: true,
    flows: [{ before: { roundTripMs: 100 }, during: { roundTripMs: 10 }, after: { roundTripMs: 100 } }],
  })
})

it('reports the failed checks', () => {
  expect(failures([played(11, 200_000)])).toEqual([
    'call: downlink rate during the session: 0.38 Mbit/s (at least 0.47 Mbit/s)',
    'call: uplink rate during the session: 0.38 Mbit/s (at least 0.47 Mbit/s)',
    'call: round trip during the session: 11 ms (at most 10 ms)',
  ])
})

it('does not check the delay of a flow that exceeds its guarantee', () => {
  const flows = [{ ...(SCENARIO.flows[0] as Flow), bitsPerSecond: 600_000 }]
  expect(failures([played(90, 400_000)], { ...SCENARIO, flows })).toEqual([])
})

it('checks that an unfelt session does not change the flow', () => {
  const flows = [{ ...(SCENARIO.flows[0] as Flow), unfelt: true }]
  expect(failures([played(90, 100_000)], { ...SCENARIO, flows })).toEqual([])
  expect(failures([played(10, 400_000)], { ...SCENARIO, flows })).toEqual([
    'call: round trip during the session, as without it: 10 ms (at least 50 ms)',
  ])
})

it('compares TCP with its rate without a session, in its sending direction', () => {
  const tcp = (way: 'downlink' | 'uplink') => ({
    ...SCENARIO,
    flows: [{ ...(SCENARIO.flows[0] as Flow), guaranteedBps: 100_000, tcp: way }],
  })
  const run = (bitsPerSecond: number, meanwhile: number): Played => {
    const { recording, checks } = played(90, bitsPerSecond)
    const [flow] = recording.flows as [FlowRecording]
    const bytes = flow.downlink.received.bytes.map((sum, slot) =>
      slot >= 20 && slot < 60 ? (sum * meanwhile) / bitsPerSecond : sum,
    )
    const downlink = { ...flow.downlink, received: { ...flow.downlink.received, bytes } }
    return { recording: { ...recording, flows: [{ ...flow, downlink }] }, checks }
  }
  expect(failures([run(800_000, 780_000)], tcp('downlink'))).toEqual([])
  expect(failures([run(800_000, 400_000)], tcp('downlink'))).toEqual([
    'call: downlink rate during the session: 0.58 Mbit/s (at least 0.93 Mbit/s)',
  ])
  expect(failures([run(800_000, 400_000)], tcp('uplink'))).toEqual([])
})

it('checks the median of its runs, and every check of the scenario', () => {
  expect(failures([played(50, 400_000), played(9, 400_000), played(8, 400_000)])).toEqual([])
  const check = { what: 'answer', wanted: 'no', measured: 'yes', passed: false }
  expect(failures([{ ...played(9, 400_000), checks: [check] }])).toEqual(['answer: yes (no)'])
})
