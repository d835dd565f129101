// The QoS of a session while others flood the link. The bounds are wide, because this machine has other work as well;
// the lab and the bench judge the guarantee itself.

import { type BitsPerSecond, seconds } from '@rightofway/camara'
import { DEVICE, type ProbeSample, type Received, ROUTER, SERVER, SLOT_MS, type Station } from '@rightofway/lab'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../../../../../test/parts.js'
import { guarantee, reservation, reservationId } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import type { Qos } from '../../domain/profile.js'
import { kernelTakes, stack, UPPER } from './link-kinds.fixture.js'
import type { LinuxNetworkConfig } from './plan/sides.js'
import { type RouterOptions, sleep } from './router.fixture.js'
import { OTHER_PORT, openTraffic, PORT, type Traffic } from './traffic.fixture.js'

const CAPACITY_BPS = 10_000_000
const FLOOD_BPS = 2 * CAPACITY_BPS
const DATAGRAM = 1_200
/** The overhead of IPv4, UDP and Ethernet for a datagram, and a little more for IPv6. */
const HEADERS = 62
const PROBE_PORT = 7_000

const now = (): number => Number(process.hrtime.bigint()) / 1e6

let traffic: Traffic
let number = 0

interface Path {
  readonly name: string
  readonly from: 'device' | 'server'
  readonly device: string
  readonly server: string
}

const PATHS: readonly Path[] = [
  { name: 'downlink, IPv4', from: 'server', device: DEVICE.ipv4, server: SERVER.ipv4 },
  { name: 'uplink, IPv4', from: 'device', device: DEVICE.ipv4, server: SERVER.ipv4 },
  { name: 'downlink, IPv6', from: 'server', device: DEVICE.ipv6, server: SERVER.ipv6 },
  { name: 'uplink, IPv6', from: 'device', device: DEVICE.ipv6, server: SERVER.ipv6 },
]

const flowOf = ({ device, server }: Path) =>
  device.includes(':')
    ? { device: { ipv6: '2001:db8:1::/64' as Prefix }, server: [`${server}/128` as Prefix] }
    : { device: { ipv4: `${device}/32` as Prefix }, server: [`${server}/32` as Prefix] }

const sidesOf = ({ from, device, server }: Path): { sender: Station; receiver: Station; to: string } =>
  from === 'server'
    ? { sender: traffic.server, receiver: traffic.device, to: device }
    : { sender: traffic.device, receiver: traffic.server, to: server }

/** Floods the link with twice its capacity, while `use` runs. */
async function flooded(path: Path, use: () => Promise<void>): Promise<void> {
  const { sender, to } = sidesOf(path)
  const id = 'flood'
  await sender.tell('send', { id, to: [to], port: OTHER_PORT, bitsPerSecond: FLOOD_BPS, bytes: DATAGRAM })
  // Until the queue is full.
  await sleep(1_000)
  await use().finally(() => sender.tell('stop', { id }))
}

/** Holds a session on `PORT` of the server while `use` runs. */
async function withSession(path: Path, qos: Qos, use: () => Promise<void>): Promise<void> {
  const n = ++number
  // Downlink, the session's packets come from the server's port; uplink, they go there.
  const flow = {
    ...flowOf(path),
    ...(path.from === 'server' ? { devicePorts: [[PORT, PORT]] as const } : { serverPorts: [[PORT, PORT]] as const }),
  }
  const { network } = traffic.router
  expect(await network.reserve(reservation(n, { flow, qos, duration: seconds(600) }))).toMatchObject({
    result: 'granted',
  })
  await sleep(500)
  await use().finally(() => network.release(reservationId(n), 2))
}

const rateBetween = ({ since, bytes }: Received, from: number, to: number): number => {
  const slots = bytes.slice(Math.ceil((from - since) / SLOT_MS), Math.floor((to - since) / SLOT_MS))
  return (slots.reduce((sum, slot) => sum + slot, 0) * 8 * 1000) / (slots.length * SLOT_MS)
}

const medianTrip = (samples: readonly ProbeSample[], from: number, to: number): number => {
  const trips = samples
    .filter(({ sentAt }) => sentAt >= from && sentAt < to)
    .flatMap(({ roundTripMs }) => (roundTripMs === undefined ? [] : [roundTripMs]))
    .sort((a, b) => a - b)
  return trips[trips.length >> 1] ?? Number.NaN
}

/** Waits. @returns start and end */
async function passing(ms: number): Promise<[from: number, to: number]> {
  const from = now()
  await sleep(ms)
  return [from, now()]
}

describeWith(['namespaces', 'nftables'], 'a session on a link that others flood', () => {
  beforeAll(async () => {
    traffic = await openTraffic()
  })
  afterAll(() => traffic.close())

  it.each(PATHS)('keeps its rate while it lasts, and has no more than others before and after: $name', async (path) => {
    const guaranteedBps = 5_000_000
    const { sender, receiver, to } = sidesOf(path)
    await flooded(path, async () => {
      const bitsPerSecond = (guaranteedBps * DATAGRAM) / (DATAGRAM + HEADERS)
      await sender.tell('send', { id: 'flow', to: [to], port: PORT, bitsPerSecond, bytes: DATAGRAM })
      const measured = async (ms: number) => {
        const [from, until] = await passing(ms)
        return rateBetween(await receiver.tell('received', { port: PORT }), from, until)
      }
      try {
        await sleep(500)
        const before = await measured(2_000)
        let during = 0
        await withSession(path, guarantee(guaranteedBps), async () => {
          during = await measured(2_000)
        })
        await sleep(2_000)
        const after = await measured(2_000)
        expect(before).toBeLessThan(0.7 * guaranteedBps)
        expect(during).toBeGreaterThan(0.8 * guaranteedBps)
        expect(after).toBeLessThan(0.7 * guaranteedBps)
      } finally {
        await sender.tell('stop', { id: 'flow' })
      }
    })
  })

  it.each(PATHS)('does not wait behind them while it lasts: $name', async (path) => {
    const qos: Qos = { ...guarantee(500_000), priority: 10, delayBudgetMs: 20 }
    const { sender, to } = sidesOf(path)
    await flooded(path, async () => {
      await sender.tell('probe', { id: 'probe', to, port: PORT, localPort: PROBE_PORT, intervalMs: 20, bytes: 100 })
      const measured = async (ms: number) => {
        const [from, until] = await passing(ms)
        await sleep(500)
        return medianTrip(await sender.tell('probed', { id: 'probe' }), from, until)
      }
      try {
        const before = await measured(1_500)
        let during = 0
        await withSession(path, qos, async () => {
          during = await measured(1_500)
        })
        await sleep(2_000)
        const after = await measured(1_500)
        expect(during).toBeLessThan(before / 4)
        expect(Math.abs(after - before)).toBeLessThan(before / 10)
      } finally {
        await sender.tell('stop', { id: 'probe' })
      }
    })
  })

  it('is limited to its maximum although the link is free', async () => {
    const [path] = PATHS as readonly [Path]
    const { sender, receiver, to } = sidesOf(path)
    const maximum = 2_000_000 as BitsPerSecond
    const qos: Qos = { ...guarantee(1_000_000), downlink: { guaranteed: 1_000_000 as BitsPerSecond, maximum } }
    await withSession(path, qos, async () => {
      await sender.tell('send', { id: 'flow', to: [to], port: PORT, bitsPerSecond: 8_000_000, bytes: DATAGRAM })
      try {
        await sleep(500)
        const [from, until] = await passing(2_000)
        const rate = rateBetween(await receiver.tell('received', { port: PORT }), from, until)
        expect(rate).toBeLessThan(1.05 * maximum)
        expect(rate).toBeGreaterThan(0.8 * maximum)
      } finally {
        await sender.tell('stop', { id: 'flow' })
      }
    })
  })
})

/** Commands for every interface between the stations and the router, in the interface's namespace. */
const onLinks =
  (commands: (dev: string) => readonly (readonly string[])[]): NonNullable<RouterOptions['prepare']> =>
  async ({ device, router, server }) => {
    const links = [
      [device, 'eth0'],
      [router, ROUTER.lan.interface],
      [router, ROUTER.wan.interface],
      [server, 'eth0'],
    ] as const
    for (const [namespace, dev] of links) for (const command of commands(dev)) await namespace.run(command)
  }

/** Segmentation by the processor, as with hardware without offload. */
const withoutOffload = (dev: string) => ['ethtool', '-K', dev, 'tso', 'off', 'gso', 'off', 'gro', 'off']
const jumbo = (dev: string) => ['ip', 'link', 'set', dev, 'mtu', '9000']

describeWith(['namespaces', 'nftables', 'ethtool'], 'a session of TCP on a link that nobody else uses', () => {
  /** At this rate one packet of segmentation offload (64 kB on veth pairs) takes 10 ms. */
  const capacityBps = 50_000_000

  const links = (lan: string, wan: string): Partial<LinuxNetworkConfig> => ({
    towardsDevices: [{ interface: lan, capacityBps }],
    towardsServers: { interface: wan, capacityBps },
  })

  /** Expects that a session makes no transfer slower, in one direction and then the other. */
  async function expectNoSlowerTransfers(): Promise<void> {
    for (const path of PATHS.slice(0, 2)) {
      const { sender, receiver, to } = sidesOf(path)
      await sender.tell('push', { id: 'transfer', to, port: PORT, streams: 1 })
      const measured = async () => {
        await sleep(500)
        const [from, until] = await passing(2_000)
        return rateBetween(await receiver.tell('received', { port: PORT }), from, until)
      }
      // Until congestion control has found the link's rate.
      await sleep(1_000)
      const before = await measured()
      let during = 0
      await withSession(path, guarantee(1_000_000), async () => {
        during = await measured()
      })
      await sender.tell('stop', { id: 'transfer' })
      expect(before).toBeGreaterThan(0.7 * capacityBps)
      expect(during).toBeGreaterThan(0.9 * before)
    }
  }

  it.each<readonly [string, RouterOptions]>([
    ['the leaf that this kernel has', {}],
    ['bfifo, as where the kernel lacks fq_codel', { lacking: 'fq_codel' }],
    ['without TSO, GSO and GRO', { prepare: onLinks((dev) => [withoutOffload(dev)]) }],
    ['an MTU of 9 000', { prepare: onLinks((dev) => [jumbo(dev)]) }],
    ['an MTU of 9 000, without TSO, GSO and GRO', { prepare: onLinks((dev) => [jumbo(dev), withoutOffload(dev)]) }],
  ])('is no slower than without, in both directions: %s', async (_, options) => {
    traffic = await openTraffic(links(ROUTER.lan.interface, ROUTER.wan.interface), options)
    try {
      if (options.lacking !== undefined) {
        expect((await traffic.router.network.status()).links.map(({ leaf }) => leaf)).toEqual(['bfifo', 'bfifo'])
      }
      await expectNoSlowerTransfers()
    } finally {
      await traffic.close()
    }
  })

  // The queue below an interface is the one of `net.core.default_qdisc`.
  const below = ['fq', 'fq_codel', 'cake', 'pfifo_fast'].filter((kind) =>
    kernelTakes(`ip link add probe type veth peer name other\ntc qdisc add dev probe root ${kind}`),
  )

  it.each(below)('is no slower than without, in both directions, where the interface below has %s', async (kind) => {
    traffic = await openTraffic(links(UPPER.lan, UPPER.wan), {
      prepare: async (topology) => {
        await stack(topology, 'bridge')
        for (const { interface: dev } of [ROUTER.lan, ROUTER.wan]) {
          await topology.router.run(['tc', 'qdisc', 'replace', 'dev', dev, 'root', kind])
        }
      },
    })
    try {
      await expectNoSlowerTransfers()
    } finally {
      await traffic.close()
    }
  })
})
