// The one list of metrics: what a gateway registers.

import type { NetworkId } from '@rightofway/camara'
import { Counter, Gauge, Histogram } from 'prom-client'
import { Metrics } from '../../packages/gateway/src/observability/metrics.js'
import type { ApiNetworkFigures } from '../../packages/gateway/src/ports/network-figures.js'
import type { Store } from '../../packages/gateway/src/ports/store/store.js'

export interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

/** They are only listed: nothing here is read. */
const NOTHING = {} as unknown

function listed(): Metric[] {
  const metrics = new Metrics(NOTHING as Store, [])
  metrics.watchQueues(() => NOTHING as never)
  metrics.addNetwork('network' as NetworkId, () => NOTHING as never)
  metrics.addApiNetworks(new Map([['network' as NetworkId, NOTHING as ApiNetworkFigures]]))
  return metrics.registry.getMetricsAsArray().map((metric) => {
    const { name, help, labelNames } = metric as unknown as { name: string; help: string; labelNames: string[] }
    return { name, help, labels: labelNames, type: typeOf(metric) }
  })
}

function typeOf(metric: unknown): Metric['type'] {
  if (metric instanceof Counter) return 'counter'
  if (metric instanceof Gauge) return 'gauge'
  if (metric instanceof Histogram) return 'histogram'
  throw new Error('metrics are counters, gauges and histograms')
}

export const METRICS: readonly Metric[] = listed()

/** The metrics that an expression of PromQL reads, of a gateway or of Prometheus itself (`up`). */
export const namesIn = (expression: string): string[] => [
  ...new Set(expression.match(/\b(rightofway_\w+|process_\w+|up)\b/g) ?? []),
]

/** The metric that a series belongs to: `_bucket`, `_sum` and `_count` are series of a histogram. */
export const metricOf = (series: string): Metric | undefined =>
  METRICS.find(({ name, type }) =>
    type === 'histogram' ? new RegExp(`^${name}_(bucket|sum|count)$`).test(series) : name === series,
  )
