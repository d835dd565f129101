// How late a gateway ends sessions: many that end within one second, among many more that do not. Measured from the
// outside of the core: between `expiresAt` and the moment the network is told, in the process that tells it.

import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DeviceId, type Instant, instant, type NetworkId, seconds } from '@rightofway/camara'
import { SystemClock } from '../packages/gateway/src/adapters/clock/system-clock.js'
import { openSqliteStore } from '../packages/gateway/src/adapters/store-sqlite/store.js'
import { TERMS } from '../packages/gateway/src/domain/session.fixture.js'
import { request, type Session, sessionIdOf, step } from '../packages/gateway/src/domain/session.js'
import { sessionIdFrom } from '../packages/gateway/src/domain/session-id.js'
import type { Network } from '../packages/gateway/src/ports/network.js'
import type { Store } from '../packages/gateway/src/ports/store.js'
import { NetworkDriver } from '../packages/gateway/src/workers/network-driver.js'
import { Timers } from '../packages/gateway/src/workers/timers.js'
import { withFolder } from './lib/processes.js'
import { atMost, type BenchResult, machine, quantile } from './lib/result.js'

const ENDING = 10_000
const SILENT = { debug() {}, info() {}, warn: console.warn, error: console.error }

/** @param among how many sessions are active in all. Default: `BENCH_SESSIONS`, else 100 000 */
export const run = (among = Number(process.env['BENCH_SESSIONS'] ?? 100_000)): Promise<BenchResult> =>
  withFolder(async (folder) => {
    mkdirSync(folder, { recursive: true })
    const store = openSqliteStore({ file: join(folder, 'store.db') })
    const clock = new SystemClock(Date.now)
    const now = clock.now()
    await fill(store, among - ENDING, () => instant(now + 86_400_000 - Math.floor(Math.random() * 40_000_000)))
    const second = instant(clock.now() + 15_000)
    const ends = await fill(store, ENDING, (index) => instant(second + Math.floor((index * 1000) / ENDING)))

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
    const deps = { store, clock, log: SILENT }
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

/** Adds AVAILABLE sessions, and says when each ends. */
async function fill(store: Store, count: number, endOf: (index: number) => Instant): Promise<Map<string, Instant>> {
  const ends = new Map<string, Instant>()
  for (let from = 0; from < count; from += 2_000) {
    const batch = Array.from({ length: Math.min(2_000, count - from) }, (_, i) => from + i)
    await Promise.all(
      batch.map(async (index) => {
        const end = endOf(index)
        const duration = seconds(3600)
        const startedAt = instant(end - 3_600_000)
        const id = sessionIdFrom(startedAt, randomBytes(10))
        const terms = { ...TERMS, id, device: `open:${id}` as DeviceId, createdAt: startedAt }
        const asked = request(terms, duration).session
        const { session, effects } = step(asked, { type: 'granted', at: startedAt }, startedAt)
        await store.sessions.commit({
          id,
          basedOn: null,
          step: { session: session as Session, effects: effects.filter((effect) => effect.do !== 'notify') },
          creation: { conflictRule: 'overlap' },
        })
        ends.set(id, end)
      }),
    )
  }
  return ends
}

/** A network that only notes when it is told to let go. */
const listeningNetwork = (onRelease: (id: string) => void): Network => ({
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
