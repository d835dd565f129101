import type { NetworkId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import type { LinuxNetworkConfig } from '../plan/sides.js'
import { scriptedTools } from '../scripted-tools.fixture.js'
import { KernelExec, KernelRefused } from './exec.js'
import { downOf, probeTools, problemOf, unusable, warnings } from './probe.js'
import type { LinkState } from './read-link.js'
import { NetworkUnusable } from './unusable.js'

const CONFIG: LinuxNetworkConfig = {
  id: 'edge' as NetworkId,
  towardsDevices: [{ interface: 'lan0', capacityBps: 1_000_000 }],
  towardsServers: { interface: 'wan0', capacityBps: 1_000_000 },
  reservedShare: 0.1,
  maxSessions: 100,
  ipv6PrefixLength: 64,
  dscp: false,
  reassemble: true,
  takeover: false,
}

describe('the probe of the tools', () => {
  it.each([
    ['nft', 'nft is not installed: apt-get install nftables'],
    ['tc', 'tc is not installed: apt-get install iproute2'],
    ['ip', 'ip is not installed: apt-get install iproute2'],
  ])('names the package that contains %s', async (missing, message) => {
    const exec = new KernelExec(scriptedTools((command) => (command.startsWith(`${missing} `) ? undefined : {})))
    const probe = probeTools(exec)
    await expect(probe).rejects.toThrow(message)
    await expect(probe).rejects.toBeInstanceOf(NetworkUnusable)
  })

  it.each([
    ['Operation not permitted (you must be root)', /run it as root, or give it CAP_NET_ADMIN/],
    ['Error: Specified qdisc kind is unknown.', /lacks a module: nf_tables and sch_htb are required \(modprobe/],
    ['something else', /^nft was refused: something else$/],
  ])('says what to do about: %s', async (stderr, words) => {
    const exec = new KernelExec(scriptedTools((command) => (command === 'nft list tables' ? { code: 1, stderr } : {})))
    await expect(probeTools(exec)).rejects.toThrow(words)
  })

  it('passes on errors that are no refusals', () => {
    const error = new TypeError('ours')
    expect(unusable(error)).toBe(error)
    expect(unusable(new KernelRefused('tc', 'no'))).toBeInstanceOf(NetworkUnusable)
  })
})

describe('the probe of an interface', () => {
  const link = (more: Partial<LinkState>): LinkState => ({
    index: 1,
    mtu: 1_500,
    gsoMaxSize: 65_536,
    up: true,
    hasCarrier: true,
    root: 'foreign',
    isRootIntact: false,
    rootText: 'handle 1: tbf',
    rootExtras: undefined,
    filters: [],
    classes: new Map(),
    ...more,
  })

  it.each([
    ['one that is not there', undefined, true, /there is no interface lan0/],
    ["one that is an administrator's", link({}), false, /lan0 has a root qdisc of another program \(handle 1: tbf\)/],
    [
      'one that could not be put back',
      link({ rootExtras: 'filters' }),
      true,
      /lan0 has a root qdisc with filters \(handle 1: tbf\), which could not be restored: delete it first/,
    ],
  ])('refuses %s', (_, state, takeover, words) => {
    expect(problemOf('lan0', state, takeover)).toMatch(words)
  })

  it.each([
    ['one that nobody has touched', link({ root: 'default' }), false],
    ['one of ours', link({ root: 'ours' }), false],
    ['one that may be taken over', link({}), true],
  ])('takes %s', (_, state, takeover) => {
    expect(problemOf('lan0', state, takeover)).toBeUndefined()
  })
})

describe('an interface that carries nothing', () => {
  it.each([
    ['is down', { up: false, hasCarrier: false }, 'lan0 is down ("ip link set lan0 up")'],
    ['has nobody at its other end', { up: true, hasCarrier: false }, /^lan0 has no carrier/],
  ])('is named, and why: %s', (_, state, words) => {
    expect(downOf('lan0', state)).toMatch(words)
  })

  it('is not reported if it is up', () => {
    expect(downOf('lan0', { up: true, hasCarrier: true })).toBeUndefined()
  })
})

describe('the warnings at the start', () => {
  const NOTHING: Readonly<Record<string, string>> = {
    'nft -j list flowtables': '{"nftables": []}',
    'nft -j -t list ruleset': '{"nftables": []}',
  }
  const warned = (answers: Readonly<Record<string, string>>, config = CONFIG) =>
    warnings(
      new KernelExec(scriptedTools((command) => ({ stdout: answers[command] ?? NOTHING[command] ?? '[]' }))),
      config,
    )

  it('are absent if nothing is wrong', async () => {
    expect(await warned({})).toEqual([])
  })

  it('report a flowtable on one of our interfaces, by which packets of sessions bypass our rules', async () => {
    const flowtable = (dev: string | readonly string[]) =>
      JSON.stringify({ nftables: [{ metainfo: {} }, { flowtable: { family: 'inet', name: 'ft', table: 'f', dev } }] })
    const warning = [expect.stringMatching(/^a flowtable offloads forwarding/)]
    const on = (name: string) => ({ ...CONFIG, towardsServers: { interface: name, capacityBps: 1_000_000 } })
    const list = 'nft -j list flowtables'
    expect(await warned({ [list]: flowtable(['lan0', 'eth9']) })).toEqual(warning)
    expect(await warned({ [list]: flowtable('lan0') })).toEqual(warning)
    expect(await warned({ [list]: flowtable('a@b') }, on('a@b'))).toEqual(warning)
    expect(await warned({ [list]: flowtable('lan01') })).toEqual([])
    // A name is literal text, not a pattern.
    expect(await warned({ [list]: flowtable(['x', 'xx']) }, on('x*'))).toEqual([])
    expect(await warned({ [list]: flowtable('eth0.100') }, on('eth0'))).toEqual([])
    expect(await warned({ [list]: flowtable('eth0x100') }, on('eth0.100'))).toEqual([])
  })

  it('report a family that is not forwarded', async () => {
    const netconf = JSON.stringify([
      { family: 'inet', forwarding: false },
      { family: 'inet6', forwarding: true },
      { family: 'mpls' },
    ])
    expect(await warned({ 'ip -j netconf show dev wan0': netconf })).toEqual([
      expect.stringMatching(/^IPv4 is not forwarded on wan0/),
    ])
  })
})
