// Compares the time before, during and after a session, and checks the guarantees.

import type { Flow, Scenario } from '../scenarios/scenario.js'
import type { Check, Played } from '../stage/play.js'
import { type Figures, figuresOf, median } from './figures.js'
import type { FlowRecording, Recording } from './recording.js'

/** Minimum share of the guaranteed rate. */
const RATE_SHARE = 0.95
/** Minimum share of TCP's rate without a session. */
const TCP_SHARE = 0.95
/** Maximum share of the delay without a session. */
const DELAY_SHARE = 0.1
/** Time until queues from before, or from during, have drained. */
const SETTLE_MS = { during: 500, after: 1_500 } as const
/** The last probes may still be in flight. */
const TAIL_MS = 500
/** Ends are recorded by another clock than the kernel's. */
const END_MS = 100

export interface Judged {
  readonly name: string
  readonly title: string
  readonly capacityBps: number
  readonly passed: boolean
  readonly flows: readonly JudgedFlow[]
  readonly checks: readonly Check[]
}

export interface JudgedFlow {
  readonly name: string
  readonly profile: string
  readonly guaranteedBps: number
  readonly before: Figures
  readonly during: Figures
  readonly after: Figures
}

/** Judges a scenario by the median of its runs. */
export function judge({ name, title, capacityBps, flows }: Scenario, runs: readonly Played[]): Judged {
  const judged = flows.map((flow, index): JudgedFlow => {
    const phases = runs.map(({ recording }) => phasesOf(recording.flows[index] as FlowRecording, recording))
    const middle = (phase: keyof Phases) => medianFigures(phases.map((all) => all[phase]))
    return {
      name: flow.name,
      profile: flow.profile,
      guaranteedBps: flow.guaranteedBps,
      before: middle('before'),
      during: middle('during'),
      after: middle('after'),
    }
  })
  const checks = [
    ...judged.flatMap((flow, index) => promise(flow, flows[index] as Flow)),
    ...runs.flatMap((played) => played.checks),
  ]
  return { name, title, capacityBps, passed: checks.every(({ passed }) => passed), flows: judged, checks }
}

interface Phases {
  readonly before: Figures
  readonly during: Figures
  readonly after: Figures
}

function phasesOf(flow: FlowRecording, { from, to, asked, flows }: Recording): Phases {
  const { span } = flow
  const lastEnd = Math.max(...flows.map((other) => other.span.to))
  return {
    before: figuresOf(flow, { from, to: asked }),
    during: figuresOf(flow, { from: span.from + SETTLE_MS.during, to: span.to - END_MS }),
    after: figuresOf(flow, { from: lastEnd + SETTLE_MS.after, to: to - TAIL_MS }),
  }
}

function promise(flow: JudgedFlow, { bitsPerSecond, tcp, unfelt }: Flow): Check[] {
  const { name, guaranteedBps, before, during, after } = flow
  if (unfelt) return [asWithout(`${name}: round trip during the session, as without it`, before, during)]
  const directions = tcp === undefined ? (['downlink', 'uplink'] as const) : [tcp]
  const rates = directions.map((direction): Check => {
    const guaranteed = RATE_SHARE * guaranteedBps
    const wanted = tcp !== undefined ? Math.max(guaranteed, TCP_SHARE * before[direction].bitsPerSecond) : guaranteed
    const { bitsPerSecond: measured } = during[direction]
    return {
      what: `${name}: ${direction} rate during the session`,
      wanted: `at least ${mbps(wanted)}`,
      measured: mbps(measured),
      passed: measured >= wanted,
    }
  })
  // A flow that exceeds its guarantee waits in its own queue.
  if (tcp !== undefined || bitsPerSecond !== undefined) return rates
  // No probe returned: the delay is infinite.
  const [without, within] = [before, during].map(tripOf) as [number, number]
  return [
    ...rates,
    {
      what: `${name}: round trip during the session`,
      wanted: `at most ${ms(without * DELAY_SHARE)}`,
      measured: ms(within),
      passed: within <= without * DELAY_SHARE,
    },
    asWithout(`${name}: round trip after its end, as everybody's again`, before, after),
  ]
}

const tripOf = ({ roundTripMs }: Figures): number => roundTripMs ?? Number.POSITIVE_INFINITY

function asWithout(what: string, before: Figures, figures: Figures): Check {
  const [without, then] = [before, figures].map(tripOf) as [number, number]
  return { what, wanted: `at least ${ms(without / 2)}`, measured: ms(then), passed: then >= without / 2 }
}

const mbps = (bps: number): string => `${(bps / 1e6).toFixed(2)} Mbit/s`
const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`

function medianFigures(all: readonly Figures[]): Figures {
  const middle = (of: (figures: Figures) => number) => median(all.map(of)) ?? 0
  const direction = (name: 'downlink' | 'uplink') => ({
    bitsPerSecond: Math.round(middle((figures) => figures[name].bitsPerSecond)),
    loss: Number(middle((figures) => figures[name].loss).toFixed(4)),
  })
  const trip = middle(({ roundTripMs }) => roundTripMs ?? Number.POSITIVE_INFINITY)
  return {
    downlink: direction('downlink'),
    uplink: direction('uplink'),
    roundTripMs: Number.isFinite(trip) ? Number(trip.toFixed(3)) : null,
  }
}
