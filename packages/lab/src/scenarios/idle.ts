import type { Flow, Scenario } from './scenario.js'

/** TCP payload of an Ethernet frame of the usual MTU, with timestamps. */
const SEGMENT = 1_448

const scenario = (name: string, way: string, tcp: NonNullable<Flow['tcp']>): Scenario => ({
  name,
  title: `TCP (QOS_S) ${way} the device on a link that nobody else uses: a session makes it no slower`,
  capacityBps: 50_000_000,
  flows: [{ name, profile: 'QOS_S', guaranteedBps: 1_000_000, tcp, datagramBytes: SEGMENT }],
  async play(act) {
    await act.end(await act.ask(0, 5))
  },
})

export const download = scenario('download', 'to', 'downlink')
export const upload = scenario('upload', 'from', 'uplink')
