// A gateway with a backlog of events, killed and restarted in the middle of it, and the events that its receiver got.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionInfo } from '@rightofway/camara'
import { Agent, type Dispatcher, request } from 'undici'
import { type Certificate, createAuthority } from '../packages/gateway/test/support/certificates.js'
import { eventIn } from '../packages/gateway/test/support/sink.js'
import { CapturingSink } from '../packages/sandbox/src/sink.js'
import { type GatewayProcess, startGatewayProcess } from '../test/gateway-process.js'

export interface BacklogOptions {
  /** Each has two events: granted, and deleted. */
  readonly sessions: number
  /** How the gateway is stopped and started again, each time after an equal part of the backlog. */
  readonly stops: readonly ('SIGKILL' | 'SIGTERM')[]
}

export interface BacklogReport {
  /** Ids of the expected events, by the gateway's answers. */
  readonly expected: ReadonlySet<string>
  /** Received ids, including repeats. */
  readonly arrived: readonly string[]
  /** Number of different events received at each stop of the gateway. */
  readonly atStops: readonly number[]
  /** Ids of events that came with two different bodies. */
  readonly changed: readonly string[]
  /** Sessions whose second event came before the first, or the first again after the second. */
  readonly outOfOrder: readonly string[]
  /** The gateway's count of pending events, at the end. */
  readonly left: { readonly waiting: number; readonly dead: number }
}

export async function backlog({ sessions, stops }: BacklogOptions): Promise<BacklogReport> {
  const folder = mkdtempSync(join(tmpdir(), 'rightofway-backlog-'))
  const authority = createAuthority()
  const sink = await startGatedSink(authority.issue('127.0.0.1'))
  writeFileSync(join(folder, 'ca.pem'), authority.cert)
  const settings = {
    // In every event: without it, the source has the port of the gateway, which changes.
    publicUrl: 'https://gateway.example',
    directory: { kind: 'open', prefixes: ['10.0.0.0/8'] },
    networks: [{ kind: 'simulator', id: 'simulator', downlinkBps: 1e15, uplinkBps: 1e15 }],
    sinks: { allow: ['127.0.0.1/32'], ca: join(folder, 'ca.pem') },
    limits: { requestsPerSecond: 1_000_000 },
  }
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(settings))
  const flags = ['--config', join(folder, 'config.yaml')]
  const start = () => startGatewayProcess({ dataDir: join(folder, 'data'), flags })
  let gateway = await start()
  try {
    const expected = await build(gateway, sink.url, sessions)
    // Retries of failed attempts would come too late for a test.
    for (const session of sink.sessions()) await gateway.admin('POST', `/sessions/${session}/redeliver`)
    const atStops: number[] = []
    for (const [index, signal] of stops.entries()) {
      await sink.take(Math.floor((expected.size * (index + 1)) / (stops.length + 1)))
      await gateway.signal(signal)
      atStops.push(sink.different())
      gateway = await start()
    }
    await sink.take(expected.size)
    return { expected, atStops, ...sink.judge(), left: await drained(gateway) }
  } finally {
    await gateway.signal('SIGTERM')
    await sink.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Creates and ends sessions while the sink does not answer. @returns the ids of their events */
async function build(gateway: GatewayProcess, sink: string, sessions: number): Promise<Set<string>> {
  const dispatcher = new Agent({ connections: 32 })
  const key = await gateway.newKey()
  const call = async (method: Dispatcher.HttpMethod, path: string, body?: object) => {
    const answer = await request(`${gateway.url}/quality-on-demand/v1${path}`, {
      method,
      dispatcher,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.body.text()
    if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as SessionInfo
  }
  const ids = new Set<string>()
  let made = 0
  const client = async () => {
    while (made < sessions) {
      const n = ++made
      const address = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
      const { sessionId, qosStatus } = await call('POST', '/sessions', {
        device: { ipv4Address: { publicAddress: address, privateAddress: address } },
        applicationServer: { ipv4Address: '198.51.100.7' },
        qosProfile: 'QOS_L',
        duration: 3600,
        sink,
      })
      if (qosStatus !== 'AVAILABLE') throw new Error(`a session is ${qosStatus}: it will not have two events`)
      await call('DELETE', `/sessions/${sessionId}`)
      ids.add(`${sessionId}-1`).add(`${sessionId}-2`)
    }
  }
  await Promise.all(Array.from({ length: 32 }, client))
  await dispatcher.close()
  return ids
}

/** The gateway records the last answers after the sink has sent them. */
async function drained(gateway: GatewayProcess): Promise<BacklogReport['left']> {
  for (;;) {
    const { deliveries } = await gateway.admin<{ deliveries: BacklogReport['left'] }>('GET', '/status')
    if (deliveries.waiting === 0) return deliveries
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A sink that answers only when `take` allows it, and keeps all events. */
async function startGatedSink(tls: Certificate) {
  const arrived: string[] = []
  const bodies = new Map<string, string>()
  const changed: string[] = []
  const waiting: ServerResponse[] = []
  let wanted = 0
  let enough: () => void = () => undefined
  /** Events answered with 204, which need not be repeated. */
  const taken = new Set<string>()

  const sink = await CapturingSink.open({
    tls,
    take(captured) {
      const { id } = eventIn(captured)
      arrived.push(id)
      if ((bodies.get(id) ?? captured.text) !== captured.text) changed.push(id)
      bodies.set(id, captured.text)
      return {
        answer(response) {
          waiting.push(response)
          response.once('finish', () => taken.add(id))
          release()
        },
      }
    },
  })
  const release = () => {
    if (bodies.size >= wanted) enough()
    if (taken.size >= wanted) return
    for (const answer of waiting.splice(0)) if (!answer.destroyed) answer.writeHead(204).end()
  }
  return {
    url: `${sink.url}/`,
    different: () => bodies.size,
    sessions: () => new Set([...bodies.keys()].map((id) => id.slice(0, -2))),
    /** Answers until that many different events were received; resolves then. */
    take: (count: number) =>
      new Promise<void>((resolve) => {
        wanted = count
        enough = resolve
        release()
      }),
    judge: () => ({ arrived, changed, outOfOrder: outOfOrder(arrived) }),
    close: () => sink.close(),
  }
}

function outOfOrder(arrived: readonly string[]): string[] {
  const last = new Map<string, string>()
  const wrong: string[] = []
  for (const id of arrived) {
    const [session, ordinal] = [id.slice(0, -2), id.slice(-1)]
    if (ordinal < (last.get(session) ?? '1') || (ordinal === '2' && !last.has(session))) wrong.push(session)
    last.set(session, ordinal)
  }
  return wrong
}
