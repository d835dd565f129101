import type { DeviceId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { describeDirectory } from '../../../test/contracts/device-directory.js'
import { parsePrefix } from '../../domain/address.js'
import { IDENTIFIER_KINDS, type Identifier, type IdentifierKind, identifiersOf } from '../../domain/device.js'
import { at, NOON } from '../../domain/session.fixture.js'
import { openSqliteStore } from '../store-sqlite/store.js'
import { SystemClock } from '../system-clock.js'
import { storeDirectory } from './directory.js'

const identifiers = (...devices: Parameters<typeof identifiersOf>[0][]): Identifier[] =>
  devices.flatMap(identifiersOf).map(({ identifier }) => identifier)

async function openDirectory(supports: readonly IdentifierKind[] = IDENTIFIER_KINDS, now = () => NOON as number) {
  const { devices, close } = openSqliteStore({ file: ':memory:' })
  await devices.put({
    id: 'page-device' as DeviceId,
    phoneNumber: '+36721601234567',
    networkAccessIdentifier: 'device@testcsp.net',
    addresses: [
      {
        address: parsePrefix('192.0.2.25', 'ipv4', 'test'),
        publicAddress: '233.252.0.2',
        publicPorts: [80, 80],
        source: 'admin',
        expiresAt: at(60),
      },
      { address: parsePrefix('2001:db8:1:2::/64', 'ipv6', 'test'), source: 'admin' },
    ],
  })
  await devices.put({
    id: 'other-device' as DeviceId,
    phoneNumber: '+36721601234568',
    addresses: [{ address: parsePrefix('192.0.2.26', 'ipv4', 'test'), source: 'admin' }],
  })
  const directory = storeDirectory(devices, new SystemClock(now), new Set(supports))
  return { directory, close }
}

describeDirectory('store', async () => ({
  ...(await openDirectory()),
  devices: [
    identifiers(
      { phoneNumber: '+36721601234567' },
      { networkAccessIdentifier: 'device@testcsp.net' },
      { networkAccessIdentifier: 'device@TestCSP.NET' },
      { ipv4Address: { publicAddress: '233.252.0.2', publicPort: 80 } },
      { ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25' } },
      { ipv6Address: '2001:db8:1:2::1' },
      { ipv6Address: '2001:0DB8:0001:0002:ffff::9' },
    ),
    identifiers({ phoneNumber: '+36721601234568' }, { ipv4Address: { publicAddress: '192.0.2.26', publicPort: 443 } }),
  ],
  strangers: identifiers(
    { phoneNumber: '+36721601234569' },
    { networkAccessIdentifier: 'Device@testcsp.net' },
    { ipv4Address: { publicAddress: '233.252.0.2', publicPort: 81 } },
    { ipv4Address: { publicAddress: '233.252.0.3', privateAddress: '192.0.2.25' } },
    { ipv6Address: '2001:db8:1:3::1' },
  ),
}))

describe('the directory of the store', () => {
  it('resolves only the configured kinds', async () => {
    const { directory, close } = await openDirectory(['phoneNumber'])
    expect(directory.supports).toEqual(new Set(['phoneNumber']))
    const [phone, nai] = identifiers({ phoneNumber: '+36721601234567', networkAccessIdentifier: 'device@testcsp.net' })
    expect(await directory.resolve(phone as Identifier)).toMatchObject({ id: 'page-device' })
    expect(await directory.resolve(nai as Identifier)).toBeUndefined()
    await close()
  })

  it('drops temporary addresses of a device by the clock', async () => {
    let now: number = NOON
    const { directory, close } = await openDirectory(IDENTIFIER_KINDS, () => now)
    const [address] = identifiers({ ipv4Address: { publicAddress: '233.252.0.2', publicPort: 80 } })
    expect(await directory.resolve(address as Identifier)).toMatchObject({ addresses: { ipv4: '192.0.2.25/32' } })
    now = at(60)
    expect(await directory.resolve(address as Identifier)).toBeUndefined()
    await close()
  })
})
