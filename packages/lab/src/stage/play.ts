// Runs a scenario in a network of its own, and records its flows.

import type { QoDSession } from '@rightofway/sdk'
import { PROBE_BYTES, TCP_HEADERS, UDP_HEADERS } from '../measurement/figures.js'
import type { FlowRecording, Mark, Recording, Span } from '../measurement/recording.js'
import type { Act, Flow, Scenario } from '../scenarios/scenario.js'
import { monotonic, now, sleep } from './now.js'
import { DEVICES, OTHERS, openStage, SERVERS, type Stage } from './stage.js'

/** Time until the queues are full. */
const FILL_MS = 1_500
const BEFORE_MS = 3_000
const AFTER_MS = 4_500
const LOOK_MS = 500
const PROBE_INTERVAL_MS = 20
/** A sender with late timers sends small bursts, so it stays slightly below its guarantee. */
const OF_GUARANTEE = 0.99
const OTHERS_PORT = 6_000

const flowPort = (index: number): number => 5_000 + 2 * index
const probePort = (index: number): number => flowPort(index) + 1

/** A check of the scenario itself. */
export interface Check {
  readonly what: string
  readonly wanted: string
  readonly measured: string
  readonly passed: boolean
}

export interface Played {
  readonly recording: Recording
  readonly checks: readonly Check[]
}

export interface PlayOptions {
  /** The command that starts `rightofway`. */
  readonly cli: readonly string[]
  /** Called twice a second, with the recording so far. */
  readonly onLook?: (recording: Recording) => void
}

export async function play(scenario: Scenario, { cli, onLook }: PlayOptions): Promise<Played> {
  const stage = await openStage(cli, scenario)
  try {
    await startOthers(stage, scenario)
    await Promise.all(scenario.flows.map((flow, index) => startFlow(stage, flow, index)))
    await sleep(FILL_MS)
    const script = new Script(stage, scenario)
    const record = () => recorded(stage, scenario, script)
    const stopLooking = onLook && watch(record, onLook)
    try {
      await sleep(BEFORE_MS)
      script.asked = now()
      await scenario.play(script)
      await sleep(AFTER_MS)
    } finally {
      await stopLooking?.()
    }
    return { recording: await record(), checks: script.checks }
  } finally {
    await stage.close()
  }
}

/** Reads the recording every half a second. @returns stops it */
function watch(record: () => Promise<Recording>, onLook: (recording: Recording) => void): () => Promise<void> {
  let stopped = false
  const looking = (async () => {
    while (!stopped) {
      await sleep(LOOK_MS)
      onLook(await record())
    }
  })()
  // The function that stops it returns the error; until then it is no unhandled rejection.
  looking.catch(() => undefined)
  return () => {
    stopped = true
    return looking
  }
}

async function startOthers({ device, server }: Stage, { others }: Scenario): Promise<void> {
  if (others === undefined) return
  const directions = [
    { from: server, to: device, address: OTHERS.device, localAddress: OTHERS.server },
    { from: device, to: server, address: OTHERS.server, localAddress: OTHERS.device },
  ]
  await Promise.all(
    directions.map(async ({ from, to, address, localAddress }) => {
      await to.tell('listen', { port: OTHERS_PORT })
      for (let flow = 0; flow < others.flows; flow++) {
        await from.tell('send', {
          id: `others-${flow}`,
          to: [address],
          port: OTHERS_PORT,
          localAddress,
          bitsPerSecond: others.bitsPerSecond / others.flows / overheadOf(others),
          bytes: others.datagramBytes,
        })
      }
    }),
  )
}

async function startFlow({ device, server }: Stage, flow: Flow, index: number): Promise<void> {
  const [deviceAddress, serverAddress] = addressesOf(index)
  await server.tell('listen', { port: flowPort(index) })
  // Replies belong to the same flow only if they come from the address of the probe.
  await server.tell('listen', { port: probePort(index), address: serverAddress })
  await device.tell('listen', { port: flowPort(index) })
  await device.tell('probe', {
    id: `probe-${index}`,
    to: serverAddress,
    localAddress: deviceAddress,
    port: probePort(index),
    intervalMs: PROBE_INTERVAL_MS,
    bytes: PROBE_BYTES,
  })
  const directions = [
    { name: 'downlink', from: server, to: deviceAddress, localAddress: serverAddress },
    { name: 'uplink', from: device, to: serverAddress, localAddress: deviceAddress },
  ]
  const id = `flow-${index}`
  const port = flowPort(index)
  if (flow.tcp !== undefined) {
    const { from, to, localAddress } = directions.find(({ name }) => name === flow.tcp) as (typeof directions)[number]
    await from.tell('push', { id, to, port, localAddress, streams: 1 })
    return
  }
  const wireBps = flow.bitsPerSecond ?? OF_GUARANTEE * flow.guaranteedBps
  const probeBps = ((PROBE_BYTES + UDP_HEADERS) * 8 * 1000) / PROBE_INTERVAL_MS
  const bitsPerSecond = (wireBps - probeBps) / overheadOf(flow)
  for (const { from, to, localAddress } of directions) {
    await from.tell('send', { id, port, to: [to], localAddress, bitsPerSecond, bytes: flow.datagramBytes })
  }
}

const addressesOf = (index: number): [device: string, server: string] => [
  DEVICES[index] as string,
  SERVERS[index] as string,
]

const overheadOf = ({ datagramBytes, tcp }: Pick<Flow, 'datagramBytes' | 'tcp'>): number =>
  (datagramBytes + (tcp === undefined ? UDP_HEADERS : TCP_HEADERS)) / datagramBytes

async function recorded({ device, server }: Stage, { flows }: Scenario, script: Script): Promise<Recording> {
  const recordings = await Promise.all(
    flows.map(async (flow, index): Promise<FlowRecording> => {
      const [down, up, probesAtServer, probes] = await Promise.all([
        device.tell('received', { port: flowPort(index) }),
        server.tell('received', { port: flowPort(index) }),
        server.tell('received', { port: probePort(index) }),
        device.tell('probed', { id: `probe-${index}` }),
      ])
      const overhead = overheadOf(flow)
      return {
        span: script.spans.get(index) ?? { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY },
        downlink: { received: down, overhead },
        uplink: { received: up, overhead },
        probes,
        probesAtServer,
      }
    }),
  )
  return { from: script.from, to: now(), asked: script.asked, flows: recordings, marks: script.marks }
}

/** Runs the steps of a scenario, and records their times. */
class Script implements Act {
  readonly from = now()
  asked = Number.POSITIVE_INFINITY
  readonly spans = new Map<number, Span>()
  readonly marks: Mark[] = []
  readonly checks: Check[] = []
  readonly #flowOf = new Map<QoDSession, number>()
  readonly #stage: Stage
  readonly #scenario: Scenario

  constructor(stage: Stage, scenario: Scenario) {
    this.#stage = stage
    this.#scenario = scenario
  }

  async ask(flow: number, duration: number): Promise<QoDSession> {
    const { profile } = this.#scenario.flows[flow] as Flow
    const session = await this.#create(addressesOf(flow), profile, duration)
    await session.settled()
    if (session.status !== 'AVAILABLE') throw new Error(`the session was not granted: ${session.statusInfo}`)
    this.#flowOf.set(session, flow)
    this.spans.set(flow, spanOf(session))
    return session
  }

  async extend(session: QoDSession, seconds: number): Promise<void> {
    this.#mark(`extended by ${seconds} s`)
    await session.extend(seconds)
    this.spans.set(this.#flowOf.get(session) as number, spanOf(session))
  }

  async askInVain(profile: string): Promise<QoDSession> {
    this.#mark(`second ${profile} refused`)
    return (await this.#create([DEVICES[1], SERVERS[1]], profile, 60)).settled()
  }

  async killGateway(): Promise<void> {
    this.#mark('gateway killed')
    await this.#stage.gateway.end('SIGKILL')
  }

  end(session: QoDSession): Promise<void> {
    return sleep(spanOf(session).to - now())
  }

  pause(seconds: number): Promise<void> {
    return sleep(seconds * 1000)
  }

  check(what: string, wanted: string, measured: string): void {
    this.checks.push({ what, wanted, measured, passed: measured === wanted })
  }

  #mark(text: string): void {
    this.marks.push({ at: now(), text })
  }

  #create([device, server]: readonly [string, string], profile: string, duration: number): Promise<QoDSession> {
    return this.#stage.client.devices
      .get({ ipv4Address: { publicAddress: device, privateAddress: device } })
      .createQodSession({ profile, serviceIpv4: server, duration })
  }
}

const spanOf = ({ startedAt, expiresAt }: QoDSession): Span => ({
  from: monotonic(startedAt as Date),
  to: monotonic(expiresAt as Date),
})
