import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Prefix } from './address.js'
import {
  addressPairs,
  checkFlowSize,
  type Flow,
  flowRules,
  flowsOverlap,
  parseServerSide,
  type ServerSide,
} from './flow.js'

const side = fc.record(
  {
    server: fc.array(
      fc.constantFrom(
        '10.0.0.0/30',
        '10.0.0.0/31',
        '10.0.0.3/32',
        '2001:db8::/126',
        '2001:db8::1/128',
      ) as fc.Arbitrary<Prefix>,
      { minLength: 1, maxLength: 3 },
    ),
    devicePorts: fc.constantFrom([[1, 2]], [[2, 3]], [[5, 5]]) as fc.Arbitrary<NonNullable<ServerSide['devicePorts']>>,
    serverPorts: fc.constantFrom([[1, 2]], [[2, 3]], [[5, 5]]) as fc.Arbitrary<NonNullable<ServerSide['serverPorts']>>,
  },
  { requiredKeys: ['server'] },
)

/** Every packet of a small world that a flow is about. */
function packets({ server, devicePorts, serverPorts }: ServerSide): Set<string> {
  const addresses: Record<string, string[]> = {
    '10.0.0.0/30': ['a0', 'a1', 'a2', 'a3'],
    '10.0.0.0/31': ['a0', 'a1'],
    '10.0.0.3/32': ['a3'],
    '2001:db8::/126': ['b0', 'b1', 'b2', 'b3'],
    '2001:db8::1/128': ['b1'],
  }
  const ports = (set: ServerSide['devicePorts']) =>
    [1, 2, 3, 4, 5].filter((port) => set === undefined || set.some(([from, to]) => from <= port && port <= to))
  return new Set(
    server.flatMap((prefix) =>
      (addresses[prefix] as string[]).flatMap((address) =>
        ports(devicePorts).flatMap((d) => ports(serverPorts).map((s) => `${address} ${d} ${s}`)),
      ),
    ),
  )
}

describe('flows', () => {
  it('overlap just when they have a packet in common, whichever is asked [contract 2.6]', () => {
    fc.assert(
      fc.property(side, side, (a, b) => {
        const common = [...packets(a)].some((packet) => packets(b).has(packet))
        expect(flowsOverlap(a, b)).toBe(common)
        expect(flowsOverlap(b, a)).toBe(common)
      }),
      { numRuns: 1000 },
    )
  })

  it('are read from a request, masked and without repetition', () => {
    expect(
      parseServerSide({
        applicationServer: { ipAddresses: ['198.51.100.7', '2001:db8::1', '2001:0db8::1'] },
        devicePorts: { ports: [5060, 5061] },
        applicationServerPorts: { ranges: [{ from: 443, to: 443 }] },
      }),
    ).toEqual({
      server: ['198.51.100.7/32', '2001:db8::1/128'],
      devicePorts: [[5060, 5061]],
      serverPorts: [[443, 443]],
    })
    expect(parseServerSide({ applicationServer: { ipv4Address: '198.51.100.7/24' } })).toEqual({
      server: ['198.51.100.0/24'],
    })
  })

  it('name the member that is no address', () => {
    expect(() => parseServerSide({ applicationServer: { ipv4Address: '01.2.3.4' } })).toThrow(
      'applicationServer.ipv4Address must be an IPv4 address',
    )
    expect(() => parseServerSide({ applicationServer: { ipv6Address: '...' } })).toThrow(
      'applicationServer.ipv6Address must be an IPv6 address',
    )
  })

  it('are refused beyond what the network takes, naming the limit [contract section 0]', () => {
    const ports = { ports: Array.from({ length: 9 }, (_, i) => 2 * i + 1) }
    const flow = parseServerSide({
      applicationServer: { ipv4Address: '198.51.100.7' },
      devicePorts: ports,
      applicationServerPorts: ports,
    })
    expect(flowRules(flow)).toBe(81)
    expect(() => checkFlowSize(flow, 81)).not.toThrow()
    expect(() => checkFlowSize(flow, 64)).toThrow('This flow needs 81 rules')
    expect(() => checkFlowSize(flow, 64)).toThrow('at most 64')
  })

  it('meet per address family: what the device has no address for is no pair', () => {
    const flow: Flow = {
      device: { ipv4: '10.0.0.1/32' as Prefix },
      server: ['198.51.100.7/32' as Prefix, '2001:db8::1/128' as Prefix],
    }
    expect(addressPairs(flow)).toEqual([{ family: 'ipv4', device: '10.0.0.1/32', server: '198.51.100.7/32' }])
    expect(addressPairs({ ...flow, device: { ipv6: '2001:db8:1::/64' as Prefix } })).toEqual([
      { family: 'ipv6', device: '2001:db8:1::/64', server: '2001:db8::1/128' },
    ])
    expect(addressPairs({ ...flow, device: {} })).toEqual([])
  })
})
