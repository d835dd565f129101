import { CALL, latency } from './latency.js'
import type { Scenario } from './scenario.js'

const DURATION_S = 3
const MORE_S = 3

export const extension: Scenario = {
  ...latency,
  name: 'extension',
  title: 'A session is extended, and goes on beyond its first end',
  flows: [CALL],
  async play(act) {
    const session = await act.ask(0, DURATION_S)
    await act.pause(1.5)
    await act.extend(session, MORE_S)
    act.check('duration after the extension', `${DURATION_S + MORE_S} s`, `${session.duration} s`)
    await act.end(session)
  },
}
