// Which packets belong to a session: real packets, counted by the class that they went through.

import { seconds } from '@rightofway/camara'
import { DEVICE, ROUTER, SERVER } from '@rightofway/lab'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWith } from '../../../../../test/parts.js'
import { reservation, reservationId } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import type { Flow } from '../../domain/flow.js'
import { sleep } from './router.fixture.js'
import { OTHER_PORT, openTraffic, PORT, type Traffic, usageWhen } from './traffic.fixture.js'

const DEVICE_PORT = 7_000
const SECOND_ADDRESS = '10.0.0.3'
/** Another server, with its own port. */
const FAR = { to: '198.51.100.200', port: 5_001 }

interface Ping {
  readonly to?: string
  readonly port?: number
  readonly localPort?: number
  readonly localAddress?: string
}

const IPV4 = { device: { ipv4: `${DEVICE.ipv4}/32` as Prefix }, server: [`${SERVER.ipv4}/32` as Prefix] }
const IPV6 = { device: { ipv6: '2001:db8:1::/64' as Prefix }, server: [`${SERVER.ipv6}/128` as Prefix] }
const V6 = { to: SERVER.ipv6 }

/** A flow, packets that belong to it, and packets that do not. */
const CASES: readonly (readonly [name: string, flow: Flow, its: readonly Ping[], others: readonly Ping[]])[] = [
  ['all of a device and a server', IPV4, [{}, { port: OTHER_PORT }], [{ localAddress: SECOND_ADDRESS }, V6]],
  ['all of a device and a server, over IPv6', IPV6, [V6, { ...V6, port: OTHER_PORT }], [{}]],
  ['a port of the server', { ...IPV4, serverPorts: [[PORT, PORT]] }, [{}], [{ port: OTHER_PORT }, V6]],
  [
    'a port of the server, over IPv6',
    { ...IPV6, serverPorts: [[PORT, PORT]] },
    [V6],
    [{ ...V6, port: OTHER_PORT }, {}],
  ],
  [
    'a port of the device',
    { ...IPV4, devicePorts: [[DEVICE_PORT, DEVICE_PORT]] },
    [{ localPort: DEVICE_PORT }, { localPort: DEVICE_PORT, port: OTHER_PORT }],
    [{ localPort: DEVICE_PORT + 1 }],
  ],
  [
    'a port of each',
    { ...IPV4, devicePorts: [[DEVICE_PORT, DEVICE_PORT]], serverPorts: [[PORT, PORT]] },
    [{ localPort: DEVICE_PORT }],
    [{ localPort: DEVICE_PORT, port: OTHER_PORT }, { localPort: DEVICE_PORT + 1 }],
  ],
  [
    'a port of each, over IPv6',
    { ...IPV6, devicePorts: [[DEVICE_PORT, DEVICE_PORT]], serverPorts: [[PORT, PORT]] },
    [{ ...V6, localPort: DEVICE_PORT }],
    [{ ...V6, localPort: DEVICE_PORT + 1 }],
  ],
  [
    'ranges of ports',
    { ...IPV4, devicePorts: [[7_000, 7_999]], serverPorts: [[PORT, PORT + 9]] },
    [{ localPort: 7_000 }, { localPort: 7_999 }],
    [{ localPort: 6_999 }, { localPort: 8_000 }, { localPort: 7_000, port: OTHER_PORT }],
  ],
  [
    'ranges of ports, over IPv6',
    { ...IPV6, devicePorts: [[7_000, 7_999]] },
    [{ ...V6, localPort: 7_999 }],
    [{ ...V6, localPort: 8_000 }],
  ],
  ['a prefix of servers', { ...IPV4, server: ['198.51.100.0/25' as Prefix] }, [{}], [FAR]],
  [
    'a prefix of servers and ports',
    { ...IPV4, server: ['198.51.100.0/25' as Prefix], serverPorts: [[PORT, FAR.port]] },
    [{}],
    [FAR, { port: OTHER_PORT }],
  ],
  ['a prefix of servers, over IPv6', { ...IPV6, server: ['2001:db8:2::/64' as Prefix] }, [V6], [{}]],
  [
    'one address of a device that has both families',
    { device: { ...IPV4.device, ...IPV6.device }, server: [...IPV4.server, ...IPV6.server] },
    [{}, V6],
    [{ localAddress: SECOND_ADDRESS }],
  ],
]

let traffic: Traffic
let number = 0

const ping = async ({ to = SERVER.ipv4, port = PORT, ...from }: Ping, bytes = 16): Promise<void> => {
  expect(await traffic.device.tell('ping', { to, port, ...from, bytes, timeoutMs: 5_000 })).toBe(true)
}

/** Grants a flow, sends packets, and resolves with the packets counted in each direction. */
async function counted(flow: Flow, send: () => Promise<void>, expected: number) {
  const { router } = traffic
  const n = ++number
  const granted = await router.network.reserve(reservation(n, { flow, duration: seconds(600) }))
  expect(granted).toMatchObject({ result: 'granted' })
  try {
    await send()
    const { downlink, uplink } = await usageWhen(
      router,
      reservationId(n),
      (usage) => usage.downlink.packets >= expected && usage.uplink.packets >= expected,
    )
    return { downlink: downlink.packets, uplink: uplink.packets }
  } finally {
    await router.network.release(reservationId(n), 2)
  }
}

describeWith(['namespaces', 'nftables'], 'classification of packets', () => {
  beforeAll(async () => {
    traffic = await openTraffic({}, { deviceAddresses: [`${SECOND_ADDRESS}/24`], serverAddresses: [`${FAR.to}/24`] })
    await traffic.server.tell('listen', { port: FAR.port, address: FAR.to })
  })
  afterAll(() => traffic.close())

  it.each([
    ['all of a device and a server', IPV4],
    ['a prefix of servers', { ...IPV4, server: ['198.51.100.0/25' as Prefix] }],
    ['all of a device and a server, over IPv6', IPV6],
    ['a port of the server', { ...IPV4, serverPorts: [[PORT, PORT]] as const }],
  ])('takes ICMP errors about packets of the session, whoever sends them: %s', async (_, flow) => {
    const { router, device } = traffic
    const related = await router.run('nft', 'list', 'chain', 'inet', 'rightofway', 'related4')
    // nft 1.0 does not support ports of connection tracking in a key.
    const isTaken = !('serverPorts' in flow) || related.includes('proto-dst')
    const isIpv6 = 'ipv6' in flow.device
    const errors = async (localAddress: string) => {
      const id = 'expiring'
      const to = [isIpv6 ? SERVER.ipv6 : SERVER.ipv4]
      // The router sends Time Exceeded errors, rate-limited.
      await device.tell('send', { id, to, port: PORT, localAddress, ttl: 1, bitsPerSecond: 10_000, bytes: 100 })
      await sleep(2_500)
      await device.tell('stop', { id })
    }
    const network = router.network
    const n = ++number
    expect(await network.reserve(reservation(n, { flow, duration: seconds(600) }))).toMatchObject({ result: 'granted' })
    const carried = async () => {
      await sleep(1_100)
      const usage = await network.usage(reservationId(n))
      return [usage?.downlink.packets ?? 0, usage?.uplink.packets ?? 0] as const
    }
    if (!isIpv6) await errors(SECOND_ADDRESS)
    expect(await carried()).toEqual([0, 0])
    await errors(isIpv6 ? DEVICE.ipv6 : DEVICE.ipv4)
    const [downlink, uplink] = await carried()
    expect(downlink > 0).toBe(isTaken)
    expect(uplink).toBe(0)
    await network.release(reservationId(n), 2)
  })

  it.each(CASES)('takes what belongs to the session, both ways, and nothing else: %s', async (_, flow, its, others) => {
    const send = async () => {
      // Other packets first: their share is there when the last of ours is counted.
      for (const other of others) await ping(other)
      for (const own of its) await ping(own)
    }
    expect(await counted(flow, send, its.length)).toEqual({ downlink: its.length, uplink: its.length })
  })

  it('does not take a packet that already has the class, whoever has set it', async () => {
    const { router } = traffic
    const others = async () => {
      const session = (await router.network.status()).sessions[0]?.class ?? ''
      const classes = [session, session.replace(/^7277:/, '7278:'), '7278:0']
      for (const to of classes) {
        await router.run('nft', `add rule inet before in udp dport ${OTHER_PORT} meta priority set ${to}`)
        for (const port of [OTHER_PORT, PORT]) await ping({ port })
        await router.run('nft', 'flush chain inet before in')
      }
    }
    await router.run('nft', 'add table inet before')
    await router.run('nft', 'add chain inet before in { type filter hook forward priority 0; }')
    try {
      const flow = { ...IPV4, serverPorts: [[PORT, PORT]] as const }
      expect(await counted(flow, others, 3)).toEqual({ downlink: 3, uplink: 3 })
    } finally {
      await router.run('nft', 'delete table inet before')
    }
  })

  it('takes every fragment of a datagram that is one of a flow with ports', async () => {
    const send = () => ping({}, 3_000)
    // 3 008 bytes in packets of 1 500.
    expect(await counted({ ...IPV4, serverPorts: [[PORT, PORT]] }, send, 3)).toEqual({ downlink: 3, uplink: 3 })
  })

  it('takes TCP as well as UDP', async () => {
    const send = async () => {
      await traffic.device.tell('push', { id: 'tcp', to: SERVER.ipv4, port: PORT, streams: 1 })
      while ((await traffic.server.tell('received', { port: PORT })).bytes.every((bytes) => bytes < 10_000)) {
        // until some of it has arrived
      }
      await traffic.device.tell('stop', { id: 'tcp' })
    }
    const { downlink, uplink } = await counted({ ...IPV4, serverPorts: [[PORT, PORT]] }, send, 2)
    expect(Math.min(downlink, uplink)).toBeGreaterThanOrEqual(2)
  })

  it('follows a session whose device has moved to another address with the next batch', async () => {
    const { network } = traffic.router
    const n = ++number
    const flow = { ...IPV4, serverPorts: [[PORT, PORT]] as const }
    const at = await network.reserve(reservation(n, { flow, duration: seconds(600) }))
    const moved = { ...flow, device: { ipv4: `${SECOND_ADDRESS}/32` as Prefix } }
    expect(await network.reserve(reservation(n, { flow: moved, version: 2, duration: seconds(600) }))).toEqual(at)
    await ping({})
    await ping({ localAddress: SECOND_ADDRESS })
    const enough = ({ downlink }: { downlink: { packets: number } }) => downlink.packets >= 1
    expect(await usageWhen(traffic.router, reservationId(n), enough)).toMatchObject({
      downlink: { packets: 1 },
      uplink: { packets: 1 },
    })
    await network.release(reservationId(n), 3)
  })

  it('reports the total rate of sessions, both ways, and nothing once they are quiet [Network.load]', async () => {
    const { network } = traffic.router
    const n = ++number
    await network.reserve(reservation(n, { flow: IPV4, duration: seconds(600) }))
    let load = await network.load()
    while (load.downlinkBps === 0 || load.uplinkBps === 0) {
      await ping({}, 1_000)
      load = await network.load()
    }
    while (load.downlinkBps > 0 || load.uplinkBps > 0) {
      await sleep(100)
      load = await network.load()
    }
    await network.release(reservationId(n), 2)
  })
})

describeWith(['namespaces', 'nftables'], 'classification beside network address translation', () => {
  beforeAll(async () => {
    traffic = await openTraffic({}, { nat: true, deviceAddresses: [`${SECOND_ADDRESS}/24`] })
  })
  afterAll(() => traffic.close())

  it('matches inside addresses both ways', async () => {
    const send = async () => {
      await ping({ localAddress: SECOND_ADDRESS })
      await ping({})
    }
    expect(await counted({ ...IPV4, serverPorts: [[PORT, PORT]] }, send, 1)).toEqual({ downlink: 1, uplink: 1 })
  })
})

describeWith(['namespaces', 'nftables'], 'the inside of a NAT', () => {
  beforeAll(async () => {
    traffic = await openTraffic({}, { nat: true, deviceAddresses: [`${SECOND_ADDRESS}/24`] })
  })
  afterAll(() => traffic.close())

  it('is found by the public address and port that a server sees, as long as the connection is known', async () => {
    const { network } = traffic.router
    await ping({ localAddress: SECOND_ADDRESS, localPort: 40_001 })
    expect(await network.insideAddress(ROUTER.wan.ipv4, 40_001)).toBe(SECOND_ADDRESS)
    expect(await network.insideAddress(ROUTER.wan.ipv4, 40_002)).toBeUndefined()
    expect(await network.insideAddress('203.0.113.200', 40_001)).toBeUndefined()
  })
})

describeWith(['namespaces', 'nftables'], 'marks', () => {
  it.each([
    ['a session with a service class', true, 1],
    ['a network that marks nothing', false, 0],
  ])('are the DSCP of the service class, for networks beyond the router: %s', async (_, dscp, marked) => {
    traffic = await openTraffic({ dscp })
    try {
      const { router } = traffic
      await router.topology.server.run(
        ['nft', '-f', '-'],
        'table ip seen {\n  chain in {\n    type filter hook input priority 0\n    ip dscp cs4 counter\n  }\n}\n',
      )
      const { qos } = reservation(1)
      const wanted = { flow: IPV4, qos: { ...qos, serviceClass: 'real_time_interactive' as const } }
      expect(await router.network.reserve(reservation(1, wanted))).toMatchObject({ result: 'granted' })
      await ping({})
      expect(await router.topology.server.run(['nft', 'list', 'table', 'ip', 'seen'])).toContain(
        `counter packets ${marked} `,
      )
      expect((await router.network.audit()).missing).toBe(0)
    } finally {
      await traffic.close()
    }
  })
})

describe('the cases above', () => {
  it('cover every kind of map, in both families', async () => {
    const { elementsOf, MAP_NAMES } = await import('./plan/elements.js')
    const tried = new Set(CASES.flatMap(([, flow]) => elementsOf(flow, 64).map(({ map }) => map)))
    const untried = MAP_NAMES.filter((map) => !tried.has(map))
    // One line of code makes the rules of both families.
    expect(untried).toEqual(['device_port6'])
  })
})
