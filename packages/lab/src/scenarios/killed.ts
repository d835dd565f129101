import { CALL, latency } from './latency.js'
import type { Scenario } from './scenario.js'

export const killed: Scenario = {
  ...latency,
  name: 'killed',
  title: 'The gateway is killed: the session goes on, and the kernel ends it',
  flows: [CALL],
  async play(act) {
    const session = await act.ask(0, 5)
    await act.pause(1.5)
    await act.killGateway()
    await act.end(session)
  },
}
