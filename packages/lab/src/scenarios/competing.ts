import type { Scenario } from './scenario.js'

export const competing: Scenario = {
  name: 'competing',
  title: 'Two greedy sessions (QOS_M and QOS_S) that want more than there is',
  capacityBps: 10_000_000,
  others: { flows: 10, bitsPerSecond: 10_000_000, datagramBytes: 1_200 },
  flows: [
    { name: 'large', profile: 'QOS_M', guaranteedBps: 5_000_000, bitsPerSecond: 8_000_000, datagramBytes: 1_200 },
    { name: 'small', profile: 'QOS_S', guaranteedBps: 1_000_000, bitsPerSecond: 4_000_000, datagramBytes: 1_200 },
  ],
  async play(act) {
    const large = await act.ask(0, 8)
    await act.pause(2)
    const small = await act.ask(1, 4)
    await act.end(small)
    await act.end(large)
  },
}
