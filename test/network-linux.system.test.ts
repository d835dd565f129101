// The whole gateway on a router: the built command line, with a kernel of its own.

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CreateSession, SessionInfo, SessionUsage } from '@rightofway/camara'
import { createTopology, DEVICE, ROUTER, SERVER, Station, type Topology } from '@rightofway/lab'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { CLI, type GatewayProcess, startGatewayProcess } from './gateway-process.js'
import { describeWith } from './parts.js'

const PORT = 5_000
const URL_OF_API = `http://${ROUTER.lan.ipv4}:8080/quality-on-demand/v1`

const CONFIG = {
  listen: { host: ROUTER.lan.ipv4, port: 8_080, plainHttp: true },
  directory: { kind: 'open', prefixes: ['10.0.0.0/24', '2001:db8:1::/48'] },
  metrics: { allow: ['10.0.0.0/24'] },
  networks: [
    {
      kind: 'linux',
      id: 'edge',
      towardsDevices: [{ interface: ROUTER.lan.interface, capacityBps: 10_000_000 }],
      towardsServers: { interface: ROUTER.wan.interface, capacityBps: 10_000_000 },
    },
  ],
}

const A_SESSION: CreateSession = {
  device: { ipv4Address: { publicAddress: DEVICE.ipv4, privateAddress: DEVICE.ipv4 } },
  applicationServer: { ipv4Address: SERVER.ipv4 },
  applicationServerPorts: { ports: [PORT] },
  qosProfile: 'QOS_S',
  duration: 600,
}

let topology: Topology
let device: Station
let server: Station
let dataDir: string
let gateway: GatewayProcess
let key: string

/** With CAP_NET_ADMIN alone, as the systemd unit runs it; as root, because other users may not read this folder. */
const ONE_RIGHT = ['setpriv', '--inh-caps=-all,+net_admin', '--bounding-set=-all,+net_admin']

/** In a new process group, as a service manager or a shell starts it. */
const start = (): Promise<GatewayProcess> =>
  startGatewayProcess({
    dataDir,
    port: 8_080,
    flags: ['--config', join(dataDir, 'gateway.yaml')],
    enter: (argv) => topology.router.command(['setsid', ...ONE_RIGHT, ...argv]),
  })

/** A call by an application on the device. */
async function call<T>(method: string, path: string, body?: object): Promise<{ status: number; body: T }> {
  const answer = await device.tell('request', {
    url: path.startsWith('http') ? path : `${URL_OF_API}${path}`,
    method,
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const isJson = answer.headers['content-type']?.startsWith('application/json')
  return { status: answer.status, body: (isJson ? JSON.parse(answer.body) : answer.body) as T }
}

async function create(more: Partial<CreateSession> = {}): Promise<SessionInfo> {
  const { status, body } = await call<SessionInfo>('POST', '/sessions', { ...A_SESSION, ...more })
  expect({ status, body }).toMatchObject({ status: 201, body: { qosStatus: 'AVAILABLE' } })
  return body
}

/** `rightofway` in the router's namespace. */
async function rightofway(...args: string[]): Promise<string> {
  const [command = '', ...rest] = topology.router.command([process.execPath, CLI, ...args])
  return (await promisify(execFile)(command, rest)).stdout
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Whether a process, or any process of a group (negative number), is running. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const inKernel = async (): Promise<number> =>
  (await topology.router.run(['nft', 'list', 'map', 'inet', 'rightofway', 'server_port4'])).match(/7277:/g)?.length ?? 0

/** When the session was last in the kernel, and when it was first absent: milliseconds since the epoch. */
async function leavesKernel(): Promise<{ lastSeen: number; gone: number }> {
  let lastSeen = 0
  for (;;) {
    const before = Date.now()
    if ((await inKernel()) === 0) return { lastSeen, gone: Date.now() }
    lastSeen = before
    await sleep(5)
  }
}

describeWith(['root', 'nftables'], 'a gateway on a router, with no right but CAP_NET_ADMIN', () => {
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'rightofway-router-'))
    writeFileSync(join(dataDir, 'gateway.yaml'), stringify(CONFIG))
    topology = await createTopology()
    ;[device, server] = await Promise.all([Station.start(topology.device), Station.start(topology.server)])
    await server.tell('listen', { port: PORT })
    gateway = await start()
    key = await gateway.newKey()
  })
  afterAll(async () => {
    await gateway.signal('SIGTERM')
    await Promise.all([device.close(), server.close()])
    await topology.close()
    rmSync(dataDir, { recursive: true })
  })

  it('puts a session into the kernel, shows what it carries, and takes it out again', async () => {
    const { sessionId } = await create()
    expect(await inKernel()).toBe(1)
    for (let i = 0; i < 3; i++) {
      expect(await device.tell('ping', { to: SERVER.ipv4, port: PORT, timeoutMs: 5_000 })).toBe(true)
    }
    let usage: { status: number; body: SessionUsage }
    do usage = await call<SessionUsage>('GET', `/sessions/${sessionId}/usage`)
    while (usage.body.downlink.packets < 3)
    expect(usage).toMatchObject({
      status: 200,
      body: {
        sessionId,
        downlink: { packets: 3, dropped: 0, guaranteedBitsPerSecond: 1_000_000 },
        uplink: { packets: 3, dropped: 0, guaranteedBitsPerSecond: 1_000_000 },
      },
    })
    const metrics = (await call<string>('GET', `http://${ROUTER.lan.ipv4}:8080/metrics`)).body
    expect(metrics).toContain('rightofway_link_guaranteed_bits_per_second{network="edge",interface="lan0"} 1000000')
    expect(metrics).toContain('rightofway_network_sessions{network="edge"} 1')
    expect(metrics).not.toContain(DEVICE.ipv4)

    const status = await rightofway('network', 'status', '--data-dir', dataDir)
    expect(status).toMatch(/lan0 +downlink +10 Mbit\/s +1 Mbit\/s +1 Mbit\/s/)
    expect(status).toContain(sessionId)
    expect(status).toMatch(/kernel +no differences/)

    expect(await call('DELETE', `/sessions/${sessionId}`)).toMatchObject({ status: 204 })
    while ((await inKernel()) > 0) await sleep(20)
    expect((await call('GET', `/sessions/${sessionId}/usage`)).status).toBe(404)
  })

  it('refuses what the link cannot carry, and says so honestly', async () => {
    const { status, body } = await call<SessionInfo>('POST', '/sessions', { ...A_SESSION, qosProfile: 'QOS_L' })
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' },
    })
    expect(await inKernel()).toBe(0)
    // A session that the network ended conflicts with a new one of its application until it is deleted.
    expect(await call('DELETE', `/sessions/${body.sessionId}`)).toMatchObject({ status: 204 })
  })

  it('tells of its trouble in the same words wherever it is asked', async () => {
    const words = 'wan0 is down ("ip link set wan0 up")'
    const warnings = async () =>
      (await call<{ warnings: string[] }>('GET', `http://${ROUTER.lan.ipv4}:8080/readyz`)).body.warnings
    expect(await warnings()).toEqual([])
    await topology.router.run(['ip', 'link', 'set', 'wan0', 'down'])
    while ((await warnings()).length === 0) await sleep(20)
    expect(await warnings()).toEqual([`network edge: ${words}`])
    const { networks } = await gateway.admin<{ networks: object[] }>('GET', '/status')
    expect(networks).toMatchObject([{ network: 'edge', troubles: [words] }])
    const { attention } = await gateway.admin<{ attention: object[] }>('GET', '/overview')
    expect(attention).toContainEqual({ kind: 'warning', text: `network edge: ${words}` })
    const metrics = (await call<string>('GET', `http://${ROUTER.lan.ipv4}:8080/metrics`)).body
    expect(metrics).toContain('rightofway_network_troubles{network="edge"} 1')
    expect(metrics).toContain('rightofway_network_trouble{network="edge",trouble="wan0 is down')
    expect(metrics).toContain('rightofway_link_up{network="edge",interface="wan0"} 0')
    const status = await rightofway('network', 'status', '--data-dir', dataDir)
    expect(status).toMatch(/^wan0 +uplink .* failing$/m)
    expect(status).toMatch(/^kernel +differences found$/m)
    expect(status).toContain(words)
    await topology.router.ip('link set wan0 up', `addr replace ${ROUTER.wan.ipv6}/64 dev wan0 nodad`)
    while ((await warnings()).length > 0) await sleep(20)
    expect((await call<string>('GET', `http://${ROUTER.lan.ipv4}:8080/metrics`)).body).not.toContain('wan0 is down')
  })

  it('has its sessions ended by the kernel, on time, when it has been killed', async () => {
    const { expiresAt = '' } = await create({ duration: 3 })
    await gateway.signal('SIGKILL')
    expect(await inKernel()).toBe(1)
    const { lastSeen, gone } = await leavesKernel()
    expect(gone).toBeGreaterThanOrEqual(Date.parse(expiresAt))
    expect(lastSeen).toBeLessThan(Date.parse(expiresAt) + 1_000)
    gateway = await start()
  })

  it('carries on with what was held when it was killed, and lets go of what was deleted meanwhile', async () => {
    const kept = await create()
    const extended = await create({ applicationServerPorts: { ports: [PORT + 1] } })
    await gateway.signal('SIGKILL')
    await topology.router.run(['nft', 'flush', 'map', 'inet', 'rightofway', 'server_port4'])
    gateway = await start()
    while ((await inKernel()) < 2) await sleep(20)
    const read = async (id: string) => (await call<SessionInfo>('GET', `/sessions/${id}`)).body
    expect(await read(kept.sessionId)).toEqual(kept)
    const { status } = await call('POST', `/sessions/${extended.sessionId}/extend`, { requestedAdditionalDuration: 60 })
    expect(status).toBe(200)
    for (const { sessionId } of [kept, extended]) await call('DELETE', `/sessions/${sessionId}`)
    while ((await inKernel()) > 0) await sleep(20)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'stops when all of its process group is told to, by a service manager or Ctrl-C, and leaves no tool behind: %s',
    async (signal) => {
      const { sessionId } = await create()
      const { process: leader } = gateway
      const group = -(leader.pid as number)
      const exited = once(leader, 'exit')
      process.kill(group, signal)
      expect(await exited).toEqual([0, null])
      while (isAlive(group)) await sleep(20)
      expect(await inKernel()).toBe(1)
      gateway = await start()
      await call('DELETE', `/sessions/${sessionId}`)
      while ((await inKernel()) > 0) await sleep(20)
    },
  )

  it('leaves the machine as it was when it is torn down, but not while it runs', async () => {
    await expect(rightofway('network', 'teardown', '--data-dir', dataDir)).rejects.toThrow(/stop it first/)
    await gateway.signal('SIGTERM')
    expect(await rightofway('network', 'teardown', '--data-dir', dataDir)).toBe(
      'table inet rightofway: removed\nlan0: tree removed\nwan0: tree removed\n',
    )
    expect(await topology.router.run(['nft', 'list', 'ruleset'])).toBe('')
    gateway = await start()
  })
})
