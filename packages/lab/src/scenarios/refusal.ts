import type { Scenario } from './scenario.js'

export const refusal: Scenario = {
  name: 'refusal',
  title: 'A second QOS_M is more than the link can promise: refused, and the first keeps what it has',
  capacityBps: 10_000_000,
  others: { flows: 1, bitsPerSecond: 20_000_000, datagramBytes: 1_200 },
  flows: [
    {
      name: 'first',
      profile: 'QOS_M',
      guaranteedBps: 5_000_000,
      datagramBytes: 1_200,
    },
  ],
  async play(act) {
    const session = await act.ask(0, 5)
    await act.pause(1.5)
    const refused = await act.askInVain('QOS_M')
    const outcome = [refused.status, refused.statusInfo].join(', ')
    act.check('answer to the second', 'UNAVAILABLE, NETWORK_TERMINATED', outcome)
    await act.end(session)
  },
}
