// Who acts on what was committed: timers, networks, sinks, retention.

import type { AssertionKeys } from '../auth/assertion-keys.js'
import type { Config } from '../config/schema.js'
import { Deliverer } from '../delivery/deliverer.js'
import { Proofs } from '../delivery/proofs.js'
import type { Queues } from '../delivery/queues.js'
import { openCourier, type SinkWay, sinkAgent } from '../delivery/sink-way.js'
import { ThreadedCourier } from '../delivery/threaded-courier.js'
import { Tokens } from '../delivery/tokens.js'
import type { Metrics } from '../metrics.js'
import type { Network } from '../ports/network.js'
import type { PublicUrl } from '../ports/public-url.js'
import type { Deps } from '../usecases/deps.js'
import { DeviceFollower } from '../workers/device-follower.js'
import type { Log } from '../workers/log.js'
import { NetworkTenure } from '../workers/network-tenure.js'
import { Tidier } from '../workers/tidier.js'
import { Timers } from '../workers/timers.js'
import { Closing } from './closing.js'

const DAY_MS = 86_400_000

interface Parts {
  readonly deps: Deps
  readonly metrics: Metrics
  readonly queues: Queues
  readonly assertionKeys: AssertionKeys
  readonly way: SinkWay
  readonly publicUrl: PublicUrl
  /** Networks that this gateway can lead. */
  readonly led: readonly Network[]
  readonly threads: boolean
  readonly monotonicNow: () => number
  readonly log: Log
}

/** Starts them. To close them is to let them finish what they have begun. */
export async function startWorkers(config: Config, parts: Parts): Promise<{ close(): Promise<void> }> {
  const { deps, metrics, led, monotonicNow, log } = parts
  const { store, clock, realNow } = deps
  const timers = new Timers({ store, clock, log, onFired: metrics.onTimer })
  const tenures = led.map(
    (network) =>
      new NetworkTenure({
        store,
        clock,
        log,
        network,
        monotonicNow,
        onAnswer: (task, result, ms) => metrics.onNetworkAnswer(network.id, task, result, ms),
      }),
  )
  const historyMs = config.history.days * DAY_MS
  const auditMs = config.audit.days * DAY_MS
  const tidier = new Tidier({ store, clock, log, realNow, historyMs, auditMs })
  const follower = new DeviceFollower({ ...deps, log })
  const delivery = openDelivery(parts)
  await follower.start()
  timers.start()
  await Promise.all(tenures.map((tenure) => tenure.start()))
  delivery.deliverer.start()
  tidier.start()
  return {
    async close() {
      await Promise.all([tidier.stop(), timers.stop(), follower.stop()])
      await Promise.all(tenures.map((tenure) => tenure.stop()))
      await delivery.close()
    },
  }
}

function openDelivery({ deps, metrics, queues, assertionKeys, way, publicUrl, threads, monotonicNow, log }: Parts) {
  const { store, clock, secrets, realNow } = deps
  const closing = new Closing()
  const courier = closing.push(threads ? new ThreadedCourier(way, log) : openCourier(way))
  const agent = sinkAgent(way)
  closing.push({ close: () => agent.destroy() })
  const tokens = new Tokens({ keys: assertionKeys, agent, realNow })
  const proofs = closing.push(new Proofs({ proofs: store.proofs, secrets, tokens, realNow }))
  const { onAttempt } = metrics
  const world = { store, clock, log, publicUrl, realNow, monotonicNow, random: Math.random }
  const deliverer = new Deliverer({ ...world, courier, proofs, queues, onAttempt })
  closing.push({ close: () => deliverer.stop() })
  return { deliverer, close: () => closing.close() }
}
