// How late a gateway ends sessions: many that end within one second, among many more that do not. Measured from the
// outside of the core: between `expiresAt` and the moment the network is told, in the process that tells it.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { instant, type NetworkId, type SessionId } from '@rightofway/camara'
import { SystemClock } from '../packages/gateway/src/adapters/clock/system-clock.js'
import { openSqliteStore } from '../packages/gateway/src/adapters/store-sqlite/store.js'
import { TERMS } from '../packages/gateway/src/domain/session.fixture.js'
import { sessionIdOf } from '../packages/gateway/src/domain/session.js'
import type { Network } from '../packages/gateway/src/ports/network.js'
import { NetworkDriver } from '../packages/gateway/src/workers/network-driver.js'
import { Timers } from '../packages/gateway/src/workers/timers.js'
import { addActiveSessions, withinASecond } from './lib/active-sessions.js'
import { COMPLAINING } from './lib/log.js'
import { withFolder } from './lib/processes.js'
import { atMost, type BenchResult, machine, quantile } from './lib/result.js'

const ENDING = 10_000

/** @param among how many sessions are active in all. Default: `BENCH_SESSIONS`, else 100 000 */
export const run = (among = Number(process.env['BENCH_SESSIONS'] ?? 100_000)): Promise<BenchResult> =>
  withFolder(async (folder) => {
    mkdirSync(folder, { recursive: true })
    const store = openSqliteStore({ file: join(folder, 'store.db') })
    const clock = new SystemClock(Date.now)
    const now = clock.now()
    const later = () => now + 86_400_000 - Math.floor(Math.random() * 40_000_000)
    await addActiveSessions(store, Array.from({ length: among - ENDING }, later))
    const second = clock.now() + 15_000
    const ends = await addActiveSessions(store, withinASecond(second, ENDING))

    const latenessMs: number[] = []
    const network = listeningNetwork((id) => {
      const end = ends.get(id)
      if (end !== undefined) latenessMs.push(Date.now() - end)
      if (latenessMs.length === ENDING) done()
    })
    let done: () => void = () => undefined
    const all = new Promise<void>((resolve) => {
      done = resolve
    })
    const deps = { store, clock, log: COMPLAINING }
    const timers = new Timers(deps)
    const driver = new NetworkDriver({ ...deps, network, monotonicNow: () => performance.now() })
    await driver.start()
    await timers.start()
    if (clock.now() > second) throw new Error('filling the store took too long: the sessions ended before we looked')
    await all
    await timers.stop()
    await driver.stop()
    await store.close()
    return {
      machine: machine(),
      figures: [
        { name: 'sessions active', value: among },
        { name: 'sessions ending within one second', value: ENDING },
        { name: 'lateness of half of them, ms', value: quantile(latenessMs, 0.5) },
        atMost('lateness of 99 % of them, ms', quantile(latenessMs, 0.99), 50),
        { name: 'lateness of the last, ms', value: quantile(latenessMs, 1) },
      ],
    }
  })

/** A network that only notes when it is told to let go. */
const listeningNetwork = (onRelease: (id: SessionId) => void): Network => ({
  id: TERMS.network as NetworkId,
  capabilities: { maxFlowRules: 64 },
  reserve: async () => ({ result: 'granted', at: instant(Date.now()) }),
  async release(id) {
    onRelease(sessionIdOf(id))
    return 'released'
  },
  list: async () => [],
  watch: () => () => undefined,
  close: async () => undefined,
})
