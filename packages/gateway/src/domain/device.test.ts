import { describe, expect, it } from 'vitest'
import { identifiersOf, normalizeNai } from './device.js'

describe('identifiers', () => {
  it('are tried in the order phoneNumber, ipv4Address, ipv6Address, networkAccessIdentifier [contract section 0]', () => {
    const named = identifiersOf({
      networkAccessIdentifier: 'device@testcsp.net',
      ipv6Address: '2001:db8::1',
      ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 },
      phoneNumber: '+36721601234567',
    })
    expect(named.map(({ identifier }) => identifier.kind)).toEqual([
      'phoneNumber',
      'ipv4Address',
      'ipv6Address',
      'networkAccessIdentifier',
    ])
  })

  it('are equal inside however they are spelled, and keep their spelling for the answer', () => {
    const [a] = identifiersOf({ ipv6Address: '2001:0DB8::0001' })
    const [b] = identifiersOf({ ipv6Address: '2001:db8::1' })
    expect(a?.identifier).toEqual(b?.identifier)
    expect(a?.original).toEqual({ ipv6Address: '2001:0DB8::0001' })
  })

  it('keep all of an IPv4 address: its publicPort names a device and is no part of the flow', () => {
    const ipv4Address = { publicAddress: '233.252.0.2', publicPort: 80 }
    expect(identifiersOf({ ipv4Address })).toEqual([
      { identifier: { kind: 'ipv4Address', publicAddress: '233.252.0.2', publicPort: 80 }, original: { ipv4Address } },
    ])
  })

  it('refuse what is no address, naming it', () => {
    expect(() => identifiersOf({ ipv4Address: { publicAddress: '1.2.3.4', privateAddress: '010.0.0.1' } })).toThrow(
      'device.ipv4Address.privateAddress must be an IPv4 address',
    )
  })

  it('compare the realm of a network access identifier without case, the user with it [RFC 7542]', () => {
    expect(normalizeNai('Device@TestCSP.net')).toBe('Device@testcsp.net')
    expect(normalizeNai('nobody')).toBe('nobody')
  })
})
