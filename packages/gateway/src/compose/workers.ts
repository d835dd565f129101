// The workers that act on commits: timers, networks, sinks, retention.

import type { AssertionKeys } from '../auth/secrets/assertion-keys.js'
import type { Config } from '../config/schema.js'
import { Deliverer } from '../delivery/deliverer.js'
import type { Queues } from '../delivery/queues.js'
import { openSinkClient, type SinkClientOptions, sinkAgent } from '../delivery/sink-client-options.js'
import { SinkCredentials } from '../delivery/sink-credentials.js'
import { SinkTokenSource } from '../delivery/sink-token-source.js'
import { ThreadedSinkClient } from '../delivery/threaded-sink-client.js'
import type { Health } from '../observability/health.js'
import type { Metrics } from '../observability/metrics.js'
import type { Log } from '../ports/log.js'
import type { Network } from '../ports/network.js'
import type { PublicUrl } from '../ports/public-url.js'
import type { Deps } from '../usecases/deps.js'
import { ClockWatch } from '../workers/clock-watch.js'
import { DeviceFollower } from '../workers/device-follower.js'
import { Leadership } from '../workers/leadership.js'
import { Retention } from '../workers/retention.js'
import { Timers } from '../workers/timers.js'
import { Closing } from './closing.js'

const DAY_MS = 86_400_000

interface Parts {
  readonly deps: Deps
  readonly metrics: Metrics
  readonly queues: Queues
  readonly assertionKeys: AssertionKeys
  readonly sinkOptions: SinkClientOptions
  readonly publicUrl: PublicUrl
  /** Networks that this gateway can lead. */
  readonly led: readonly Network[]
  readonly threads: boolean
  readonly health: Health
  readonly monotonicNow: () => number
  readonly log: Log
}

/** Starts them. Closing lets them finish the work in progress. */
export async function startWorkers(config: Config, parts: Parts): Promise<{ close(): Promise<void> }> {
  const { deps, metrics, led, health, monotonicNow, log } = parts
  const { store, clock, realNow } = deps
  const clockWatch = new ClockWatch({ realNow, monotonicNow, log })
  health.watch(() => clockWatch.warnings)
  const onFired = (latenessMs: number) => {
    metrics.onTimer(latenessMs)
    clockWatch.ended(latenessMs)
  }
  const timers = new Timers({ store, clock, log, onFired })
  const leaderships = led.map(
    (network) =>
      new Leadership({
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
  const retention = new Retention({ store, clock, log, realNow, historyMs, auditMs })
  const follower = new DeviceFollower({ ...deps, log })
  const delivery = openDelivery(parts)
  await follower.start()
  timers.start()
  await Promise.all(leaderships.map((leadership) => leadership.start()))
  delivery.deliverer.start()
  retention.start()
  clockWatch.start()
  return {
    async close() {
      clockWatch.stop()
      await Promise.all([retention.stop(), timers.stop(), follower.stop()])
      await Promise.all(leaderships.map((leadership) => leadership.stop()))
      await delivery.close()
    },
  }
}

function openDelivery({
  deps,
  metrics,
  queues,
  assertionKeys,
  sinkOptions,
  publicUrl,
  threads,
  monotonicNow,
  log,
}: Parts) {
  const { store, clock, secrets, realNow } = deps
  const closing = new Closing()
  const sinkClient = closing.push(threads ? new ThreadedSinkClient(sinkOptions, log) : openSinkClient(sinkOptions))
  const agent = sinkAgent(sinkOptions)
  closing.push({ close: () => agent.destroy() })
  const tokens = new SinkTokenSource({ keys: assertionKeys, agent, realNow })
  const sinkCredentials = closing.push(
    new SinkCredentials({ sinkCredentials: store.sinkCredentials, secrets, tokens, realNow }),
  )
  const { onAttempt } = metrics
  const world = { store, clock, log, publicUrl, realNow, monotonicNow, random: Math.random }
  const deliverer = new Deliverer({ ...world, sinkClient, sinkCredentials, queues, onAttempt })
  closing.push({ close: () => deliverer.stop() })
  return { deliverer, close: () => closing.close() }
}
