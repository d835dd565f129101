// npm run demo: the page "Creating a Session with duration", over HTTP, against a gateway of its own that is killed in
// the middle.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CreateSession, SessionInfo } from '@rightofway/camara'
import { request } from 'undici'
import { type Received, startSink } from '../packages/gateway/src/testing/sink.js'
import { type GatewayProcess, startGatewayProcess } from '../test/gateway-process.js'

const say = (line: string) => process.stdout.write(`${line}\n`)
const dataDir = mkdtempSync(join(tmpdir(), 'rightofway-demo-'))
const sink = await startSink()
let gateway: GatewayProcess | undefined
try {
  say('A gateway starts: SQLite, a simulated network, a clock that can be moved.')
  gateway = await startGatewayProcess({ dataDir, flags: ['--sandbox'] })
  const key = await gateway.newKey()
  say(`It listens at ${gateway.url}; an application has got its key.\n`)

  const page: CreateSession = {
    device: {
      networkAccessIdentifier: 'device@testcsp.net',
      ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 },
      phoneNumber: '+36721601234567',
    },
    applicationServer: { ipv4Address: '233.252.0.2', ipv6Address: '2001:db8:1234:5678:9abc:def0:fedc:ba98' },
    qosProfile: 'QOS_L',
    duration: 3600,
    sink: `${sink.url}/events`,
  }
  const session = await call<SessionInfo>(gateway, key, 'POST', '/sessions', page)
  say(`Asked for QOS_L for an hour: ${session.qosStatus}, from ${session.startedAt} to ${session.expiresAt}.`)

  say('The gateway is killed: kill -9.')
  await gateway.signal('SIGKILL')
  gateway = await startGatewayProcess({ dataDir, flags: ['--sandbox'] })
  const path = `/sessions/${session.sessionId}`
  const after = await call<SessionInfo>(gateway, key, 'GET', path)
  say(`Started again, it knows the session: ${after.qosStatus}, until ${after.expiresAt}.`)

  const extended = await call<SessionInfo>(gateway, key, 'POST', `${path}/extend`, { requestedAdditionalDuration: 600 })
  say(`Extended by 10 minutes: ${extended.duration} s, until ${extended.expiresAt}.\n`)

  say('An hour and ten minutes pass, in a moment.')
  await gateway.admin('POST', '/sandbox/clock/advance', { to: extended.expiresAt })
  const ended = await call<SessionInfo>(gateway, key, 'GET', path)
  say(`The session is ${ended.qosStatus}: ${ended.statusInfo}, after ${ended.duration} s.`)
  await sink.count(2)
  for (const { event } of distinct(sink.received)) {
    say(`The sink received ${event.data.qosStatus} ${event.data.statusInfo ?? ''} at ${event.time}`)
  }
  if (ended.statusInfo !== 'DURATION_EXPIRED' || ended.duration !== 4200)
    throw new Error('that is not what was promised')
  say('\nA session with a duration, from HTTP to the network and back; kill -9 changed nothing.')
} finally {
  await gateway?.signal('SIGTERM')
  await sink.close()
  rmSync(dataDir, { recursive: true, force: true })
}

/** A killed gateway may repeat an event; it is the same event then. */
function distinct(received: readonly Received[]): Received[] {
  return [...new Map(received.map((one) => [one.event.id, one])).values()]
}

async function call<T>(
  to: GatewayProcess,
  key: string,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<T> {
  const answer = await request(`${to.url}/quality-on-demand/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.body.text()
  if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`)
  return JSON.parse(text) as T
}
