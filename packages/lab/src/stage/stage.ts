// Everything a scenario needs: the network with its bottlenecks, a gateway on the router, and an application on the
// device that talks to it by the SDK.
//
// The application sends its requests over a separate link (ctl0) without the flood, like signalling in a mobile
// network: the lab measures the effect of a session on its flow, not the time of the request.

import { NetworkAsCodeClient } from '@rightofway/sdk'
import { createTopology, ROUTER, type Topology } from '../namespaces/topology.js'
import type { Flow, Scenario } from '../scenarios/scenario.js'
import { Station } from '../traffic/station-process.js'
import { fetchFrom } from './fetch-from.js'
import { type LabGateway, startCore, startGateway } from './gateway.js'

/** Devices and servers of the measured flows, and of the background traffic. */
export const DEVICES = ['10.0.0.2', '10.0.0.3'] as const
export const SERVERS = ['198.51.100.2', '198.51.100.3'] as const
export const OTHERS = { device: '10.0.0.9', server: '198.51.100.9' } as const

const CONTROL = { link: 'ctl0', router: '192.0.2.1', device: '192.0.2.2' } as const
const API_PORT = 8_080
const CALLBACKS_PORT = 8_081
const CORE_PORT = 7_777
const POOL = '10.0.0.0/24'

/** A station that waits for the scheduler would measure the machine. */
const FIRST = ['nice', '-n', '-15'] as const

export interface Stage {
  readonly device: Station
  readonly server: Station
  readonly gateway: LabGateway
  /** Its requests are sent from the device. */
  readonly client: NetworkAsCodeClient
  close(): Promise<void>
}

/** @param cli the command that starts `rightofway`, such as `['node', 'packages/cli/dist/main.js']` */
export async function openStage(cli: readonly string[], scenario: Scenario): Promise<Stage> {
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const part of closing.splice(0).reverse()) await part()
  }
  try {
    const topology = await createTopology({
      deviceAddresses: [...DEVICES.slice(1), OTHERS.device].map((address) => `${address}/24`),
      serverAddresses: [...SERVERS.slice(1), OTHERS.server].map((address) => `${address}/24`),
    })
    closing.push(() => topology.close())
    await addControlLink(topology)
    const start = async (where: 'device' | 'server', before?: readonly string[]) => {
      const station = await Station.start(topology[where], before)
      closing.push(() => station.close())
      return station
    }
    if (scenario.core) closing.push(await startCore(topology.router, cli, { port: CORE_PORT, pool: POOL }))
    // The station that sends requests does not measure: requests would delay it.
    const [device, server, application, gateway] = await Promise.all([
      start('device', FIRST),
      start('server', FIRST),
      start('device'),
      startGateway(topology.router, cli, configOf(scenario)),
    ])
    closing.push(() => gateway.end('SIGTERM'))
    const client = new NetworkAsCodeClient({
      baseUrl: 'http://127.0.0.1',
      token: await gateway.newKey(),
      fetch: fetchFrom(application, `http://${CONTROL.router}:${API_PORT}`),
    })
    return { device, server, gateway, client, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function addControlLink({ device, router }: Topology): Promise<void> {
  const { link, ...addresses } = CONTROL
  await router.ip(
    `link add ${link} type veth peer name ${link} netns ${device.pid}`,
    `addr add ${addresses.router}/24 dev ${link}`,
    `link set ${link} up`,
  )
  await device.ip(`addr add ${addresses.device}/24 dev ${link}`, `link set ${link} up`)
}

/** JSON is YAML. */
function configOf({ capacityBps, core, flows }: Scenario): object {
  const linux = {
    kind: 'linux',
    id: 'lab',
    towardsDevices: [{ interface: ROUTER.lan.interface, capacityBps }],
    towardsServers: { interface: ROUTER.wan.interface, capacityBps },
  }
  const profiles = { QOS_E: { qosReference: 'qod_e' } }
  const pcf = { kind: 'pcf', core: 'standard', url: `http://127.0.0.1:${CORE_PORT}`, profiles }
  const devices = (network: Flow['network']) =>
    DEVICES.filter((_, index) => flows[index]?.network === network).map((address) => `${address}/32`)
  return {
    listen: { host: CONTROL.router, port: API_PORT, plainHttp: true },
    directory: { kind: 'open', prefixes: [POOL] },
    ...(core && { callbacks: { listen: { host: '127.0.0.1', port: CALLBACKS_PORT } } }),
    // The answer to the create comes after the grant: the measurement begins with it.
    sessions: { createHoldMs: 10_000 },
    networks: core
      ? [
          { ...pcf, id: 'pcf', devices: devices('pcf') },
          { kind: 'combined', id: 'campus', parts: ['core', 'lab'], devices: devices('combined') },
          { ...pcf, id: 'core' },
          linux,
        ]
      : [linux],
  }
}
