// npm run test:chaos -- --seed 7 --minutes 10 [--clients 12] [--gateways 3]
//
// Several gateways on PostgreSQL. (The embedded store is one gateway's: `npm run chaos` kills that one.)

import { parseArgs } from 'node:util'
import { FAULTS, manyGateways } from './many-gateways.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '2' },
    clients: { type: 'string', default: '12' },
    gateways: { type: 'string', default: '3' },
    'max-lateness-ms': { type: 'string', default: '5000' },
  },
})
const say = (line: string) => void process.stdout.write(`${line}\n`)
say(`seed ${values.seed}`)
const { violations, latenessMs, sessions, events, repeats, faults } = await manyGateways({
  seed: Number(values.seed),
  clients: Number(values.clients),
  gateways: Number(values.gateways),
  faults: { minutes: Number(values.minutes) },
  maxLatenessMs: Number(values['max-lateness-ms']),
  say,
})
const at = (share: number) => Math.round(latenessMs[Math.floor((latenessMs.length - 1) * share)] ?? 0)
say(FAULTS.map((fault) => `${fault}: ${faults[fault]}`).join(', '))
say(
  `${sessions} sessions, ${events} events (${repeats} repeats); ends told ${at(0.5)} ms (half), ${at(0.99)} ms (99 %), ` +
    `${at(1)} ms (all) of the database's uptime after their time`,
)
for (const { promise, sessionId, what } of violations.slice(0, 50)) say(`BROKEN: ${promise}: ${sessionId}: ${what}`)
say(violations.length === 0 ? 'every promise was kept' : `${violations.length} violations`)
if (violations.length > 0) process.exitCode = 1
