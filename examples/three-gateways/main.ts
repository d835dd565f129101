// Three gateways on one PostgreSQL, behind a small balancer, in front of one simulated network: load, a kill -9, a
// member taken out and put back as for an upgrade, one that stands still for longer than its leases, connections cut, a
// clock stepped, a restart of the database; and then what held.
//
//   npm ci && npm run build
//   npx tsx --conditions rightofway-source examples/three-gateways/main.ts
//
// All of it runs on loopback, in folders that are gone afterwards. `chaos/` has the parts, and worse to come.

import { FAULTS, manyGateways } from '../../chaos/many-gateways.js'

const { violations, latenessMs, sessions, events, repeats, faults } = await manyGateways({
  seed: 1,
  clients: 8,
  faults: ['kill', 'upgrade', 'cut', 'pause', 'step', 'restart', 'away'],
  // Two seconds until the others know, on a machine that has much else to do.
  maxLatenessMs: 8_000,
  say: (line) => console.log(line),
})

const at = (share: number) => Math.round(latenessMs[Math.floor((latenessMs.length - 1) * share)] ?? 0)
console.log(`\n${FAULTS.map((fault) => `${fault}: ${faults[fault]}`).join(', ')}`)
console.log(`${sessions} sessions were acknowledged; ${events} events arrived, ${repeats} of them more than once`)
console.log(
  `their ends were told ${at(0.5)} ms (half of them), ${at(0.99)} ms (99 %), ${at(1)} ms (all) after their time`,
)
for (const { promise, sessionId, what } of violations) console.log(`BROKEN: ${promise}: ${sessionId}: ${what}`)
if (violations.length > 0) process.exit(1)
console.log('Every session that was answered was there, ended once, and in its time; no two were live on one flow;')
console.log('every event arrived, in order; the network holds nothing that it should not.')
