import { describe, expect, it } from 'vitest'
import { describeDirectory } from '../../../test/contracts/device-directory.js'
import { familyOf, parsePrefix } from '../../domain/address.js'
import { type Identifier, identifiersOf } from '../../domain/device.js'
import { OpenDirectory, type OpenDirectoryOptions } from './directory.js'

const prefixes = (...texts: string[]) => texts.map((text) => parsePrefix(text, familyOf(text), 'test'))

const identifiers = (...devices: Parameters<typeof identifiersOf>[0][]): Identifier[] =>
  devices.flatMap(identifiersOf).map(({ identifier }) => identifier)

describeDirectory('open', async () => ({
  directory: new OpenDirectory({ prefixes: prefixes('10.0.0.0/8', '198.51.100.0/24', '2001:db8::/32') }),
  devices: [
    identifiers(
      { ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '10.0.0.7' } },
      { ipv4Address: { publicAddress: '203.0.113.1', privateAddress: '10.0.0.7', publicPort: 80 } },
      { ipv4Address: { publicAddress: '10.0.0.7', publicPort: 80 } },
    ),
    identifiers(
      { ipv4Address: { publicAddress: '198.51.100.7', publicPort: 80 } },
      { ipv4Address: { publicAddress: '198.51.100.7', privateAddress: '192.168.1.1' } },
    ),
    identifiers({ ipv6Address: '2001:db8:1:2::1' }, { ipv6Address: '2001:0DB8:1:2:ffff::9' }),
    identifiers({ ipv6Address: '2001:db8:1:3::1' }, { ipv6Address: '2001:db8:1:3::2' }),
  ],
  strangers: identifiers(
    { phoneNumber: '+36721601234567' },
    { networkAccessIdentifier: 'device@testcsp.net' },
    { ipv4Address: { publicAddress: '233.252.0.2', publicPort: 80 } },
    { ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '11.0.0.7' } },
    { ipv6Address: '2001:db9::1' },
  ),
  close: async () => undefined,
}))

describe('the open directory', () => {
  const resolve = async (options: OpenDirectoryOptions, device: Parameters<typeof identifiersOf>[0]) => {
    const [identifier] = identifiers(device)
    return new OpenDirectory(options).resolve(identifier as Identifier)
  }

  it('prefers the private address to the public one: the network sees the private one', async () => {
    const options = { prefixes: prefixes('10.0.0.0/8', '233.252.0.0/24') }
    const ipv4Address = { publicAddress: '233.252.0.2', privateAddress: '10.0.0.7' }
    expect(await resolve(options, { ipv4Address })).toEqual({
      id: 'open:10.0.0.7/32',
      addresses: { ipv4: '10.0.0.7/32' },
    })
  })

  it('gives a device a prefix of the length that the network assigns', async () => {
    const options = { prefixes: prefixes('2001:db8::/32'), ipv6PrefixLength: 56 }
    expect(await resolve(options, { ipv6Address: '2001:db8:1:2ff::1' })).toEqual({
      id: 'open:2001:db8:1:200::/56',
      addresses: { ipv6: '2001:db8:1:200::/56' },
    })
  })

  it('supports addresses, or only the configured kinds of them', () => {
    expect(new OpenDirectory({ prefixes: [] }).supports).toEqual(new Set(['ipv4Address', 'ipv6Address']))
    const identifiers = new Set(['phoneNumber', 'ipv6Address'] as const)
    expect(new OpenDirectory({ prefixes: [], identifiers }).supports).toEqual(new Set(['ipv6Address']))
  })

  it('does not resolve a kind that is not configured', async () => {
    const options = { prefixes: prefixes('10.0.0.0/8'), identifiers: new Set(['ipv6Address'] as const) }
    expect(await resolve(options, { ipv4Address: { publicAddress: '10.0.0.7', publicPort: 80 } })).toBeUndefined()
  })
})
