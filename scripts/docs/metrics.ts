// docs/reference/metrics.md, and what Prometheus and Grafana are given: all out of one list.

import { ALERTS, rulesText, ruleTestsText } from '../watching/alerts.js'
import { dashboardText } from '../watching/dashboard.js'
import { METRICS } from '../watching/metrics.js'

export const file = 'docs/reference/metrics.md'

const cell = (text: string): string => text.replaceAll('|', '\\|')

export function generate(): string {
  const metrics = METRICS.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${cell(help)} |`,
  )
  const alerts = ALERTS.map(
    ({ name, severity, expr, for: time, summary, description }) =>
      `| \`${name}\` | ${severity} | \`${cell(expr)}\`${time === undefined ? '' : `, for ${time}`} | ${summary}. ${cell(description)} |`,
  )
  return `# Probes, metrics and alerts

This page is printed from the code by \`npm run docs\`.

## Probes

All three are at the port of the applications' APIs, without a key.

| path | answers | for |
|---|---|---|
| \`/healthz\` | 200 while the process answers | a liveness probe: restart it where this fails |
| \`/readyz\` | 200 while it can do all of its work, else 503; \`problems\` say why not, \`warnings\` what another gateway or a person could mend | a readiness probe and a balancer |
| \`/metrics\` | metrics in the text format of Prometheus, to addresses in \`metrics.allow\` ([configuration.md](configuration.md)) | Prometheus |

## Metrics

Labels are operations, statuses and networks, never an application, a session or a device. A histogram \`NAME\` has the
series \`NAME_bucket\`, \`NAME_sum\` and \`NAME_count\`.

| metric | type | labels | what it is |
|---|---|---|---|
${metrics.join('\n')}

## Alerts

\`contrib/prometheus/rightofway.rules.yml\` has these rules; name the job \`rightofway\` in the configuration of Prometheus:

\`\`\`
rule_files: [rightofway.rules.yml]
scrape_configs:
  - job_name: rightofway
    static_configs:
      - targets: ['127.0.0.1:8080']
\`\`\`

\`promtool test rules contrib/prometheus/rightofway.test.yml\` tries each rule on series that make it fire, and on series
that do not. \`contrib/grafana/rightofway.json\` is a dashboard with every metric: import it in Grafana.

| alert | severity | expression | what it means |
|---|---|---|---|
${alerts.join('\n')}
`
}

export const WATCHING = [
  { file: 'contrib/prometheus/rightofway.rules.yml', generate: rulesText },
  { file: 'contrib/prometheus/rightofway.test.yml', generate: () => ruleTestsText('rightofway.rules.yml') },
  { file: 'contrib/grafana/rightofway.json', generate: dashboardText },
] as const
