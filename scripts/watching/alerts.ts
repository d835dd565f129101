// What to be woken for: rules of Prometheus, each with the series that make it fire and those that do not.

import { stringify } from 'yaml'

export interface Alert {
  readonly name: string
  /** `critical`: sessions are not treated as promised. `warning`: they soon will not be, or an application is wrong. */
  readonly severity: 'critical' | 'warning'
  readonly expr: string
  /** How long it has to be so. Default: not at all. */
  readonly for?: string
  readonly summary: string
  /** What it means, and what to do. */
  readonly description: string
  readonly test: {
    /** Series with their samples, one a minute (`values` of promtool). */
    readonly fires: readonly Series[]
    readonly quiet: readonly Series[]
    /** Labels of the alert besides its severity. */
    readonly labels?: Readonly<Record<string, string>>
  }
}

type Series = readonly [series: string, values: string]

/** Observations of a histogram that all lie below or above a second. */
const observed = (name: string, labels: string, where: 'below' | 'above'): Series[] => [
  [`${name}_bucket{${labels}le="1"}`, where === 'below' ? '0+10x20' : '0x20'],
  [`${name}_bucket{${labels}le="5"}`, '0+10x20'],
  [`${name}_bucket{${labels}le="+Inf"}`, '0+10x20'],
]

const JOB = 'job="rightofway"'

export const ALERTS: readonly Alert[] = [
  {
    name: 'RightOfWayGatewayDown',
    severity: 'critical',
    expr: 'up{job="rightofway"} == 0',
    for: '1m',
    summary: 'A gateway does not answer Prometheus',
    description:
      'It is not running, or out of reach. Sessions end in the network by themselves. Look at its log, and at ' +
      '`/healthz` and `/readyz`.',
    test: {
      fires: [[`up{${JOB},instance="a"}`, '0x20']],
      quiet: [[`up{${JOB},instance="a"}`, '1x20']],
      labels: { job: 'rightofway', instance: 'a' },
    },
  },
  {
    name: 'RightOfWayGatewayMissing',
    severity: 'warning',
    expr: 'max(rightofway_gateways) < max(max_over_time(rightofway_gateways[1h]))',
    for: '1m',
    summary: 'Fewer gateways run on the store than an hour ago',
    description: 'A gateway is gone, or cannot reach the database. The others have taken over its networks.',
    test: { fires: [['rightofway_gateways', '3x5 2x15']], quiet: [['rightofway_gateways', '2x5 3x15']] },
  },
  {
    name: 'RightOfWayNetworkNotDriven',
    severity: 'critical',
    expr: 'max by (network) (rightofway_network_driven) == 0',
    for: '10s',
    summary: 'No gateway leads a network',
    description: 'Its sessions wait, and those that it holds end there by themselves. Start a gateway that reaches it.',
    test: {
      fires: [['rightofway_network_driven{network="edge"}', '0x20']],
      quiet: [
        ['rightofway_network_driven{network="edge",instance="a"}', '0x20'],
        ['rightofway_network_driven{network="edge",instance="b"}', '1x20'],
      ],
      labels: { network: 'edge' },
    },
  },
  {
    name: 'RightOfWayNetworkInTrouble',
    severity: 'critical',
    expr: 'max by (network) (rightofway_network_troubles) > 0',
    for: '1m',
    summary: 'A network cannot treat sessions as it should',
    description: '`rightofway network status` names each problem; docs/operate/run-on-a-router.md says what to do.',
    test: {
      fires: [['rightofway_network_troubles{network="edge"}', '1x20']],
      quiet: [['rightofway_network_troubles{network="edge"}', '0x20']],
      labels: { network: 'edge' },
    },
  },
  {
    name: 'RightOfWayLinkDown',
    severity: 'critical',
    expr: 'rightofway_link_up == 0',
    for: '1m',
    summary: 'An interface does not treat packets as it should',
    description: 'Sessions over it wait. `rightofway network status` says why.',
    test: {
      fires: [['rightofway_link_up{network="edge",interface="wan0"}', '0x20']],
      quiet: [['rightofway_link_up{network="edge",interface="wan0"}', '1x20']],
      labels: { network: 'edge', interface: 'wan0' },
    },
  },
  {
    name: 'RightOfWayNetworkSlow',
    severity: 'warning',
    expr: 'histogram_quantile(0.99, sum by (network, le) (rate(rightofway_network_answer_seconds_bucket[5m]))) > 1',
    for: '5m',
    summary: 'A network takes more than a second to answer',
    description: 'Creates are answered REQUESTED, and become AVAILABLE later.',
    test: {
      fires: observed('rightofway_network_answer_seconds', 'network="edge",', 'above'),
      quiet: observed('rightofway_network_answer_seconds', 'network="edge",', 'below'),
      labels: { network: 'edge' },
    },
  },
  {
    name: 'RightOfWayNetworkTasksGrow',
    severity: 'critical',
    expr: 'min_over_time(rightofway_network_tasks[5m]) > 0 and delta(rightofway_network_tasks[5m]) > 0',
    for: '1m',
    summary: 'More and more tasks wait for a network',
    description: 'The network does not answer, or answers slower than it is asked. Look at its log.',
    test: {
      fires: [['rightofway_network_tasks{network="edge"}', '1+1x20']],
      quiet: [['rightofway_network_tasks{network="edge"}', '5 0 5 0 5 0 5 0 5 0 5 0 5 0 5 0 5 0 5 0 5']],
      labels: { network: 'edge' },
    },
  },
  {
    name: 'RightOfWayApiNetworkDown',
    severity: 'critical',
    expr: 'max by (network) (rightofway_api_network_up) == 0',
    for: '1m',
    summary: 'A network behind an API does not answer',
    description: 'Its sessions wait; `/readyz` says why.',
    test: {
      fires: [['rightofway_api_network_up{network="operator"}', '0x20']],
      quiet: [['rightofway_api_network_up{network="operator"}', '1x20']],
      labels: { network: 'operator' },
    },
  },
  {
    name: 'RightOfWayApiNetworkOrphans',
    severity: 'warning',
    expr: 'max by (network) (rightofway_api_network_orphans) > 0',
    for: '1m',
    summary: 'A network may hold something that nobody ends',
    description: 'Answers of it were lost: docs/operate/networks-behind-an-api.md says how to look.',
    test: {
      fires: [['rightofway_api_network_orphans{network="operator"}', '1x20']],
      quiet: [['rightofway_api_network_orphans{network="operator"}', '0x20']],
      labels: { network: 'operator' },
    },
  },
  {
    name: 'RightOfWayForgedCallbacks',
    severity: 'warning',
    expr: 'increase(rightofway_network_callbacks_total{result="forged"}[10m]) > 0',
    summary: 'Somebody guesses at the listener for messages of networks',
    description: 'A path without a valid MAC was asked for. Restrict who reaches `callbacks.listen`.',
    test: {
      fires: [['rightofway_network_callbacks_total{result="forged"}', '0+1x20']],
      quiet: [
        ['rightofway_network_callbacks_total{result="forged"}', '3x20'],
        ['rightofway_network_callbacks_total{result="kept"}', '0+1x20'],
      ],
      labels: { result: 'forged' },
    },
  },
  {
    name: 'RightOfWayClockOff',
    severity: 'warning',
    expr: 'abs(rightofway_clock_offset_seconds) > 0.5',
    for: '1m',
    summary: 'The clock of a machine differs from that of the store',
    description: 'Synchronise it (chrony, systemd-timesyncd). From a second on the gateway is not ready.',
    test: {
      fires: [['rightofway_clock_offset_seconds{instance="a"}', '-0.7x20']],
      quiet: [['rightofway_clock_offset_seconds{instance="a"}', '0.2x20']],
      labels: { instance: 'a' },
    },
  },
  {
    name: 'RightOfWaySessionsEndLate',
    severity: 'warning',
    expr: 'histogram_quantile(0.99, sum by (le) (rate(rightofway_session_end_lateness_seconds_bucket[5m]))) > 1',
    for: '5m',
    summary: 'Sessions end more than a second late in the store',
    description: 'A gateway or its database has too much to do. The network ends them on time all the same.',
    test: {
      fires: observed('rightofway_session_end_lateness_seconds', '', 'above'),
      quiet: observed('rightofway_session_end_lateness_seconds', '', 'below'),
    },
  },
  {
    name: 'RightOfWayEventsLate',
    severity: 'warning',
    expr: 'histogram_quantile(0.99, sum by (le) (rate(rightofway_event_first_attempt_lateness_seconds_bucket[5m]))) > 1',
    for: '5m',
    summary: 'Events are sent more than a second late',
    description: 'Sinks are slow, or there are too many of them: `rightofway events` says which queues wait.',
    test: {
      fires: observed('rightofway_event_first_attempt_lateness_seconds', '', 'above'),
      quiet: observed('rightofway_event_first_attempt_lateness_seconds', '', 'below'),
    },
  },
  {
    name: 'RightOfWayDeadLetters',
    severity: 'warning',
    expr: 'max(delta(rightofway_event_deliveries{state="dead"}[15m])) > 0',
    summary: 'Events could not be delivered for 24 hours',
    description: '`rightofway events` says which sinks take none, and delivers again.',
    test: {
      fires: [['rightofway_event_deliveries{state="dead"}', '0x5 2x15']],
      quiet: [
        ['rightofway_event_deliveries{state="dead"}', '2x20'],
        ['rightofway_event_deliveries{state="waiting"}', '0+1x20'],
      ],
    },
  },
  {
    name: 'RightOfWayShortSinkTokens',
    severity: 'warning',
    expr: 'sum(increase(rightofway_event_short_tokens_total[1h])) > 0',
    summary: 'Applications give sink tokens that expire before their sessions',
    description: 'Their last events will be refused by their own sinks. The log names the sessions.',
    test: {
      fires: [['rightofway_event_short_tokens_total', '0+1x20']],
      quiet: [['rightofway_event_short_tokens_total', '4x20']],
    },
  },
  {
    name: 'RightOfWayServerErrors',
    severity: 'critical',
    expr:
      'sum(rate(rightofway_http_request_seconds_count{status=~"5.."}[5m])) / ' +
      'sum(rate(rightofway_http_request_seconds_count[5m])) > 0.01',
    for: '5m',
    summary: 'More than one request in a hundred is answered 5xx',
    description: '`/readyz` says what is missing; the log has each request by its `x-correlator`.',
    test: {
      fires: [
        ['rightofway_http_request_seconds_count{operation="createSession",status="201"}', '0+10x20'],
        ['rightofway_http_request_seconds_count{operation="createSession",status="503"}', '0+1x20'],
      ],
      quiet: [
        ['rightofway_http_request_seconds_count{operation="createSession",status="201"}', '0+10x20'],
        ['rightofway_http_request_seconds_count{operation="createSession",status="409"}', '0+9x20'],
      ],
    },
  },
  {
    name: 'RightOfWayOpenFiles',
    severity: 'warning',
    expr: 'process_open_fds{job="rightofway"} / process_max_fds{job="rightofway"} > 0.8',
    for: '5m',
    summary: 'A gateway has used 80 % of its open files',
    description: 'Raise its limit (LimitNOFILE), or lower `listen.maxConnections`.',
    test: {
      fires: [
        [`process_open_fds{${JOB},instance="a"}`, '900x20'],
        [`process_max_fds{${JOB},instance="a"}`, '1000x20'],
      ],
      quiet: [
        [`process_open_fds{${JOB},instance="a"}`, '100x20'],
        [`process_max_fds{${JOB},instance="a"}`, '1000x20'],
      ],
      labels: { job: 'rightofway', instance: 'a' },
    },
  },
]

const MADE = '# Made by `npm run docs` out of scripts/watching/alerts.ts.\n'
const LONG = { lineWidth: 0 } as const

const annotationsOf = ({ summary, description }: Alert) => ({ summary, description })

/** A file of rules for Prometheus. */
export function rulesText(): string {
  const rules = ALERTS.map((alert) => ({
    alert: alert.name,
    expr: alert.expr,
    ...(alert.for !== undefined && { for: alert.for }),
    labels: { severity: alert.severity },
    annotations: annotationsOf(alert),
  }))
  return MADE + stringify({ groups: [{ name: 'rightofway', rules }] }, LONG)
}

/** Their tests, for `promtool test rules`. */
export function ruleTestsText(rulesFile: string): string {
  const toTest = (alert: Alert, series: readonly Series[], exp_alerts: readonly object[]) => ({
    interval: '1m',
    input_series: series.map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: '15m', alertname: alert.name, exp_alerts }],
  })
  const tests = ALERTS.flatMap((alert) => [
    toTest(alert, alert.test.fires, [
      { exp_labels: { severity: alert.severity, ...alert.test.labels }, exp_annotations: annotationsOf(alert) },
    ]),
    toTest(alert, alert.test.quiet, []),
  ])
  return MADE + stringify({ rule_files: [rulesFile], evaluation_interval: '1m', tests }, LONG)
}
