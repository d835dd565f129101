// A gateway and the network behind an API are killed at random. Answers are lost, messages come twice or are
// forged. Then the history is checked.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionInfo } from '@rightofway/camara'
import { coreAdmin } from '../packages/gateway/test/support/core-admin.js'
import { freePort } from '../packages/gateway/test/support/free-port.js'
import { CLI, type GatewayProcess, type GatewayProcessOptions, startGatewayProcess } from '../test/gateway-process.js'
import { check, type Verdict } from './checker.js'
import { readFinal } from './final.js'
import type { Uptime } from './history.js'
import { Random } from './random.js'
import { startReceiver } from './receiver.js'
import { UNLIMITED } from './unlimited.js'
import { startWorkload } from './workload.js'

export const KINDS = ['pcf', 'nef', 'camara', 'combined'] as const
export type Kind = (typeof KINDS)[number]

export interface BehindCoreOptions {
  readonly kind: Kind
  /** Number of faults. */
  readonly rounds: number
  readonly seed: number
  readonly clients: number
  /** Maximum lateness of an end, in milliseconds of uptime of both. */
  readonly maxLatenessMs: number
  readonly say?: (line: string) => void
  /** The command to run. Default: the command line as built. */
  readonly program?: Pick<GatewayProcessOptions, 'program' | 'nodeArgs'>
}

export interface BehindCoreReport extends Verdict {
  readonly sessions: number
  /** Counts of the faults. */
  readonly mishaps: Readonly<Record<string, number>>
  /** Requests whose answers were lost for good, as the gateway counts them. */
  readonly orphans: number
}

/** The API that the gateway calls. */
interface Far {
  /** The networks in the gateway's configuration: `core`, and those that belong to it. */
  readonly networks: readonly object[]
  /** Killed with -9, and started again. */
  kill(): Promise<void>
  /** Injects a fault into the next requests. Absent: not supported. */
  fault?(random: Random): Promise<string>
  /** Messages that it has sent recently. */
  messages?(): Promise<readonly { readonly url: string; readonly body: unknown }[]>
  /** Removes injected faults that have not happened yet. */
  calm(): Promise<void>
  held(gateway: GatewayProcess): Promise<readonly string[]>
  close(): Promise<void>
}

/** After the last end: requests that failed while one of them was down are repeated by then. */
const SETTLES_MS = 60_000

export async function behindCore(options: BehindCoreOptions): Promise<BehindCoreReport> {
  const { kind, rounds, seed, clients, maxLatenessMs, say, program = {} } = options
  const random = new Random(seed)
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-chaos-'))
  const receiver = await startReceiver(random)
  const far = kind === 'camara' ? await startUpstream(dir, program) : await startCore(kind, dir, program)
  const callbacksPort = await freePort()
  const config = join(dir, 'gateway.yaml')
  const callbacks = { listen: { host: '127.0.0.1', port: callbacksPort } }
  writeFileSync(config, JSON.stringify({ callbacks, networks: far.networks }))
  const port = await freePort()
  const flags = ['--sandbox', '--config', config, ...DIRECTORY, ...UNLIMITED, ...PATIENT]
  const start = () => startGatewayProcess({ ...program, dataDir: join(dir, 'gateway'), port, flags })
  let gateway = await start()
  const uptimes: Uptime[] = []
  let upSince = Date.now()
  const down = () => void uptimes.push({ from: upSince, to: Date.now() })
  const key = await gateway.newKey()
  const workload = startWorkload({ url: gateway.url, key, sinkUrl: receiver.url, clients, random })
  const mishaps: Record<string, number> = {}

  /** Sessions as read after their end: they are deleted some minutes later. */
  const final = new Map<string, SessionInfo | null>()
  const known = () => new Set(workload.acknowledged.map(({ info }) => info.sessionId))
  const remember = async () => {
    const unread = new Set([...known()].filter((id) => !final.has(id)))
    const read = await readFinal(gateway.url, key, unread)
    for (const [id, seen] of read) if (seen?.qosStatus === 'UNAVAILABLE') final.set(id, seen)
    return { alive: [...read.values()].some((seen) => seen !== null && seen.qosStatus !== 'UNAVAILABLE') }
  }

  const killGateway = async () => {
    await gateway.signal('SIGKILL')
    down()
    gateway = await start()
    upSince = Date.now()
    return 'the gateway killed'
  }
  const killFar = async () => {
    down()
    await far.kill()
    upSince = Date.now()
    return 'the network killed'
  }
  const forge = async () => {
    const mac = Buffer.from(String(random.next())).toString('base64url').padEnd(43, 'A').slice(0, 43)
    const url = `http://127.0.0.1:${callbacksPort}/callbacks/core/rsv-none/1/${mac}`
    await post(url, { eventReports: [{ event: 'SESSION_TERMINATION' }] })
    return 'a message forged'
  }
  const double = async () => {
    for (const { url, body } of (await far.messages?.()) ?? []) await post(url, body)
    return 'messages doubled'
  }
  const all = [killGateway, killFar, forge, ...(far.messages ? [double] : [])]
  const faults = far.fault === undefined ? [] : [far.fault, far.fault, far.fault, far.fault]
  for (let round = 1; round <= rounds; round++) {
    await delay(random.between(100, 1_200))
    const what = await random.pick([...all, ...faults])(random)
    mishaps[what] = (mishaps[what] ?? 0) + 1
    if (round % 10 > 0) continue
    await remember()
    say?.(`${round} of ${rounds}: ${workload.acknowledged.length} sessions acknowledged`)
  }
  await far.calm()
  await delay(500)
  await workload.stop()
  // Sessions last up to 7 s.
  await delay(8_000)
  const orphans = await settled(far, gateway, remember)
  down()
  await gateway.admin('POST', '/sandbox/clock/advance', { seconds: 60 })
  const ids = known()
  const unread = new Set([...ids].filter((id) => !final.has(id)))
  for (const [id, seen] of await readFinal(gateway.url, key, unread)) final.set(id, seen)
  // A reservation whose answer was lost is an orphan, and counted.
  const held = (await far.held(gateway)).slice(orphans)
  const verdict = check({ ...workload, arrivals: receiver.arrivals, uptimes, final, held }, maxLatenessMs)
  await gateway.signal('SIGTERM')
  await far.close()
  await receiver.close()
  if (verdict.violations.length === 0) rmSync(dir, { recursive: true, force: true })
  return { ...verdict, sessions: ids.size, mishaps, orphans }
}

/** Requests while one of them is down are granted later: no session may end by a timeout. */
const PATIENT = ['--sessions-set-up-timeout', '3600']
const DIRECTORY = ['--directory-kind', 'open', '--directory-prefixes', '10.0.0.0/8']

/** Waits until all sessions have ended, and only orphans are held. @returns how many the gateway counts */
async function settled(
  far: Far,
  gateway: GatewayProcess,
  remember: () => Promise<{ readonly alive: boolean }>,
): Promise<number> {
  const until = Date.now() + SETTLES_MS
  for (;;) {
    const orphans = await orphansOf(gateway)
    const { alive } = await remember()
    if ((!alive && (await far.held(gateway)).length <= orphans) || Date.now() > until) return orphans
    await delay(250)
  }
}

async function orphansOf(gateway: GatewayProcess): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text()
  return Number(/^rightofway_api_network_orphans\{network="core"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}

async function startCore(
  kind: Exclude<Kind, 'camara'>,
  dir: string,
  program: BehindCoreOptions['program'],
): Promise<Far> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { main, node } = program?.program ?? { main: CLI, node: process.execPath }
  const args = ['core', '--data-dir', join(dir, 'core'), '--listen-port', String(port), '--core', 'standard']
  const open = async () => {
    const argv = [...(program?.nodeArgs ?? []), main, ...args, '--pool', '10.0.0.0/8']
    const child = spawn(node, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    // It prints its URL.
    await once(child.stdout, 'data')
    return child
  }
  let child = await open()
  const admin = coreAdmin(url)
  const end = async () => {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  // A combined network has the NEF as a part.
  const door = kind === 'pcf' ? 'pcf' : 'nef'
  const common = { kind: door, id: 'core', url, timeoutMs: 1_000 }
  const network =
    door === 'pcf'
      ? { ...common, core: 'standard', profiles: { QOS_E: { qosReference: 'qod_e' } } }
      : { ...common, scsAsId: 'gateway', qosReferences: { QOS_E: 'qod_e' } }
  const beside = [
    { kind: 'combined', id: 'both', parts: ['core', 'n6'] },
    { kind: 'simulator', id: 'n6' },
  ]
  let seen = 0
  return {
    networks: kind === 'combined' ? [network, ...beside] : [network],
    async kill() {
      await end()
      child = await open()
      seen = 0
    },
    async fault(random) {
      const operation = random.pick(['create', 'delete'] as const)
      const fault = random.pick([
        { kind: 'drop', operation },
        { kind: 'drop', operation, committed: false },
        { kind: 'hang', operation, committed: true },
        { kind: 'late', operation, afterMs: random.between(1, 300) },
        { kind: 'callback-first', event: 'allocated' },
        { kind: 'outcome', outcome: 'none' },
      ])
      await admin('POST', '/faults', { ...fault, door, times: random.between(1, 3) })
      return `${fault.kind}${'committed' in fault && !fault.committed ? ' before' : ''}`
    },
    async messages() {
      type Sent = { readonly number: number; readonly kind: string; readonly url: string; readonly body: unknown }
      const exchanges = await admin<readonly Sent[]>('GET', `/exchanges?after=${seen}`)
      seen = exchanges.at(-1)?.number ?? seen
      return exchanges.filter((exchange) => exchange.kind === 'notification').slice(-20)
    },
    calm: () => admin<void>('DELETE', '/faults'),
    async held(gateway) {
      const held = (await admin<Record<string, { id: string }[]>>('GET', '/held'))[door]?.map(({ id }) => id) ?? []
      if (kind !== 'combined') return held
      const path = '/networks/n6/simulator/reservations'
      return [...held, ...(await gateway.admin<{ held: string[] }>('GET', path)).held]
    },
    close: end,
  }
}

/** Another gateway with a simulated network. */
async function startUpstream(dir: string, program: BehindCoreOptions['program'] = {}): Promise<Far> {
  const port = await freePort()
  const dataDir = join(dir, 'upstream')
  mkdirSync(dataDir)
  const start = () =>
    startGatewayProcess({ ...program, dataDir, port, flags: ['--sandbox', ...DIRECTORY, ...UNLIMITED, ...PATIENT] })
  let upstream = await start()
  const token = await upstream.newKey()
  return {
    networks: [{ kind: 'camara', id: 'core', url: `${upstream.url}/quality-on-demand/v1`, token, timeoutMs: 2_000 }],
    async kill() {
      await upstream.signal('SIGKILL')
      upstream = await start()
    },
    calm: async () => undefined,
    async held() {
      const path = '/networks/simulator/simulator/reservations'
      return (await upstream.admin<{ held: string[] }>('GET', path)).held
    },
    close: () => upstream.signal('SIGTERM'),
  }
}

/** Failures are ignored: the listener may be down. */
async function post(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined)
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
