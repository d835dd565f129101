// Repeated kill -9 under load, and then the check of the history.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../packages/gateway/test/support/free-port.js'
import { type GatewayProcess, startGatewayProcess } from '../test/gateway-process.js'
import { check, type Verdict } from './checker.js'
import { readFinal } from './final.js'
import type { History, Uptime } from './history.js'
import { Random } from './random.js'
import { startReceiver } from './receiver.js'
import { UNLIMITED } from './unlimited.js'
import { startWorkload } from './workload.js'

export interface KillNineOptions {
  /** How often it is killed. */
  readonly kills: number
  /** The same seed sends the same requests; the kills still interrupt different ones. */
  readonly seed: number
  readonly clients: number
  /** Maximum lateness of an end, in milliseconds of gateway uptime. */
  readonly maxLatenessMs: number
  /** Called with progress messages. */
  readonly say?: (line: string) => void
}

export interface KillNineReport extends Verdict {
  readonly sessions: number
  readonly events: number
  readonly repeats: number
  /** Data folder, kept where a promise was broken. */
  readonly dataDir: string | undefined
}

export async function killNine({ kills, seed, clients, maxLatenessMs, say }: KillNineOptions): Promise<KillNineReport> {
  const random = new Random(seed)
  const dataDir = mkdtempSync(join(tmpdir(), 'rightofway-chaos-'))
  const port = await freePort()
  const uptimes: Uptime[] = []
  const receiver = await startReceiver(random)
  const { arrivals } = receiver
  const flags = ['--sandbox', '--directory-kind', 'open', '--directory-prefixes', '10.0.0.0/8', ...UNLIMITED]
  const start = () => startGatewayProcess({ dataDir, port, flags })

  let gateway: GatewayProcess = await start()
  let upSince = Date.now()
  const key = await gateway.newKey()
  const workload = startWorkload({
    url: gateway.url,
    key,
    sinkUrl: receiver.url,
    clients,
    random,
  })
  for (let kill = 1; kill <= kills; kill++) {
    await delay(random.between(100, 1_200))
    await gateway.signal('SIGKILL')
    uptimes.push({ from: upSince, to: Date.now() })
    say?.(`kill ${kill} of ${kills}: ${workload.acknowledged.length} sessions acknowledged, ${arrivals.length} events`)
    gateway = await start()
    upSince = Date.now()
  }
  await delay(500)
  await workload.stop()
  // Sessions last up to 7 s; retries of events to a failing receiver continue for longer, by the sandbox clock.
  await delay(8_000)
  uptimes.push({ from: upSince, to: Date.now() })
  await gateway.admin('POST', '/sandbox/clock/advance', { seconds: 60 })
  const history = await evidence(gateway, key, { ...workload, arrivals, uptimes })
  const verdict = check(history, maxLatenessMs)
  await gateway.signal('SIGTERM')
  await receiver.close()
  const good = verdict.violations.length === 0
  if (good) rmSync(dataDir, { recursive: true, force: true })
  return {
    ...verdict,
    sessions: new Set(workload.acknowledged.map(({ info }) => info.sessionId)).size,
    events: new Set(arrivals.map(({ event }) => event.id)).size,
    repeats: arrivals.length - new Set(arrivals.map(({ event }) => event.id)).size,
    dataDir: good ? undefined : dataDir,
  }
}

async function evidence(
  gateway: GatewayProcess,
  key: string,
  recorded: Pick<History, 'acknowledged' | 'deleted' | 'extended' | 'arrivals' | 'uptimes'>,
): Promise<History> {
  const ids = new Set(recorded.acknowledged.map(({ info }) => info.sessionId))
  const final = await readFinal(gateway.url, key, ids)
  await gateway.admin('POST', '/networks/simulator/reconcile')
  const { held } = await gateway.admin<{ held: string[] }>('GET', '/networks/simulator/simulator/reservations')
  return { ...recorded, final, held }
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
