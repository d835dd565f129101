// The networks that the demo can use.

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import type { AdminCall } from '../admin-client.js'
import { startDemoCore } from './processes.js'

export const DEMO_NETWORKS = ['simulator', 'pcf'] as const
export type DemoNetworkKind = (typeof DEMO_NETWORKS)[number]

export interface DemoNetwork {
  /** Description, as part of a sentence. */
  readonly title: string
  /** Flags of a gateway with this network. */
  readonly flags: readonly string[]
  /** Whether it has a reservation of the gateway. */
  isHolding(call: AdminCall): Promise<boolean>
  close(): Promise<void>
}

export const openDemoNetwork = (kind: DemoNetworkKind, dir: string): Promise<DemoNetwork> =>
  kind === 'pcf' ? openPcf(dir) : openSimulator()

async function openSimulator(): Promise<DemoNetwork> {
  return {
    title: 'a simulated network',
    flags: [],
    async isHolding(call) {
      return (await call<{ held: string[] }>('GET', '/networks/simulator/simulator/reservations')).held.length > 0
    },
    close: async () => undefined,
  }
}

/** A 5G core in its own process, which the gateway calls by N5. */
async function openPcf(dir: string): Promise<DemoNetwork> {
  const core = await startDemoCore(join(dir, 'core'), ['192.0.2.0/24', '2001:db8::/32'])
  const { url } = core.started
  const config = join(dir, 'gateway.yaml')
  const network = {
    ...{ kind: 'pcf', id: 'core', core: 'standard', bsfUrl: url, nrfUrl: url },
    profiles: { QOS_L: { qosReference: 'qod_l' }, DOWNLINK_L_UPLINK_L: { qosReference: 'qod_l' } },
  }
  const callbacks = { listen: { host: '127.0.0.1', port: await freePort() } }
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ callbacks, networks: [network] }))
  return {
    title: `a simulated 5G core (process ${core.pid}, its PCF by N5)`,
    flags: ['--config', config],
    async isHolding() {
      const response = await fetch(`${url}/admin/v1/held`)
      const { pcf } = (await response.json()) as { readonly pcf: readonly unknown[] }
      return pcf.length > 0
    },
    close: () => core.end('SIGTERM'),
  }
}

/** A port on loopback, fixed, as the gateway must get the same one after kill -9. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
