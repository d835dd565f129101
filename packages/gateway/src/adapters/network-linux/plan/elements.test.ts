import { describe, expect, it } from 'vitest'
import type { Prefix } from '../../../domain/address.js'
import type { Flow } from '../../../domain/flow.js'
import { boxesOverlap, elementsOf } from './elements.js'

const DEVICE = { ipv4: '10.0.0.2/32' as Prefix, ipv6: '2001:db8:1::/64' as Prefix }
const SERVER = '198.51.100.7/32' as Prefix
const SERVER6 = '2001:db8:2::7/128' as Prefix

const keysOf = (flow: Omit<Flow, 'device'> & { device?: Flow['device'] }, length = 64): string[] =>
  elementsOf({ device: DEVICE, ...flow }, length).map(({ map, key }) => `${map}: ${key}`)

describe('the elements of a flow', () => {
  it.each([
    ['no ports', {}, 'addresses4: 10.0.0.2 . 198.51.100.7'],
    ['a port of the server', { serverPorts: [[443, 443]] }, 'server_port4: 10.0.0.2 . 198.51.100.7 . 443'],
    ['a port of the device', { devicePorts: [[5000, 5000]] }, 'device_port4: 10.0.0.2 . 198.51.100.7 . 5000'],
    [
      'a port of each',
      { devicePorts: [[5000, 5000]], serverPorts: [[443, 443]] },
      'ports4: 10.0.0.2 . 198.51.100.7 . 5000 . 443',
    ],
    ['a range', { serverPorts: [[1000, 2000]] }, 'ranges4: 10.0.0.2 . 198.51.100.7 . 0-65535 . 1000-2000'],
    [
      'a range beside a port',
      { devicePorts: [[5000, 5000]], serverPorts: [[1000, 2000]] },
      'ranges4: 10.0.0.2 . 198.51.100.7 . 5000 . 1000-2000',
    ],
  ] as const)('are in a hash map if they are exact, and in an interval map if not: %s', (_, ports, key) => {
    expect(keysOf({ server: [SERVER], ...(ports as Pick<Flow, 'devicePorts' | 'serverPorts'>) })).toEqual([key])
  })

  it('need an interval map for a prefix of servers, with ports or without', () => {
    const server = ['198.51.100.0/24' as Prefix]
    expect(keysOf({ server })).toEqual(['prefixes4: 10.0.0.2 . 198.51.100.0/24'])
    expect(keysOf({ server, serverPorts: [[443, 443]] })).toEqual([
      'ranges4: 10.0.0.2 . 198.51.100.0/24 . 0-65535 . 443',
    ])
  })

  it("have the prefix of an IPv6 device: exact if it is as long as every device's, otherwise an interval", () => {
    expect(keysOf({ server: [SERVER6] })).toEqual(['addresses6: 2001:db8:1:: . 2001:db8:2::7'])
    expect(keysOf({ server: [SERVER6] }, 128)).toEqual(['prefixes6: 2001:db8:1::/64 . 2001:db8:2::7'])
    const host = { ipv6: '2001:db8:1::9/128' as Prefix }
    expect(keysOf({ device: host, server: [SERVER6] }, 128)).toEqual(['addresses6: 2001:db8:1::9 . 2001:db8:2::7'])
    expect(keysOf({ device: host, server: [SERVER6] })).toEqual(['prefixes6: 2001:db8:1::9 . 2001:db8:2::7'])
  })

  it('are one for each pair of addresses of one family and each pair of port ranges', () => {
    const flow: Flow = {
      device: DEVICE,
      server: [SERVER, SERVER6, '198.51.100.8/32' as Prefix],
      devicePorts: [
        [1, 1],
        [2, 2],
      ],
      serverPorts: [
        [80, 80],
        [443, 443],
      ],
    }
    const keys = keysOf(flow)
    expect(keys).toHaveLength(3 * 2 * 2)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.filter((key) => key.startsWith('ports6'))).toHaveLength(4)
  })

  it('are none if device and server have no family in common', () => {
    expect(keysOf({ device: { ipv4: DEVICE.ipv4 }, server: [SERVER6] })).toEqual([])
  })
})

describe('two boxes', () => {
  const box = (server: string, from: number, to: number) =>
    elementsOf({ device: DEVICE, server: [server as Prefix], serverPorts: [[from, to]] }, 64)[0]?.box as never

  it.each([
    ['198.51.100.0/24', 1, 9, '198.51.100.128/25', 9, 20, true],
    ['198.51.100.0/24', 1, 9, '198.51.100.128/25', 10, 20, false],
    ['198.51.100.0/25', 1, 9, '198.51.100.128/25', 1, 9, false],
    ['198.51.100.0/24', 1, 9, '198.51.100.0/24', 1, 9, true],
  ])('%s %i-%i and %s %i-%i overlap: %s', (a, aFrom, aTo, b, bFrom, bTo, overlap) => {
    expect(boxesOverlap(box(a, aFrom, aTo), box(b, bFrom, bTo))).toBe(overlap)
  })
})
