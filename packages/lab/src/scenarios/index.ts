import { behindCore } from './behind-core.js'
import { competing } from './competing.js'
import { extension } from './extension.js'
import { download, upload } from './idle.js'
import { killed } from './killed.js'
import { latency } from './latency.js'
import { refusal } from './refusal.js'
import type { Scenario } from './scenario.js'
import { throughput } from './throughput.js'

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  latency,
  throughput,
  competing,
  download,
  upload,
  killed,
  extension,
  refusal,
  behindCore,
]
