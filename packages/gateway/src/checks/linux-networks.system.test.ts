// What a start requires of the machine is found by `doctor` with the messages of the start, and nothing is changed.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTopology, type Topology } from '@rightofway/lab'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../../../../test/parts.js'
import { machineTools, type Tools } from '../adapters/network-linux/kernel/tools.js'
import { LinuxNetwork } from '../adapters/network-linux/network.js'
import { reservationFile } from '../adapters/network-linux/state/reservation-table.js'
import { SystemClock } from '../adapters/system-clock.js'
import type { LinuxConfig } from '../config/schema.js'
import { checkLinuxNetworks, linuxNetworkConfig } from './linux-networks.js'

const NETWORK: LinuxConfig = {
  kind: 'linux',
  id: 'edge',
  towardsDevices: [{ interface: 'lan0', capacityBps: 10_000_000 }],
  towardsServers: { interface: 'wan0', capacityBps: 10_000_000 },
  reservedShare: 0.1,
  maxSessions: 1_000,
  ipv6PrefixLength: 64,
  dscp: false,
  reassemble: true,
  takeover: false,
  nat: false,
}

let topology: Topology
let dataDir: string
let tools: Tools

beforeEach(async () => {
  topology = await createTopology()
  dataDir = mkdtempSync(join(tmpdir(), 'rightofway-check-'))
  tools = machineTools(topology.router.command([]))
})
afterEach(async () => {
  await topology.close()
  rmSync(dataDir, { recursive: true })
})

const open = (network: LinuxConfig, folder = dataDir): Promise<LinuxNetwork> =>
  LinuxNetwork.open({
    config: linuxNetworkConfig(network),
    file: reservationFile(folder, network.id),
    tools,
    clock: new SystemClock(() => Date.now()),
    monotonicNow: () => performance.now(),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  })

const check = (network: LinuxConfig) => checkLinuxNetworks({ dataDir, networks: [network] }, tools)

const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it was possible',
    (error: Error) => error.message,
  )

const machine = async (): Promise<string> => {
  const parts = [
    ['nft', 'list', 'ruleset'],
    ['tc', 'qdisc', 'show'],
  ].map((argv) => topology.router.run(argv))
  return (await Promise.all(parts)).join('\n')
}

describeWith(['namespaces', 'nftables'], 'the check of a Linux network', () => {
  it('names the interfaces of a network that can start, and changes nothing', async () => {
    const before = await machine()
    expect(await check(NETWORK)).toEqual([
      {
        check: 'networks',
        verdict: 'ok',
        says: 'edge: tools, rights and interfaces (lan0, wan0) are as a start needs them',
      },
    ])
    expect(await machine()).toBe(before)
  })

  it('warns of links that work and carry nothing: one that is down, and one without a carrier', async () => {
    await topology.router.ip('link set wan0 down')
    await topology.device.ip('link set eth0 down')
    const says = (await check(NETWORK)).flatMap(({ verdict, says }) => (verdict === 'warning' ? [says] : []))
    expect(says).toEqual(
      expect.arrayContaining([
        'edge: wan0 is down ("ip link set wan0 up")',
        'edge: lan0 has no carrier: its cable or its other end is down',
      ]),
    )
  })

  it.each<[string, Partial<LinuxConfig>, readonly string[]]>([
    [
      'interfaces that do not exist, all of them',
      {
        towardsDevices: [{ interface: 'lan8', capacityBps: 1_000_000 }],
        towardsServers: { interface: 'wan9', capacityBps: 1_000_000 },
      },
      [],
    ],
    [
      'a root qdisc that is not ours',
      {},
      ['tc', 'qdisc', 'replace', 'dev', 'lan0', 'root', 'handle', '8001:', 'pfifo'],
    ],
    ['a port of a bridge', {}, ['sh', '-c', 'ip link add br0 type bridge && ip link set lan0 master br0']],
  ])('finds what ends a start, in the same words: %s', async (_, more, prepare) => {
    if (prepare.length > 0) await topology.router.run(prepare)
    const found = await messageOf(check({ ...NETWORK, ...more }))
    expect(found).toMatch(/lan0|lan8.*|wan9.*lan8/s)
    expect(found).toBe(await messageOf(open({ ...NETWORK, ...more })))
  })

  it('finds another gateway that drives this machine, and not the one that is checked', async () => {
    const other = mkdtempSync(join(tmpdir(), 'rightofway-other-'))
    try {
      const network = await open(NETWORK, other)
      expect(await messageOf(check(NETWORK))).toMatch(/^another gateway leads the network of this machine/)
      expect(await checkLinuxNetworks({ dataDir: other, networks: [NETWORK] }, tools)).toHaveLength(1)
      await network.close()
      expect(await messageOf(check(NETWORK))).toBe('it was possible')
    } finally {
      rmSync(other, { recursive: true })
    }
  })

  it('reports that the capability to change the network is missing', async () => {
    const weak = machineTools(topology.router.command(['setpriv', '--bounding-set=-net_admin']))
    expect(await messageOf(checkLinuxNetworks({ dataDir, networks: [NETWORK] }, weak))).toMatch(
      /^this process has no permission to change the network: run it as root, or give it CAP_NET_ADMIN/,
    )
  })
})
