// Ends of sessions and their release requests to the network, in one process, so that both are read from one clock.

import { instant, type NetworkId, type SessionId } from '@rightofway/camara'
import { openThreadedStore } from '../../packages/gateway/src/adapters/store-thread/threaded-store.js'
import { SystemClock } from '../../packages/gateway/src/adapters/system-clock.js'
import { resourceIdOf } from '../../packages/gateway/src/domain/resource.js'
import type { Network } from '../../packages/gateway/src/ports/network.js'
import type { Store } from '../../packages/gateway/src/ports/store/store.js'
import { NetworkDriver } from '../../packages/gateway/src/workers/network-driver.js'
import { Timers } from '../../packages/gateway/src/workers/timers.js'
import { COMPLAINING } from './log.js'

/** The embedded store in its thread, as in a gateway; needs a build. */
export const openStore = (file: string): Promise<Store> =>
  openThreadedStore(
    { file, synchronous: 'FULL', name: 'bench' },
    new URL('../../packages/gateway/dist/adapters/store-thread/thread.js', import.meta.url),
  )

/**
 * Ends sessions as a gateway does. Resolves when the network has received all releases, with their lateness in
 * milliseconds.
 * @param ends when each session ends, milliseconds since the epoch; none of them before now
 */
export async function latenessOfEnds(
  store: Store,
  id: NetworkId,
  ends: ReadonlyMap<SessionId, number>,
): Promise<number[]> {
  const clock = new SystemClock(Date.now)
  const latenessMs: number[] = []
  let done: () => void = () => undefined
  const all = new Promise<void>((resolve) => {
    done = resolve
  })
  const network = listeningNetwork(id, (session) => {
    const end = ends.get(session)
    if (end !== undefined) latenessMs.push(Date.now() - end)
    if (latenessMs.length === ends.size) done()
  })
  const deps = { store, clock, log: COMPLAINING }
  const timers = new Timers(deps)
  const driver = new NetworkDriver({ ...deps, network, monotonicNow: () => performance.now() })
  await driver.start()
  timers.start()
  const first = ends.values().next().value
  if (first === undefined || clock.now() > first) {
    throw new Error('filling the store took too long: the sessions ended before we looked')
  }
  await all
  await timers.stop()
  await driver.stop()
  return latenessMs
}

/** A network that only notes the releases. */
const listeningNetwork = (id: NetworkId, onRelease: (id: SessionId) => void): Network => ({
  id,
  capabilities: { maxFlowRules: 64 },
  reserve: async () => ({ result: 'granted', at: instant(Date.now()) }),
  async release(reservation) {
    onRelease(resourceIdOf(reservation) as SessionId)
    return 'released'
  },
  list: async () => [],
  watch: () => () => undefined,
  close: async () => undefined,
})
