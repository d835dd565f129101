import { describe, expect, it } from 'vitest'
import { type Prefix, parsePrefix } from '../domain/address.js'
import { AddressGuard } from './address-guard.js'

const guard = (...allow: string[]) =>
  new AddressGuard({ allow: allow.map((text) => parsePrefix(text, text.includes(':') ? 'ipv6' : 'ipv4', 'allow')) })

describe('the addresses that the gateway connects to for callers', () => {
  it.each(['8.8.8.8', '198.50.100.7', '2a00:1450:4001::200e', '2620:0:2d0:200::7'])(
    'are public ones: %s',
    (address) => {
      expect(guard().allows(address)).toBe(true)
    },
  )

  it.each([
    ['this machine', '127.0.0.1', '127.255.255.254', '::1', '0.0.0.0', '0.1.2.3', '::'],
    ['private networks', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fdff::1'],
    ['the link, and metadata services on it', '169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
    ['carriers’ own networks [RFC 6598]', '100.64.0.1', '100.127.255.255'],
    ['groups and everybody', '224.0.0.1', '239.1.1.1', '255.255.255.255', 'ff02::1', 'ff0e::1'],
    ['documentation, tests and the future', '192.0.2.1', '198.18.0.1', '203.0.113.1', '240.0.0.1', '2001:db8::1'],
    ['IPv6 that nobody was given', '4000::1', '100::1', '2001:10::1', '5f00::1', 'e000::1'],
    [
      'a 127.0.0.1 or 10.0.0.1 that is mapped [RFC 4291 2.5.5]',
      '::ffff:127.0.0.1',
      '::ffff:a00:1',
      '::127.0.0.1',
      '::7f00:1',
    ],
    [
      'a 127.0.0.1 or 10.0.0.1 behind NAT64 [RFC 6052, RFC 8215]',
      '64:ff9b::7f00:1',
      '64:ff9b::10.0.0.1',
      '64:ff9b:1::808:808',
    ],
    ['a 127.0.0.1 or 10.0.0.1 behind 6to4 [RFC 3056]', '2002:7f00:1::', '2002:a00:1::1'],
    [
      'a 127.0.0.1 or 10.0.0.1 behind Teredo or ISATAP',
      '2001:0:7f00:1::',
      '2a00:1::5efe:a00:1',
      '2a00:1::200:5efe:127.0.0.1',
    ],
    ['what is no address', '', 'localhost', '1.2.3.4.5', '8.8.8.8 ', '8.8.8.8/32'],
  ])('are never %s', (_what, ...addresses) => {
    expect(addresses.filter((address) => guard().allows(address))).toEqual([])
  })

  it('are public ones embedded in IPv6 too: packets go to the IPv4 address', () => {
    const disguises = ['::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::1']
    expect(disguises.filter((address) => !guard().allows(address))).toEqual([])
  })

  it('are also those that an operator allows, judged by the address that packets go to', () => {
    const allowing = guard('10.0.0.0/8', 'fd00:1::/64')
    const allowed = ['10.1.2.3', '::ffff:10.1.2.3', 'fd00:1::7']
    expect(allowed.filter((address) => !allowing.allows(address))).toEqual([])
    expect(['11.0.0.1', '127.0.0.1', 'fd00:2::7'].filter((address) => allowing.allows(address))).toEqual(['11.0.0.1'])
  })

  it('do not include IPv4 addresses embedded in an allowed IPv6 range', () => {
    expect(guard('::/0' as Prefix).allows('::ffff:127.0.0.1')).toBe(false)
  })
})
