import { CALL } from './latency.js'
import type { Scenario } from './scenario.js'

/** The user plane between device and server enforces no QoS that its PCF grants, like most open source ones. */
export const behindCore: Scenario = {
  name: 'behind-core',
  title: 'Two calls (QOS_E) behind a 5G core: granted by its PCF alone, and by a Linux network on the N6 side too',
  capacityBps: 10_000_000,
  others: { flows: 1, bitsPerSecond: 20_000_000, datagramBytes: 400 },
  core: true,
  flows: [
    { ...CALL, name: 'PCF alone', network: 'pcf', unfelt: true },
    { ...CALL, name: 'PCF and N6', network: 'combined' },
  ],
  async play(act) {
    const [alone, both] = await Promise.all([act.ask(0, 8), act.ask(1, 8)])
    await act.end(alone)
    await act.end(both)
  },
}
