import type { Flow, Scenario } from './scenario.js'

/** A call, a game, a remote control: little traffic that must not wait. */
export const CALL: Flow = {
  name: 'call',
  profile: 'QOS_E',
  guaranteedBps: 500_000,
  datagramBytes: 400,
}

export const latency: Scenario = {
  name: 'latency',
  title: 'A call (QOS_E) on a link that others flood',
  capacityBps: 10_000_000,
  others: { flows: 1, bitsPerSecond: 20_000_000, datagramBytes: 400 },
  flows: [CALL],
  async play(act) {
    await act.end(await act.ask(0, 4))
  },
}
