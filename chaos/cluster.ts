// Several gateways as an operator runs them: on one PostgreSQL, behind a balancer, with one network. Each reaches
// the database through a proxy, which can be cut.

import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ServedSimulator, serveSimulator } from '@rightofway/gateway'
import { type CuttingProxy, startCuttingProxy } from '../packages/gateway/test/support/cutting-proxy.js'
import { freePort } from '../packages/gateway/test/support/free-port.js'
import { startPostgres, type TestPostgres } from '../packages/gateway/test/support/postgres.js'
import { type GatewayProcess, startGatewayProcess } from '../test/gateway-process.js'
import { type Balancer, startBalancer } from './balancer.js'

/** Makes the clock of a gateway steppable. */
const STEPPED_CLOCK = fileURLToPath(new URL('stepped-clock.cjs', import.meta.url))

const CAPACITY_BPS = 100_000_000_000

export interface Member {
  readonly name: string
  /** To the database. */
  readonly proxy: CuttingProxy
  gateway: GatewayProcess
}

export interface Cluster {
  /** Of the balancer. */
  readonly url: string
  readonly key: string
  readonly members: readonly Member[]
  readonly postgres: TestPostgres
  readonly simulator: ServedSimulator
  /** Stops it with a signal, and starts a new one in its place. */
  restart(member: Member, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** The name of the gateway that leads the network; undefined while none does. */
  driver(): Promise<string | undefined>
  /** The events of a session in the database, to investigate a broken promise. */
  eventsOf(sessionId: string): Promise<object[]>
  /** Runs one statement in the database of the gateways. */
  query<R extends object>(text: string): Promise<R[]>
  /** Sessions that have a reservation in the network. */
  held(): Promise<string[]>
  close(): Promise<void>
}

export interface ClusterOptions {
  readonly size: number
  readonly durable?: boolean
}

export async function startCluster({ size, durable = true }: ClusterOptions): Promise<Cluster> {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-cluster-'))
  const postgres = await startPostgres({ durable })
  const url = await postgres.database()
  const simulator = await serveSimulator({
    file: join(dir, 'simulator.db'),
    port: 0,
    capacity: { downlinkBps: CAPACITY_BPS, uplinkBps: CAPACITY_BPS },
  })
  const configFile = join(dir, 'gateway.yaml')
  writeFileSync(configFile, `networks: [{ kind: simulator, id: simulator, url: "${simulator.url}" }]\n`)
  const ports = await Promise.all(Array.from({ length: size }, freePort))
  const balancer: Balancer = await startBalancer(ports)
  const keys = randomBytes(32).toString('base64')

  const start = (name: string, port: number, proxy: CuttingProxy): Promise<GatewayProcess> => {
    const dataDir = join(dir, name)
    mkdirSync(dataDir, { recursive: true })
    return startGatewayProcess({
      dataDir,
      port,
      flags: [
        '--config',
        configFile,
        '--sandbox',
        '--name',
        name,
        '--public-url',
        balancer.url,
        '--directory-kind',
        'open',
        '--directory-prefixes',
        '10.0.0.0/8',
        '--log-level',
        'error',
      ],
      nodeArgs: ['--require', STEPPED_CLOCK],
      // Secrets are not passed on a command line.
      env: {
        RIGHTOFWAY_STORE_URL: url.replace(`:${postgres.port}/`, `:${proxy.port}/`),
        RIGHTOFWAY_KEYRING_KEYS: keys,
      },
    })
  }

  const members: Member[] = []
  for (const [index, port] of ports.entries()) {
    const name = `gateway-${index + 1}`
    const proxy = await startCuttingProxy(postgres)
    members.push({ name, proxy, gateway: await start(name, port, proxy) })
  }
  const key = await (members[0] as Member).gateway.newKey()
  const portOf = (member: Member): number => ports[members.indexOf(member)] as number

  return {
    url: balancer.url,
    key,
    members,
    postgres,
    simulator,
    async restart(member, signal) {
      await member.gateway.signal(signal)
      member.gateway = await start(member.name, portOf(member), member.proxy)
    },
    async driver() {
      const rows = await postgres.query<{ name: string }>(
        url,
        `SELECT g.name FROM network_leases l JOIN gateways g ON g.id = l.holder
         WHERE l.until > now_ms_1() AND g.alive_until > now_ms_1()`,
      )
      return rows[0]?.name
    },
    eventsOf: (sessionId) =>
      postgres.query(
        url,
        `SELECT e.*, g.name AS claimed_by_gateway, g.alive_until > now_ms_1() AS alive, now_ms_1() AS now
         FROM events e LEFT JOIN gateways g ON g.id = e.claimed_by WHERE session = '${sessionId}' ORDER BY ordinal`,
      ),
    query: (text) => postgres.query(url, text),
    async held() {
      const answer = await fetch(`${simulator.url}/list`, { method: 'POST', body: JSON.stringify([null, 10_000]) })
      return ((await answer.json()) as { id: string }[]).map(({ id }) => id)
    },
    async close() {
      for (const { gateway, proxy } of members) {
        gateway.process.kill('SIGCONT')
        await gateway.signal('SIGTERM')
        await proxy.end()
      }
      await balancer.close()
      await simulator.close()
      await postgres.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
