// npm run chaos -- --kills 20 --seed 1 --clients 16

import { parseArgs } from 'node:util'
import { killNine } from './kill-nine.js'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '16' },
  },
})
process.stdout.write(`seed ${values.seed}\n`)
const { violations, latenessMs, sessions, events, repeats, dataDir } = await killNine({
  kills: Number(values.kills),
  seed: Number(values.seed),
  clients: Number(values.clients),
  maxLatenessMs: 1_000,
  say: (line) => process.stdout.write(`${line}\n`),
})
const at = (share: number) =>
  Math.round(latenessMs[Math.min(latenessMs.length - 1, Math.floor(latenessMs.length * share))] ?? 0)
process.stdout.write(
  `${sessions} sessions, ${events} events (${repeats} repeats); ends told ${at(0.5)} ms (half), ${at(0.99)} ms (99 %), ` +
    `${at(1)} ms (all) of uptime after their time\n`,
)
for (const { promise, sessionId, what } of violations.slice(0, 50)) {
  process.stdout.write(`BROKEN: ${promise}: ${sessionId}: ${what}\n`)
}
if (violations.length > 0) {
  process.stdout.write(`${violations.length} violations; the data is in ${dataDir}\n`)
  process.exitCode = 1
} else {
  process.stdout.write('every promise was kept\n')
}
