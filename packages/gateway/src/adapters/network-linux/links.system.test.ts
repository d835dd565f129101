// Interfaces of every kind that the kernel has, below and above those of the network: packets of a session are in their
// class exactly once in each direction, or the start says why not.

import { execFileSync } from 'node:child_process'
import { seconds } from '@rightofway/camara'
import { DEVICE, SERVER } from '@rightofway/lab'
import { expect, it } from 'vitest'
import { describeWith } from '../../../../../test/parts.js'
import { reservation, reservationId } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import { teardown } from './kernel/teardown.js'
import { machineTools } from './kernel/tools.js'
import { NetworkUnusable } from './kernel/unusable.js'
import { KINDS, type KindName, kernelTakes, stack, UPPER } from './link-kinds.fixture.js'
import { becomes, openRouter, type Router } from './router.fixture.js'
import { openTraffic, PORT, type Traffic, usageWhen } from './traffic.fixture.js'

const PARTS = ['namespaces', 'nftables'] as const
const CAPACITY_BPS = 10_000_000
const PINGS = 5

const FLOW = {
  device: { ipv4: `${DEVICE.ipv4}/32` as Prefix },
  server: [`${SERVER.ipv4}/32` as Prefix],
  serverPorts: [[PORT, PORT]] as const,
}

/** As few classes as these tests need: an emulated kernel creates them slowly. */
const FEW = { maxSessions: 20 }

const side = (name: string) => ({ interface: name, capacityBps: CAPACITY_BPS })

/** Whether the kernel can create interfaces with such lines of `ip`. */
const kernelHas = (lines: readonly string[]): boolean =>
  kernelTakes(['link add lower type veth peer name other', ...lines].map((line) => `ip ${line}`).join('\n'))

const hasPrio = kernelTakes('ip link add probe type veth peer name other\ntc qdisc add dev probe root prio')

async function send({ device }: Traffic, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    expect(await device.tell('ping', { to: SERVER.ipv4, port: PORT, bytes: 16, timeoutMs: 10_000 })).toBe(true)
  }
}

/** Packets of every class of the router, by interface and class; classes without packets are left out. */
async function carried({ run }: Router): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const { ifname } of JSON.parse(await run('ip', '-j', 'link', 'show')) as { ifname: string }[]) {
    const text = await run('tc', '-s', 'class', 'show', 'dev', ifname)
    for (const [, id, packets] of text.matchAll(/^class \w+ (\S+).*\n Sent \d+ bytes (\d+) pkt/gm)) {
      if (Number(packets) > 0) found.set(`${ifname} ${id}`, Number(packets))
    }
  }
  return found
}

async function withSessionOn(traffic: Traffic, use: (minor: string) => Promise<void>): Promise<void> {
  const { network } = traffic.router
  expect(await network.reserve(reservation(1, { flow: FLOW, duration: seconds(600) }))).toMatchObject({
    result: 'granted',
  })
  const { sessions } = await network.status()
  await use((sessions[0]?.class ?? '').split(':')[1] ?? '')
}

describeWith(PARTS, 'interfaces on top of others', () => {
  const kinds = (Object.keys(KINDS) as KindName[]).filter((kind) => kernelHas(KINDS[kind].router('upper', 'lower', 1)))

  it.each(kinds)(
    'take packets of a session once in each direction, on the device that is configured: %s',
    async (kind) => {
      const traffic = await openTraffic(
        { ...FEW, towardsDevices: [side(UPPER.lan)], towardsServers: side(UPPER.wan) },
        { prepare: (topology) => stack(topology, kind) },
      )
      try {
        await withSessionOn(traffic, async (minor) => {
          await send(traffic, PINGS)
          const usage = await usageWhen(traffic.router, reservationId(1), ({ downlink }) => downlink.packets >= PINGS)
          expect([usage.downlink.packets, usage.uplink.packets]).toEqual([PINGS, PINGS])
          const through = [...(await carried(traffic.router))].filter(([name]) => name.endsWith(`:${minor}`))
          expect(through.map(([name, packets]) => [name.split(' ')[0], packets]).sort()).toEqual([
            [UPPER.lan, PINGS],
            [UPPER.wan, PINGS],
          ])
        })
      } finally {
        await traffic.close()
      }
    },
  )
})

describeWith(PARTS, 'what is below an interface of the network', () => {
  it.skipIf(!hasPrio)('never takes the class of a session for a low priority [pkt_sched.h, prio2band]', async () => {
    const traffic = await openTraffic(
      { ...FEW, towardsDevices: [side(UPPER.lan)], towardsServers: side(UPPER.wan) },
      { prepare: (topology) => stack(topology, 'bridge') },
    )
    try {
      const { router } = traffic
      // Like pfifo_fast, with counters.
      await router.run('tc', 'qdisc', 'replace', 'dev', 'lan0', 'root', 'handle', '1:', 'prio')
      for (let n = 1; n <= 16; n++) {
        const wish = reservation(n, { flow: FLOW, duration: seconds(600) })
        expect(await router.network.reserve(wish)).toMatchObject({ result: 'granted' })
        await send(traffic, 1)
        await router.network.release(reservationId(n), 2)
      }
      const bands = await carried(router)
      expect(bands.get('lan0 1:3')).toBeUndefined()
      expect((bands.get('lan0 1:1') ?? 0) + (bands.get('lan0 1:2') ?? 0)).toBeGreaterThanOrEqual(16)
    } finally {
      await traffic.close()
    }
  })
})

describeWith(PARTS, 'an interface that has the qdisc that the kernel gives by default', () => {
  // The default is per machine, whatever the namespace: it is changed only on a machine of our own.
  const isOurMachine = process.env['KERNEL_TESTS'] !== undefined

  it.skipIf(!isOurMachine).each(['fq', 'fq_codel', 'cake', 'pfifo_fast'])(
    'is taken without `takeover`, and gets it back by a teardown: %s',
    async (kind) => {
      const before = execFileSync('sysctl', ['-n', 'net.core.default_qdisc'], { encoding: 'utf8' }).trim()
      execFileSync('sysctl', ['-qw', `net.core.default_qdisc=${kind}`])
      try {
        // A veth pair has none of its own.
        const router = await openRouter(
          { ...FEW, towardsServers: side('up0') },
          { prepare: async (topology) => void (await topology.router.ip('link add up0 type ifb', 'link set up0 up')) },
        )
        try {
          const shown = () => router.run('tc', 'qdisc', 'show', 'dev', 'up0', 'root')
          expect(await shown()).toContain('qdisc htb 7278: ')
          await router.network.close()
          await teardown(machineTools(router.topology.router.command([])), [router.tableFile])
          expect(await shown()).toContain(`qdisc ${kind} 0: `)
        } finally {
          await router.close()
        }
      } finally {
        execFileSync('sysctl', ['-qw', `net.core.default_qdisc=${before}`])
      }
    },
  )
})

describeWith(PARTS, 'a tree', () => {
  it('has a handle that no other interface has, so that a class means nothing on the devices below', async () => {
    const router = await openRouter(FEW)
    try {
      const qdiscs = JSON.parse(await router.run('tc', '-j', 'qdisc', 'show')) as {
        kind: string
        handle: string
        dev: string
      }[]
      const handles = qdiscs.filter(({ kind }) => kind === 'htb').map(({ dev, handle }) => [dev, handle])
      expect(new Map(handles as [string, string][])).toEqual(
        new Map([
          ['lan0', '7277:'],
          ['wan0', '7278:'],
        ]),
      )
    } finally {
      await router.close()
    }
  })
})

/** Lines of `ip` that create an interface, the configured sides, and the message of the start. */
const REFUSED: readonly (readonly [
  name: string,
  lines: readonly string[],
  devices: readonly string[],
  servers: string,
  words: RegExp,
])[] = [
  [
    'a port of a bridge',
    ['link add br0 type bridge', 'link set lan0 master br0'],
    ['lan0'],
    'wan0',
    /lan0 is a port of the bridge br0, and packets leave through br0: configure br0/,
  ],
  [
    'a port of a bond',
    ['link add bond7 type bond', 'link set lan0 down', 'link set lan0 master bond7'],
    ['lan0'],
    'wan0',
    /lan0 is a port of the bond bond7.*configure bond7/,
  ],
  [
    'a port of a team',
    ['link add team7 type team', 'link set lan0 down', 'link set lan0 master team7'],
    ['lan0'],
    'wan0',
    /lan0 is a port of the team team7.*configure team7/,
  ],
  [
    'a port of a bridge, towards servers',
    ['link add br0 type bridge', 'link set wan0 master br0'],
    ['lan0'],
    'wan0',
    /wan0 is a port of the bridge br0/,
  ],
  [
    'an interface of a VRF',
    ['link add red type vrf table 10', 'link set lan0 master red'],
    ['lan0'],
    'wan0',
    /lan0 belongs to the VRF red/,
  ],
  [
    'a VRF',
    ['link add red type vrf table 10', 'link set lan0 master red'],
    ['red'],
    'wan0',
    /red is a VRF, which is not supported: packets leave through its members/,
  ],
  [
    'an alternative name',
    ['link property add dev lan0 altname downstairs'],
    ['downstairs'],
    'wan0',
    /downstairs is another name of lan0: configure lan0/,
  ],
  ['the loopback', [], ['lo'], 'wan0', /lo is the loopback/],
  [
    'a VLAN and what it is on',
    ['link add link lan0 name up0 type vlan id 5'],
    ['up0', 'lan0'],
    'wan0',
    /up0 sends through lan0, and both are interfaces of this network/,
  ],
  [
    'a VLAN in a VLAN and the lowest',
    ['link add link lan0 name mid0 type vlan proto 802.1ad id 7', 'link add link mid0 name up0 type vlan id 5'],
    ['up0', 'lan0'],
    'wan0',
    /up0 sends through lan0/,
  ],
  [
    'a VLAN on the interface towards servers',
    ['link add link wan0 name up0 type vlan id 5'],
    ['up0'],
    'wan0',
    /up0 sends through wan0/,
  ],
  [
    'a VLAN that maps priorities',
    ['link add link lan0 name up0 type vlan id 5 egress-qos-map 0:3 6:5'],
    ['up0'],
    'wan0',
    /up0 maps priorities .*egress-qos-map 0:0 6:0/,
  ],
  [
    'a macvlan on the interface towards servers',
    ['link add link wan0 name up0 type macvlan'],
    ['up0'],
    'wan0',
    /up0 sends through wan0/,
  ],
  [
    'a bridge and what is on one of its ports',
    ['link add br0 type bridge', 'link add link wan0 name up0 type vlan id 5', 'link set up0 master br0'],
    ['br0'],
    'wan0',
    /br0 sends through wan0/,
  ],
  [
    'a GRE tunnel through the interface towards servers',
    ['link add up0 type gre remote 198.51.100.2 local 198.51.100.1'],
    ['up0'],
    'wan0',
    /up0 sends through wan0/,
  ],
  [
    'an IPIP tunnel through the interface towards servers',
    ['link add up0 type ipip remote 198.51.100.2 local 198.51.100.1'],
    ['up0'],
    'wan0',
    /up0 sends through wan0/,
  ],
  [
    'a VXLAN through the interface towards servers',
    ['link add up0 type vxlan id 5 remote 198.51.100.2 dstport 4789'],
    ['up0'],
    'wan0',
    /up0 sends through wan0/,
  ],
]

describeWith(PARTS, 'interfaces that cannot have what they are configured for', () => {
  const possible = REFUSED.filter(([, lines]) =>
    kernelHas(['link add lan0 type veth peer name a', 'link add wan0 type veth peer name b', ...lines]),
  )

  it.each(possible)('are refused at the start, with a message: %s', async (_, lines, devices, servers, words) => {
    const opened = openRouter(
      { towardsDevices: devices.map(side) as [ReturnType<typeof side>], towardsServers: side(servers) },
      { prepare: ({ router }) => (lines.length === 0 ? Promise.resolve() : router.ip(...lines).then(() => undefined)) },
    )
    await expect(opened).rejects.toThrow(words)
    await expect(opened).rejects.toBeInstanceOf(NetworkUnusable)
  })

  it('are a trouble when they change so later, and none when they are changed back', async () => {
    const router = await openRouter(FEW)
    try {
      const { run, network } = router
      await run('ip', 'link', 'add', 'br0', 'type', 'bridge')
      const troubles = async () => (await network.status()).troubles.join()
      await run('ip', 'link', 'set', 'lan0', 'master', 'br0')
      await becomes(async () => (await troubles()).startsWith('lan0 is a port of the bridge br0'))
      await run('ip', 'link', 'set', 'lan0', 'nomaster')
      await becomes(async () => (await troubles()) === '')
    } finally {
      await router.close()
    }
  })
})
