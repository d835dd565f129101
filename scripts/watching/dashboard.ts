// The dashboard of Grafana: every metric of the list has its panel, in the row of what it is about.

import { METRICS, type Metric } from './metrics.js'

const ROWS: readonly (readonly [title: string, begins: readonly string[]])[] = [
  ['Requests', ['rightofway_http_']],
  ['Sessions', ['rightofway_session_']],
  ['Networks', ['rightofway_network_', 'rightofway_api_network_', 'rightofway_link_']],
  ['Events', ['rightofway_event_']],
  ['Gateways', ['rightofway_gateways', 'rightofway_clock_', 'process_']],
]

const WIDTH = 12
const HEIGHT = 8
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana puts the chosen data source there.
const SOURCE = { type: 'prometheus', uid: '${datasource}' }

interface Target {
  readonly expr: string
  readonly legendFormat: string
}

function targetsOf({ name, type, labels }: Metric): Target[] {
  const by = labels.filter((label) => label !== 'status')
  const legend = by.map((label) => `{{${label}}}`).join(' ')
  switch (type) {
    case 'counter':
      return [{ expr: `sum by (${by.join(', ')}) (rate(${name}[$__rate_interval]))`, legendFormat: legend }]
    case 'histogram':
      return [0.5, 0.99].map((quantile) => ({
        expr:
          `histogram_quantile(${quantile}, ` +
          `sum by (${[...by, 'le'].join(', ')}) (rate(${name}_bucket[$__rate_interval])))`,
        legendFormat: `${quantile * 100} % ${legend}`.trim(),
      }))
    case 'gauge':
      return [{ expr: name, legendFormat: `${legend} {{instance}}`.trim() }]
  }
}

function unitOf({ name, type }: Metric): string {
  if (name.endsWith('_seconds')) return 's'
  if (name.endsWith('_bits_per_second')) return 'bps'
  if (name.endsWith('_bytes')) return 'bytes'
  return type === 'counter' ? 'ops' : 'short'
}

/** @throws {Error} a metric belongs to no row */
export function dashboardText(): string {
  const panels: object[] = []
  let y = 0
  let left = METRICS
  for (const [title, begins] of ROWS) {
    const metrics = left.filter(({ name }) => begins.some((begin) => name.startsWith(begin)))
    left = left.filter((metric) => !metrics.includes(metric))
    panels.push({ id: panels.length + 1, type: 'row', title, collapsed: false, gridPos: { x: 0, y: y++, w: 24, h: 1 } })
    for (const [index, metric] of metrics.entries()) {
      panels.push({
        id: panels.length + 1,
        type: 'timeseries',
        title: metric.help,
        description: metric.name,
        datasource: SOURCE,
        gridPos: { x: (index % 2) * WIDTH, y: y + Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
        fieldConfig: { defaults: { unit: unitOf(metric), min: 0 }, overrides: [] },
        options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
        targets: targetsOf(metric).map((target, at) => ({
          refId: String.fromCharCode(65 + at),
          datasource: SOURCE,
          ...target,
        })),
      })
    }
    y += Math.ceil(metrics.length / 2) * HEIGHT
  }
  if (left.length > 0) throw new Error(`these metrics have no row: ${left.map(({ name }) => name).join(', ')}`)
  const dashboard = {
    uid: 'rightofway',
    title: 'Right of Way',
    tags: ['rightofway'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }] },
    panels,
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}
