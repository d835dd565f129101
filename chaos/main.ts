// npm run test:chaos -- [--store postgres|sqlite] [--seed 7] [--minutes 10] [--clients 12] [--gateways 3]
// npm run test:chaos -- --plant lost-commit|double-end|dropped-event|all [--seed 7] [--clients 12]
// npm run test:chaos -- --network pcf|nef|camara|combined [--rounds 200] [--seed 7] [--clients 12]
//
// postgres: several gateways on one database; they are killed, paused, disconnected and upgraded, clocks are stepped,
// and the database is restarted. sqlite: the one gateway of a file is killed repeatedly. With --plant only the store of
// the gateway is changed, and the checker has to find that. With --network the gateway and the core behind its API are
// killed, and answers and messages between them get lost.

import { parseArgs } from 'node:util'
import { behindCore, KINDS } from './behind-core.js'
import { killNine } from './kill-nine.js'
import { FAULTS, manyGateways } from './many-gateways.js'
import { planted } from './planted.js'
import { PLANTS } from './plants.js'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'postgres' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '2' },
    clients: { type: 'string', default: '12' },
    gateways: { type: 'string', default: '3' },
    'max-lateness-ms': { type: 'string' },
    plant: { type: 'string' },
    network: { type: 'string' },
    rounds: { type: 'string', default: '200' },
  },
})
/** Kills of one gateway in a minute: it has to restart, and to work, in between. */
const KILLS_PER_MINUTE = 20

const say = (line: string) => void process.stdout.write(`${line}\n`)
const number = (name: 'seed' | 'minutes' | 'clients' | 'gateways' | 'rounds'): number => {
  const value = Number(values[name])
  if (!(value >= 0)) throw new Error(`--${name} must be a number`)
  return value
}
const common = { seed: number('seed'), clients: number('clients'), say }
const lateness = (normally: number) => ({ maxLatenessMs: Number(values['max-lateness-ms'] ?? normally) })

say(`seed ${values.seed}`)
if (!(values.plant === undefined ? await promisesKept() : await plantsFound(values.plant))) process.exitCode = 1

async function promisesKept(): Promise<boolean> {
  const { violations, latenessMs, sessions, events, repeats } = await run()
  const at = (share: number) => Math.round(latenessMs[Math.floor((latenessMs.length - 1) * share)] ?? 0)
  say(
    `${sessions} sessions, ${events} events (${repeats} repeats); ends told ${at(0.5)} ms (half), ${at(0.99)} ms (99 %), ` +
      `${at(1)} ms (all) of uptime after their time`,
  )
  for (const { promise, sessionId, what } of violations.slice(0, 50)) say(`BROKEN: ${promise}: ${sessionId}: ${what}`)
  say(violations.length === 0 ? 'every promise was kept' : `${violations.length} violations`)
  return violations.length === 0
}

async function plantsFound(name: string): Promise<boolean> {
  const plants = PLANTS.filter((plant) => name === 'all' || name === plant)
  if (plants.length === 0) throw new Error(`--plant must be one of ${PLANTS.join(', ')}, all`)
  let good = true
  for (const { plant, sessions, struck, found, violations } of await planted({
    ...common,
    ...lateness(5_000),
    plants,
  })) {
    if (plant === undefined) {
      say(`nothing planted: ${sessions} sessions, ${violations.length} violations`)
      good &&= violations.length === 0
    } else {
      const right = struck.length > 0 && struck.join() === found.join()
      const verdict = right ? 'found, and no other session was blamed' : `the checker blamed ${found.length}`
      say(`${plant}: ${sessions} sessions, ${struck.length} struck: ${verdict}`)
      good &&= right
    }
  }
  return good
}

async function run() {
  if (values.network !== undefined) {
    const kind = KINDS.find((each) => each === values.network)
    if (kind === undefined) throw new Error(`--network must be one of ${KINDS.join(', ')}`)
    const report = await behindCore({ ...common, ...lateness(5_000), kind, rounds: number('rounds') })
    say(
      Object.entries(report.mishaps)
        .map(([what, count]) => `${what}: ${count}`)
        .join(', '),
    )
    say(`${report.orphans} requests whose answers were lost for good, and counted`)
    return { ...report, events: report.latenessMs.length, repeats: 0 }
  }
  switch (values.store) {
    case 'sqlite': {
      const kills = Math.ceil(number('minutes') * KILLS_PER_MINUTE)
      const report = await killNine({ ...common, ...lateness(1_000), kills })
      say(`killed ${kills} times`)
      if (report.dataDir !== undefined) say(`the data is in ${report.dataDir}`)
      return report
    }
    case 'postgres': {
      const faults = { minutes: number('minutes') }
      const report = await manyGateways({ ...common, ...lateness(5_000), faults, gateways: number('gateways') })
      say(FAULTS.map((fault) => `${fault}: ${report.faults[fault]}`).join(', '))
      return report
    }
    default:
      throw new Error('--store must be postgres or sqlite')
  }
}
