// A gateway process, https sinks on loopback that misbehave, and a name server with changing answers.

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayProcess, startGatewayProcess } from '../../../../test/gateway-process.js'
import { createAuthority } from '../../test/support/certificates.js'
import { QOD } from '../../test/support/gateway.js'
import { type NameServer, startNameServer } from '../../test/support/name-server.js'
import { SIMULATED_NETWORK } from '../../test/support/simulated-network.js'
import { type SinkServer, startSink } from '../../test/support/sink.js'
import { until } from '../../test/support/waiting.js'

interface Attempt {
  readonly at: string
  readonly status?: number
  readonly reason?: string
}

interface EventDelivery {
  readonly eventId: string
  readonly state: string
  readonly attempts: readonly Attempt[]
}

const authority = createAuthority()
const opened: { close(): unknown }[] = []
let gateway: GatewayProcess
let key: string
let nameServer: NameServer
/** Of each name, what the name server says next; the last for ever. */
const answers = new Map<string, string[][]>()

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rightofway-test-'))
  opened.push({ close: () => rmSync(folder, { recursive: true }) })
  nameServer = await startNameServer((name) => {
    const next = answers.get(name)
    return (next !== undefined && next.length > 1 ? next.shift() : next?.[0]) ?? []
  })
  opened.push(nameServer)
  writeFileSync(join(folder, 'ca.pem'), authority.cert)
  const settings = {
    networks: [SIMULATED_NETWORK],
    directory: { kind: 'open', prefixes: ['10.0.0.0/8'] },
    // One address of loopback and no other: the rest of it stands for what must not be dialled.
    sinks: { allow: ['127.0.0.1/32'], ca: join(folder, 'ca.pem'), nameServers: [nameServer.address] },
  }
  // JSON is YAML.
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(settings))
  const flags = ['--config', join(folder, 'config.yaml')]
  gateway = await startGatewayProcess({ dataDir: join(folder, 'data'), flags })
  opened.push({ close: () => gateway.signal('SIGTERM') })
  key = await gateway.newKey()
})

afterAll(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function call<T>(method: 'POST' | 'DELETE', path: string, body?: object): Promise<T> {
  const answer = await request(`${gateway.url}${QOD}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.body.text()
  if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`)
  return (text === '' ? undefined : JSON.parse(text)) as T
}

let devices = 0

/** A session with two events, of which the second waits for the first. */
async function twoEvents(sink: string): Promise<string> {
  const address = `10.0.0.${++devices}`
  const { sessionId } = await call<{ sessionId: string }>('POST', '/sessions', {
    device: { ipv4Address: { publicAddress: address, privateAddress: address } },
    applicationServer: { ipv4Address: '198.51.100.7' },
    qosProfile: 'QOS_L',
    duration: 3600,
    sink,
  })
  await call('DELETE', `/sessions/${sessionId}`)
  return sessionId
}

/** What became of a session's events, once all of them are delivered. */
async function delivered(sessionId: string): Promise<readonly EventDelivery[]> {
  const log = () => gateway.admin<EventDelivery[]>('GET', `/sessions/${sessionId}/deliveries`)
  await until(async () => (await log()).every(({ state }) => state === 'delivered'))
  return log()
}

const TAKEN = { status: 204 }
const outcomes = (events: readonly EventDelivery[]) =>
  events.map(({ attempts }) => attempts.map(({ status, reason }) => (status === undefined ? { reason } : { status })))

/** All attempts of an event are the same event, and the second event comes when the first was taken. */
function expectInOrder({ received }: SinkServer, sessionId: string, attempts: number): void {
  expect(received.map(({ event: { id } }) => id)).toEqual([
    ...Array.from({ length: attempts }, () => `${sessionId}-1`),
    `${sessionId}-2`,
  ])
  expect(new Set(received.map(({ text }) => text)).size).toBe(2)
}

async function sinkWith(...first: (number | ((response: ServerResponse) => void))[]): Promise<SinkServer> {
  const sink = await startSink(authority.issue('127.0.0.1', 'sink.example', 'liar.example', 'mixed.example'))
  opened.push(sink)
  sink.answer(...first)
  return sink
}

/** In front of a sink: what happens to its first connections; those that it does not destroy are let through. */
async function inFrontOf(sink: SinkServer, ...first: ((socket: Socket) => void)[]): Promise<string> {
  const behind = Number(new URL(sink.url).port)
  const server = await listening(
    createServer((socket) => {
      first.shift()?.(socket)
      if (socket.destroyed) return
      const onward = connect(behind, '127.0.0.1')
      for (const end of [socket, onward]) end.on('error', () => undefined)
      socket.pipe(onward).pipe(socket)
    }),
  )
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function listening(server: Server, host = '127.0.0.1', port = 0): Promise<Server> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(port, host)
  await once(server, 'listening')
  opened.push({
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  })
  return server
}

const portOf = (sink: SinkServer): string => new URL(sink.url).port

describe('sinks that misbehave', () => {
  it('get every event, in order and under one id, without delaying the other sinks', async () => {
    const never = await sinkWith(() => undefined)
    const hanging = await twoEvents(never.url)
    await never.count(1)

    const well = await sinkWith()
    const promptly = await delivered(await twoEvents(well.url))
    expect(outcomes(promptly)).toEqual([[TAKEN], [TAKEN]])
    // It is still waited for.
    expect(never.received).toHaveLength(1)

    expect(outcomes(await delivered(hanging))).toEqual([[{ reason: 'no answer within 10000 ms' }, TAKEN], [TAKEN]])
    expectInOrder(never, hanging, 2)
  })

  it('may answer late', async () => {
    const late = await sinkWith((response) => setTimeout(() => response.writeHead(204).end(), 2_000))
    const session = await twoEvents(late.url)
    expect(outcomes(await delivered(session))).toEqual([[TAKEN], [TAKEN]])
    expectInOrder(late, session, 1)
  })

  it('may answer with errors, until they answer 2xx', async () => {
    const wrong = await sinkWith(500, 404)
    const session = await twoEvents(wrong.url)
    expect(outcomes(await delivered(session))).toEqual([[{ status: 500 }, { status: 404 }, TAKEN], [TAKEN]])
    expectInOrder(wrong, session, 3)
  })

  it('may answer with half a response, or not in HTTP', async () => {
    const half = await sinkWith(
      (response) => void response.socket?.end('HTTP/1.1 20'),
      (response) => void response.socket?.end('220 mail.example ESMTP\r\n'),
    )
    const session = await twoEvents(half.url)
    const [first, second] = outcomes(await delivered(session))
    expect(first).toEqual([
      { reason: expect.stringMatching(/^not reached|not HTTP/) as string },
      { reason: "the sink's answer is not HTTP" },
      TAKEN,
    ])
    expect(second).toEqual([TAKEN])
    expectInOrder(half, session, 3)
  })

  it('may reset the connection, before or after the request', async () => {
    let heardBy: Socket | undefined
    const sink = await sinkWith(() => void heardBy?.resetAndDestroy())
    const url = await inFrontOf(
      sink,
      (socket) => void socket.resetAndDestroy(),
      (socket) => {
        heardBy = socket
      },
    )
    const session = await twoEvents(url)
    const [first] = outcomes(await delivered(session))
    expect(first).toEqual([
      { reason: expect.stringMatching(/^not reached: /) as string },
      { reason: expect.stringMatching(/^not reached: /) as string },
      TAKEN,
    ])
    expectInOrder(sink, session, 2)
  })

  it('may redirect, and the redirect is not followed', async () => {
    const elsewhere = await sinkWith()
    const sink = await sinkWith((response) => void response.writeHead(307, { location: elsewhere.url }).end())
    const session = await twoEvents(sink.url)
    expect(outcomes(await delivered(session))).toEqual([[{ status: 307 }, TAKEN], [TAKEN]])
    expectInOrder(sink, session, 2)
    expect(elsewhere.received).toEqual([])
  })

  it('may ask for a pause with Retry-After, and get it [RFC 9110 10.2.3]', async () => {
    const sink = await sinkWith((response) => void response.writeHead(503, { 'retry-after': '3' }).end())
    const session = await twoEvents(sink.url)
    const events = await delivered(session)
    expect(outcomes(events)).toEqual([[{ status: 503 }, TAKEN], [TAKEN]])
    // The table alone would have said: after one.
    const [first = Number.NaN, second = Number.NaN] = events[0]?.attempts.map(({ at }) => Date.parse(at)) ?? []
    expect(second - first).toBeGreaterThanOrEqual(3_000)
    expectInOrder(sink, session, 2)
  })
})

describe('a name server with changing answers', () => {
  it('never leads to an address that is not allowed, whenever the answer changes', async () => {
    const sink = await sinkWith()
    let lured = 0
    await listening(
      createServer(() => {
        lured++
      }),
      '127.0.0.2',
      Number(portOf(sink)),
    )
    // What is checked is dialled: a second question would get another answer, and an attempt must not ask it.
    answers.set('liar.example', [['127.0.0.2'], ['127.0.0.1'], ['127.0.0.2']])
    answers.set('mixed.example', [['127.0.0.1', '127.0.0.2'], ['127.0.0.1']])
    for (const host of ['liar.example', 'mixed.example']) {
      const session = await twoEvents(`https://${host}:${portOf(sink)}`)
      const [first] = outcomes(await delivered(session))
      expect(first).toEqual([{ reason: expect.stringMatching(/^the address is not public/) as string }, TAKEN])
    }
    expect(lured).toBe(0)
    expect(sink.received.map(({ headers }) => headers.host?.split(':')[0])).toEqual([
      'liar.example',
      'liar.example',
      'mixed.example',
      'mixed.example',
    ])
  })
})
