import type { Secrets } from '../auth/secrets/keyring.js'
import { simulatedNetworks } from '../checks/simulated.js'
import type { Config } from '../config/schema.js'
import { Queues } from '../delivery/queues.js'
import { Health } from '../observability/health.js'
import type { LogOutput } from '../observability/log-output.js'
import type { Metrics } from '../observability/metrics.js'
import type { Store } from '../ports/store/store.js'
import type { OpenedNetworks } from './networks.js'

export interface ObservabilityDeps {
  readonly store: Store
  readonly secrets: Secrets
  readonly networks: OpenedNetworks
  readonly metrics: Metrics
  /** Destination of log lines; undefined: the caller that started the gateway handles them. */
  readonly output: LogOutput | undefined
}

/** Registers the parts that can be in trouble with health and metrics. */
export function observe(config: Config, { store, secrets, networks, metrics, output }: ObservabilityDeps) {
  const { all } = networks.networks
  const health = new Health(
    store,
    secrets,
    all.map(({ id }) => id),
  )
  const simulated = simulatedNetworks(config)
  health.watch(() => simulated)
  health.watch(() => networks.networks.troubles)
  if (output !== undefined) health.watch(() => output.warnings)
  const queues = new Queues()
  metrics.watchQueues(() => queues.stats())
  for (const [id, network] of networks.linuxNetworks) metrics.addNetwork(id, () => network.figures())
  metrics.addApiNetworks(networks.apiNetworks)
  for (const [id, network] of networks.combinedNetworks) {
    metrics.addCombinedNetwork(id, network.partIds, () => network.incomplete)
  }
  return { health, queues }
}
