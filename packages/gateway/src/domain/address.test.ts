import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress, parsePrefix, prefixContains, prefixesOverlap, prefixTest } from './address.js'

const message = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

describe('addresses', () => {
  it('of the page are valid: documentation and multicast ranges', () => {
    expect(parseAddress('233.252.0.2', 'ipv4', 'x')).toBe('233.252.0.2')
    expect(parseAddress('192.0.2.25', 'ipv4', 'x')).toBe('192.0.2.25')
    expect(parseAddress('2001:db8:1234:5678:9abc:def0:fedc:ba98', 'ipv6', 'x')).toBe(
      '2001:db8:1234:5678:9abc:def0:fedc:ba98',
    )
  })

  it.each(['01.002.003.4', '1.2.3', '1.2.3.256', '0x7f.1', '2130706433', '1.2.3.4 ', '', '...', '1.2.3.4%eth0'])(
    'refuse %j as IPv4, naming the member and what is allowed',
    (text) => {
      expect(message(() => parseAddress(text, 'ipv4', 'device.ipv4Address.publicAddress'))).toBe(
        'device.ipv4Address.publicAddress must be an IPv4 address (four decimal numbers of 0 to 255 without leading zeros)',
      )
    },
  )

  it.each(['...', '1::2::3', 'fe80::1%eth0', '12345::', 'g::', '1.2.3.4', ''])('refuse %j as IPv6', (text) => {
    expect(message(() => parseAddress(text, 'ipv6', 'x'))).toBe('x must be an IPv6 address (RFC 4291)')
  })

  it.each(['::ffff:203.0.113.5', '::FFFF:203.0.113.5', '0:0:0:0:0:ffff:cb00:7105', '::ffff:cb00:7105'])(
    'of the form %s are IPv4, as dual-stack sockets print it',
    (text) => {
      expect(parseAddress(text, 'ipv6', 'x')).toBe('203.0.113.5')
      expect(parsePrefix(text, 'ipv6', 'x')).toBe('203.0.113.5/32')
      expect(parsePrefix(text, 'ipv6', 'x', 64)).toBe('203.0.113.5/32')
      expect(parsePrefix(`${text}/120`, 'ipv6', 'x')).toBe('203.0.113.0/24')
      expect(parsePrefix(`${text}/80`, 'ipv6', 'x')).toBe('::/80')
    },
  )

  it('have one spelling inside', () => {
    expect(parseAddress('2001:0DB8:0:0::0001', 'ipv6', 'x')).toBe('2001:db8::1')
  })
})

describe('prefixes', () => {
  it('are masked: 198.51.100.7/24 means the whole /24 [contract 2.0]', () => {
    expect(parsePrefix('198.51.100.7/24', 'ipv4', 'x')).toBe('198.51.100.0/24')
    expect(parsePrefix('2001:db8:85a3:8d3::1/64', 'ipv6', 'x')).toBe('2001:db8:85a3:8d3::/64')
    expect(parsePrefix('0.0.0.0/0', 'ipv4', 'x')).toBe('0.0.0.0/0')
  })

  it('of a single address have full length', () => {
    expect(parsePrefix('198.51.100.7', 'ipv4', 'x')).toBe('198.51.100.7/32')
    expect(parsePrefix('::1', 'ipv6', 'x')).toBe('::1/128')
    expect(parsePrefix('2001:db8::1', 'ipv6', 'x', 64)).toBe('2001:db8::/64')
  })

  it.each(['1.2.3.4/33', '1.2.3.4/', '1.2.3.4/-1', '1.2.3.4/8/8', '1.2.3.4/a', '/8'])('refuse %j', (text) => {
    expect(message(() => parsePrefix(text, 'ipv4', 'x'))).toContain('optionally with a prefix length of /0 to /32')
  })

  const prefix = fc
    .tuple(
      fc.constantFrom('ipv4' as const, 'ipv6' as const),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0, max: 8 }),
    )
    .map(([family, last, short]) =>
      family === 'ipv4'
        ? parsePrefix(`10.0.0.${last}/${24 + short}`, family, 'x')
        : parsePrefix(`2001:db8::${last.toString(16)}/${120 + short}`, family, 'x'),
    )

  /** The addresses of a small prefix, as numbers: v4 from 0, v6 from 1000. */
  const members = (text: string): Set<number> => {
    const six = text.includes(':')
    const [address = '', length] = text.split('/')
    const first = six ? Number.parseInt(address.split('::')[1] || '0', 16) : Number(address.split('.')[3])
    const size = 2 ** ((six ? 128 : 32) - Number(length))
    return new Set(Array.from({ length: size }, (_, i) => first + i + (six ? 1000 : 0)))
  }

  it('overlap just when they have an address in common', () => {
    fc.assert(
      fc.property(prefix, prefix, (a, b) => {
        const common = [...members(a)].some((address) => members(b).has(address))
        expect(prefixesOverlap(a, b)).toBe(common)
        expect(prefixesOverlap(b, a)).toBe(common)
      }),
    )
  })

  it('are tested for many at once as they are one by one', () => {
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 4 }), prefix, (all, one) => {
        expect(prefixTest(all)(one)).toBe(all.some((each) => prefixContains(each, one)))
      }),
    )
  })

  it('contain another just when they have all of its addresses', () => {
    fc.assert(
      fc.property(prefix, prefix, (a, b) => {
        expect(prefixContains(a, b)).toBe([...members(b)].every((address) => members(a).has(address)))
      }),
    )
  })
})
