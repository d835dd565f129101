import { describe, expect, it } from 'vitest'
import { countRules, fingerprint, type TableOptions, tableText } from './table.js'

const OPTIONS: TableOptions = {
  deviceInterfaces: ['lan0', 'lan1'],
  serverInterface: 'wan0',
  handles: new Map([
    ['lan0', '7277'],
    ['wan0', '7278'],
    ['lan1', '7279'],
  ]),
  ipv6PrefixLength: 64,
  dscp: false,
  reassemble: true,
  relatedPorts: false,
}

const linesOf = (more: Partial<TableOptions> = {}) =>
  tableText({ ...OPTIONS, ...more })
    .split('\n')
    .map((line) => line.trim())

/** The lines of one chain or map. */
const blockOf = (name: string, more: Partial<TableOptions> = {}): string[] => {
  const lines = linesOf(more)
  const from = lines.findIndex((line) => line.endsWith(`${name} {`))
  return lines.slice(from + 1, lines.indexOf('}', from))
}

describe('the table', () => {
  it('looks packets up after routing and before source NAT, by the interface that they leave by', () => {
    expect(blockOf('chain classify')).toEqual([
      'type filter hook postrouting priority mangle; policy accept;',
      'meta priority 7277:0-7279:ffff meta priority set none',
      'oifname vmap { "lan0" : goto down, "lan1" : goto down, "wan0" : goto up }',
    ])
  })

  it('quotes the names of interfaces: nft takes a star at their end for a wildcard', () => {
    expect(blockOf('chain classify', { deviceInterfaces: ['x*', 'a*b'], serverInterface: 'a@b' })).toContain(
      'oifname vmap { "x\\*" : goto down, "a*b" : goto down, "a@b" : goto up }',
    )
  })

  it('gives a packet the handle of the next tree, which no other interface has', () => {
    expect(blockOf('chain place')).toEqual([
      'type filter hook postrouting priority mangle + 1; policy accept;',
      'meta priority 7277:0-7277:ffff oifname vmap ' + '{ "wan0" : goto place_7278, "lan1" : goto place_7279 }',
    ])
    expect(blockOf('chain place_7279')).toEqual(['meta priority set meta priority & 0x0000ffff | 0x72790000'])
  })

  it('looks a packet up once for each kind of map, the most specific first, however many sessions there are', () => {
    expect(blockOf('chain down4_ports')).toEqual([
      'meta priority set ip daddr . ip saddr . th dport . th sport map @ports4 accept',
      'meta priority set ip daddr . ip saddr . th dport map @device_port4 accept',
      'meta priority set ip daddr . ip saddr . th sport map @server_port4 accept',
      'meta priority set ip daddr . ip saddr . th dport . th sport map @ranges4 accept',
    ])
    expect(blockOf('chain up4').slice(1)).toEqual([
      'meta priority set ip saddr . ip daddr map @addresses4 accept',
      'meta priority set ip saddr . ip daddr map @prefixes4 accept',
      'meta l4proto 1 ct state related goto related4',
    ])
  })

  it('looks for ports only in protocols that have them where TCP does', () => {
    expect(blockOf('chain up6')[0]).toBe('meta l4proto { 6, 17, 33, 132, 136 } jump up6_ports')
  })

  it('has the prefixes of IPv6 devices in hash maps, and their whole addresses in interval maps', () => {
    const device = (length: number) => blockOf('chain up6', { ipv6PrefixLength: length })[1]
    expect(device(64)).toContain('ip6 saddr & ffff:ffff:ffff:ffff:: . ip6 daddr map @addresses6')
    expect(device(56)).toContain('ip6 saddr & ffff:ffff:ffff:ff00:: .')
    expect(device(128)).toContain('set ip6 saddr . ip6 daddr map @addresses6')
    expect(blockOf('chain up6')[2]).toContain('set ip6 saddr . ip6 daddr map @prefixes6')
  })

  it('has hash maps for exact flows, and interval maps for the others alone', () => {
    for (const name of ['ports4', 'device_port6', 'server_port4', 'addresses6']) {
      expect(blockOf(`map ${name}`)).toContain('flags timeout')
    }
    for (const name of ['ranges4', 'prefixes6']) expect(blockOf(`map ${name}`)).toContain('flags interval,timeout')
  })

  it('marks packets of sessions if configured, and loads connection tracking if configured', () => {
    expect(tableText(OPTIONS)).not.toContain('dscp')
    expect(blockOf('chain down4_ports', { dscp: true })[0]).toMatch(/map @ports4 goto mark4$/)
    expect(blockOf('chain cs4_6', { dscp: true })).toEqual(['ip6 dscp set cs4 accept'])
    expect(tableText(OPTIONS)).toContain('ct state')
    expect(tableText({ ...OPTIONS, reassemble: false })).not.toContain('ct state')
  })

  it('looks ICMP errors up by the flow that they are about, if connection tracking is active', () => {
    expect(blockOf('chain related4', { relatedPorts: true }).slice(0, 2)).toEqual([
      'ct protocol 6 meta priority set ct original ip saddr . ct original ip daddr . ct original proto-src . ct original proto-dst map @ports4 accept',
      'ct protocol 17 meta priority set ct original ip saddr . ct original ip daddr . ct original proto-src . ct original proto-dst map @ports4 accept',
    ])
    expect(blockOf('chain related6', { ipv6PrefixLength: 128 })).toEqual([
      'meta priority set ct original ip6 saddr . ct original ip6 daddr map @addresses6 accept',
      'meta priority set ct original ip6 saddr . ct original ip6 daddr map @prefixes6 accept',
      'meta priority set ct reply ip6 saddr . ct reply ip6 daddr map @addresses6 accept',
      'meta priority set ct reply ip6 saddr . ct reply ip6 daddr map @prefixes6 accept',
    ])
    expect(tableText({ ...OPTIONS, reassemble: false })).not.toContain('related')
  })

  it('contains the fingerprint of its source, and knows its number of rules', () => {
    expect(fingerprint(OPTIONS)).toMatch(/^made_by_[0-9a-f]{12}$/)
    expect(tableText(OPTIONS)).toContain(`chain ${fingerprint(OPTIONS)} {`)
    const others = [{ dscp: true }, { reassemble: false }, { ipv6PrefixLength: 56 }, { serverInterface: 'wan1' }]
    expect(new Set([OPTIONS, ...others.map((more) => ({ ...OPTIONS, ...more }))].map(fingerprint)).size).toBe(5)
    // Of classify, place and its two targets, down and up, the look-ups, and reassemble.
    expect(countRules(OPTIONS)).toBe(2 + 3 + 2 + 4 * (4 + 1 + 2 + 1) + 2 * 2 * 2 + 1)
    // In both tuples, each kind with ports for each protocol.
    expect(countRules({ ...OPTIONS, relatedPorts: true }) - countRules(OPTIONS)).toBe(2 * 2 * 4 * 3)
  })
})
