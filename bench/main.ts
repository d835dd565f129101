// npm run bench                every bench
// npm run bench -- create      one of them

import { run as cores } from './cores.js'
import { run as create } from './create.js'
import { run as dashboard } from './dashboard.js'
import { run as events } from './events.js'
import { run as expiry } from './expiry.js'
import { run as hostile } from './hostile.js'
import { run as importDevices } from './import.js'
import { type BenchResult, toTable, writeResult } from './lib/result.js'
import { run as lone } from './lone.js'
import { run as million } from './million.js'
import { run as network } from './network.js'
import { run as postgres } from './postgres.js'
import { run as timers } from './timers.js'

const BENCHES: Readonly<Record<string, () => Promise<BenchResult>>> = {
  cores,
  create,
  dashboard,
  events,
  expiry: () => expiry(),
  hostile,
  import: importDevices,
  lone,
  million,
  network,
  postgres,
  timers,
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(BENCHES)
for (const name of names) {
  const bench = BENCHES[name]
  if (bench === undefined) {
    process.stderr.write(`there is no bench ${name}; there are: ${Object.keys(BENCHES).join(', ')}\n`)
    process.exit(2)
  }
  process.stdout.write(`\n${name}\n`)
  const result = await bench()
  process.stdout.write(toTable(result))
  writeResult(name, result)
}
