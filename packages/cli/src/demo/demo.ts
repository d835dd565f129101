// The page "Creating a Session with duration" as a demo: an application, a gateway in its own process, a network, a sink,
// a kill -9 in the middle, and an hour that passes in a moment.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Inbox, openInbox } from '@rightofway/sandbox'
import { NetworkAsCodeClient, QodApiError, type QodEvent, type SessionChange } from '@rightofway/sdk'
import { type AdminCall, withAdmin } from '../admin-client.js'
import { moment } from '../table.js'
import type { Terminal } from '../terminal.js'
import { Narrator } from './narrator.js'
import { type DemoNetwork, type DemoNetworkKind, openDemoNetwork } from './network.js'
import { type DemoProcess, type StartedGateway, startDemoGateway } from './processes.js'

const HOUR_S = 3_600

/**
 * Runs the demo.
 * @throws {Error} a check failed; the message says which
 */
export async function playDemo(terminal: Terminal, kind: DemoNetworkKind): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rightofway-demo-'))
  const inbox = await openInbox()
  const stage: Stage = { dataDir, inbox, tell: new Narrator(terminal), network: undefined, gateway: undefined }
  try {
    await play(stage, kind)
  } finally {
    await stage.gateway?.end('SIGTERM')
    await stage.network?.close()
    await inbox.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

interface Stage {
  readonly dataDir: string
  readonly inbox: Inbox
  readonly tell: Narrator
  network: DemoNetwork | undefined
  gateway: DemoProcess<StartedGateway> | undefined
}

async function play(stage: Stage, kind: DemoNetworkKind): Promise<void> {
  const { dataDir, inbox, tell } = stage
  const began = performance.now()

  tell.step('A gateway starts in its own process')
  const network = await openDemoNetwork(kind, dataDir)
  stage.network = network
  const first = await startDemoGateway(dataDir, 0, network.flags)
  stage.gateway = first
  const { url, adminSocket } = first.started
  tell.gateway(`process ${first.pid} listens at ${url} with SQLite, ${network.title} and a movable clock`)
  const token = await withAdmin({ adminSocket, dataDir }, makeKey)
  tell.gateway('creates a key for an application')

  tell.step('A session for one hour')
  tell.code(`const client = new NetworkAsCodeClient({ token })
const myDevice = client.devices.get({
  networkAccessIdentifier: 'device@testcsp.net',
  ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 },
  phoneNumber: '+36721601234567',
})
const mySession = await myDevice.createQodSession({
  profile: 'QOS_L', serviceIpv4: '233.252.0.2',
  serviceIpv6: '2001:db8:1234:5678:9abc:def0:fedc:ba98', duration: 3600, sink,
})`)
  const client = new NetworkAsCodeClient({ token, baseUrl: url })
  const myDevice = client.devices.get({
    networkAccessIdentifier: 'device@testcsp.net',
    ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 },
    phoneNumber: '+36721601234567',
  })
  const page = {
    profile: 'QOS_L',
    serviceIpv4: '233.252.0.2',
    serviceIpv6: '2001:db8:1234:5678:9abc:def0:fedc:ba98',
    duration: HOUR_S,
  }
  const mySession = await myDevice.createQodSession({ ...page, ...inbox.sink })
  const { status, duration, startedAt, expiresAt } = mySession
  tell.asked(`QOS_L between the device and the server, for ${duration} s`)
  tell.network(`granted it: ${status}, from ${moment(startedAt)} to ${moment(expiresAt)}`)
  expect(status === 'AVAILABLE' && duration === HOUR_S, 'the session was not granted')
  tell.sink(toText(await inbox.next()))
  const sessions = await myDevice.sessions()
  tell.asked(`myDevice.sessions() has ${sessions.length} session`)
  expect(sessions.length === 1, 'the session is not in the list')

  tell.step('The same flow again')
  const second: unknown = await myDevice.createQodSession(page).catch((error: unknown) => error)
  expect(second instanceof QodApiError && second.code === 'CONFLICT', 'two sessions share one flow')
  tell.gateway(
    `refused it: ${(second as QodApiError).status} ${(second as QodApiError).code}, two sessions cannot share a flow`,
  )

  tell.step('kill -9 during the session')
  const changes: SessionChange[] = []
  const followed = collect(mySession.changes(), changes)
  await first.end('SIGKILL')
  tell.gateway(`process ${first.pid} is dead`)
  const again = await startDemoGateway(dataDir, Number(new URL(url).port), network.flags)
  stage.gateway = again
  tell.gateway(`process ${again.pid} starts on the same store`)
  await mySession.refresh()
  expect(mySession.status === 'AVAILABLE', 'the session was lost')
  expect(mySession.expiresAt?.getTime() === expiresAt?.getTime(), 'the end of the session has moved')
  tell.asked(`mySession.refresh(): ${mySession.status}, until ${moment(mySession.expiresAt)}, as before`)
  const admin = <T>(use: (call: AdminCall) => Promise<T>) =>
    withAdmin({ adminSocket: again.started.adminSocket, dataDir }, use)
  expect(await admin(network.isHolding), 'the network has lost the session')
  tell.network('still has the session; nothing was lost')

  tell.step('One hour passes in a moment')
  await admin((call) => call('POST', '/sandbox/clock/advance', { seconds: HOUR_S }))
  const [ended] = await Promise.all([inbox.next(), followed])
  tell.sink(toText(ended))
  expect(ended.statusInfo === 'DURATION_EXPIRED', 'the session did not end by its duration')
  expect(ended.time.getTime() === expiresAt?.getTime(), 'the session did not end when it should')
  tell.asked(`for await (const change of mySession.changes()): ${changes.map(changeText).join(', ')}`)
  expect(
    changes.length === 1 && mySession.statusInfo === 'DURATION_EXPIRED',
    'the followed session reported other changes',
  )
  expect(!(await admin(network.isHolding)), 'the network still has the session')
  tell.network('has released the session')

  tell.step('Another session, with positional arguments, deleted by the application')
  tell.code(
    "const next = await myDevice.createQodSession('DOWNLINK_L_UPLINK_L', '192.0.2.25', '2001:db8:...:ba98', 3600)",
  )
  const next = await myDevice.createQodSession(
    'DOWNLINK_L_UPLINK_L',
    '192.0.2.25',
    '2001:db8:1234:5678:9abc:def0:fedc:ba98',
    HOUR_S,
  )
  tell.network(`granted it: ${next.status}, until ${moment(next.expiresAt)}`)
  await next.delete()
  const left = (await myDevice.sessions()).filter((session) => session.status !== 'UNAVAILABLE')
  expect(next.status === 'UNAVAILABLE' && left.length === 0, 'the session was not deleted')
  tell.asked('await next.delete(): no session remains')

  expect(inbox.events.length === 2, `the sink got ${inbox.events.length} events instead of 2`)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  tell.end(`The session lasted one hour, sent two events and ended on time, in spite of kill -9. (${seconds} s)`)
}

async function makeKey(call: AdminCall): Promise<string> {
  const { id } = await call<{ id: string }>('POST', '/applications', { name: 'demo' })
  return (await call<{ key: string }>('POST', `/applications/${id}/keys`, {})).key
}

async function collect(changes: AsyncIterable<SessionChange>, into: SessionChange[]): Promise<void> {
  for await (const change of changes) into.push(change)
}

const changeText = ({ status, statusInfo }: Pick<SessionChange, 'status' | 'statusInfo'>): string =>
  statusInfo === undefined ? status : `${status} ${statusInfo}`

const toText = (event: QodEvent): string => `received ${changeText(event)}, of ${moment(event.time)}`

/** The demo prints only what it has checked. */
function expect(seen: boolean, otherwise: string): void {
  if (!seen) throw new Error(`the demo failed: ${otherwise}`)
}
