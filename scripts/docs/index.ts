import * as adminApi from './admin-api.js'
import { CHART_PAGES } from './charts.js'
import * as commandLine from './command-line.js'
import * as configuration from './configuration.js'
import * as errors from './errors.js'
import * as events from './events.js'
import * as metrics from './metrics.js'
import * as performance from './performance.js'
import * as sandbox from './sandbox.js'
import * as stateTable from './state-table.js'

export interface GeneratedPage {
  /** From the root of the repository. */
  readonly file: string
  generate(): string | Promise<string>
}

export const GENERATED: readonly GeneratedPage[] = [
  configuration,
  commandLine,
  stateTable,
  adminApi,
  errors,
  events,
  metrics,
  ...metrics.WATCHING,
  performance,
  ...CHART_PAGES,
  sandbox,
]
