// How late a gateway ends sessions: many that end within one second, among many more that do not. The lateness is
// the time between `expiresAt` and the release request to the network, in the process that sends it.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NetworkId } from '@rightofway/camara'
import { TERMS } from '../packages/gateway/src/domain/session.fixture.js'
import { addActiveSessions, withinASecond } from './lib/active-sessions.js'
import { latenessOfEnds, openStore } from './lib/ends.js'
import { withFolder } from './lib/processes.js'
import { atMost, type BenchResult, machine, quantile } from './lib/result.js'

const ENDING = 10_000

/** @param among number of active sessions in all. Default: `BENCH_SESSIONS`, else 100 000 */
export const run = (among = Number(process.env['BENCH_SESSIONS'] ?? 100_000)): Promise<BenchResult> =>
  withFolder(async (folder) => {
    mkdirSync(folder, { recursive: true })
    const store = await openStore(join(folder, 'store.db'))
    const later = () => Date.now() + 86_400_000 - Math.floor(Math.random() * 40_000_000)
    await addActiveSessions(store, Array.from({ length: among - ENDING }, later))
    const second = Date.now() + 15_000
    const ends = await addActiveSessions(store, withinASecond(second, ENDING))

    const latenessMs = await latenessOfEnds(store, TERMS.network as NetworkId, ends)
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
