import type { Scenario } from './scenario.js'

export const throughput: Scenario = {
  name: 'throughput',
  title: 'A transfer (QOS_L) among ten greedy ones',
  capacityBps: 30_000_000,
  others: { flows: 10, bitsPerSecond: 60_000_000, datagramBytes: 1_200 },
  flows: [{ name: 'transfer', profile: 'QOS_L', guaranteedBps: 20_000_000, datagramBytes: 1_200 }],
  async play(act) {
    await act.end(await act.ask(0, 5))
  },
}
