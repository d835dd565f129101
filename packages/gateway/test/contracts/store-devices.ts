import type { DeviceId, Instant } from '@rightofway/camara'
import { expect } from 'vitest'
import { parseAddress, parsePrefix } from '../../src/domain/address.js'
import { type Identifier, normalizeNai } from '../../src/domain/device.js'
import { at, NOON } from '../../src/domain/session.fixture.js'
import {
  type AddressBinding,
  type DeviceRecord,
  IdentifierTaken,
  type MovedDevice,
} from '../../src/ports/store/devices.js'
import type { Store } from '../../src/ports/store/store.js'
import type { ContractTest } from '../support/contract.js'
import type { WithStore } from './store-context.js'

const v4 = (text: string) => parsePrefix(text, 'ipv4', 'test')
const v6 = (text: string) => parsePrefix(text, 'ipv6', 'test')
const binding = (address: AddressBinding['address'], more: Partial<AddressBinding> = {}): AddressBinding => ({
  address,
  source: 'admin',
  ...more,
})
const device = (id: string, more: Partial<DeviceRecord> = {}): DeviceRecord => ({
  id: id as DeviceId,
  addresses: [],
  ...more,
})

const byPhone = (phoneNumber: string): Identifier => ({ kind: 'phoneNumber', phoneNumber })
const byNai = (nai: string): Identifier => ({ kind: 'networkAccessIdentifier', nai: normalizeNai(nai) })
const byIpv6 = (address: string): Identifier => ({ kind: 'ipv6Address', address: v6(address) })
const byIpv4 = (publicAddress: string, more: { privateAddress?: string; publicPort?: number }): Identifier => ({
  kind: 'ipv4Address',
  publicAddress: parseAddress(publicAddress, 'ipv4', 'test'),
  ...more,
})

const idBy = async ({ devices }: Store, identifier: Identifier, now: Instant = NOON): Promise<string | undefined> =>
  (await devices.resolve(identifier, now))?.id

const MANY = 1_000

async function settleAll(devices: Store['devices']): Promise<void> {
  await devices.settleMoved(await devices.moved(MANY))
}

export function describeDevices(test: ContractTest, withStore: WithStore): void {
  test(
    'resolves a device by its identity, until it is deleted',
    withStore(async ({ store: { devices } }) => {
      const id = 'd-1' as DeviceId
      await devices.put(device('d-1', { addresses: [binding(v4('10.0.0.7/32'))] }))
      expect(await devices.resolve({ kind: 'id', id }, NOON)).toEqual({ id, addresses: { ipv4: '10.0.0.7/32' } })
      await devices.delete(id)
      expect(await devices.resolve({ kind: 'id', id }, NOON)).toBeUndefined()
    }),
  )

  test(
    'keeps a device as it was put, replaces it whole, and forgets it',
    withStore(async ({ store, reopen }) => {
      const full = device('d-1', {
        phoneNumber: '+36721601234567',
        networkAccessIdentifier: 'Device@TestCSP.net',
        supi: 'imsi-001010000000001',
        addresses: [
          binding(v4('192.0.2.25'), { publicAddress: '233.252.0.2', publicPorts: [80, 90], source: 'dhcp' }),
          binding(v6('2001:db8:1234:5678::/64'), { expiresAt: at(3600) }),
        ],
      })
      await store.devices.put(full)
      expect(await store.devices.find(full.id)).toEqual(full)
      const { devices } = await reopen()
      expect(await devices.find(full.id)).toEqual(full)

      const slim = device('d-1', { addresses: [binding(v4('192.0.2.26'))] })
      await devices.put(slim)
      expect(await devices.find(full.id)).toEqual(slim)
      expect(await devices.resolve(byPhone('+36721601234567'), NOON)).toBeUndefined()
      expect(await devices.resolve(byIpv6('2001:db8:1234:5678::1'), NOON)).toBeUndefined()

      expect(await devices.delete(full.id)).toBe(true)
      expect(await devices.delete(full.id)).toBe(false)
      expect(await devices.find(full.id)).toBeUndefined()
      expect(await devices.resolve(byIpv4('192.0.2.26', { publicPort: 1 }), NOON)).toBeUndefined()
    }),
  )

  test(
    'lists devices in the order of their ids, page by page',
    withStore(async ({ store: { devices } }) => {
      const all = ['a', 'b', 'c', 'd', 'e'].map((id) => device(id))
      for (const record of all.toReversed()) await devices.put(record)
      expect(await devices.list(undefined, 2)).toEqual(all.slice(0, 2))
      expect(await devices.list('b' as DeviceId, 2)).toEqual(all.slice(2, 4))
      expect(await devices.list('d' as DeviceId, 2)).toEqual(all.slice(4))
      expect(await devices.list('e' as DeviceId, 2)).toEqual([])
    }),
  )

  test(
    'lists devices that have every word that is searched for, from the whole store and page by page',
    withStore(async ({ store: { devices } }) => {
      const camera = device('Camera-7', {
        phoneNumber: '+36721601234567',
        networkAccessIdentifier: 'Cam7@Campus.example',
        addresses: [{ ...binding(v4('192.0.2.25')), publicAddress: '198.51.100.7' }],
      })
      const other = device('camera-8', { addresses: [binding(v6('2001:db8:8::'))] })
      const bare = device('door-1')
      await devices.putAll([camera, other, bare])
      const found = async (words: string[], personal = true, after?: DeviceId) =>
        (await devices.list(after, 10, { words, personal })).map(({ id }) => id)
      expect(await found(['camera'])).toEqual(['Camera-7', 'camera-8'])
      expect(await found(['camera'], true, 'Camera-7' as DeviceId)).toEqual(['camera-8'])
      expect((await devices.list(undefined, 1, { words: ['camera'], personal: true })).length).toBe(1)
      for (const word of ['601234', 'cam7@campus', '192.0.2.25', '198.51.100.7']) {
        expect(await found([word])).toEqual(['Camera-7'])
        expect(await found([word], false)).toEqual([])
      }
      expect(await found(['camera', '2001:db8'])).toEqual(['camera-8'])
      expect(await found(['door', 'camera'])).toEqual([])
      for (const word of ['%', '_', "'", '\\', '*']) expect(await found([word])).toEqual([])
      expect(await found(['camera-7'], false)).toEqual(['Camera-7'])
      expect(await devices.list(undefined, 10, { words: ['cam7@campus'], personal: true })).toEqual([camera])
    }),
  )

  // --- identifiers ---

  test(
    'finds a device by its phone number, with its addresses, one of each family',
    withStore(async ({ store: { devices } }) => {
      await devices.put(
        device('d-1', {
          phoneNumber: '+36721601234567',
          addresses: [
            binding(v4('192.0.2.25')),
            binding(v4('192.0.2.26')),
            binding(v6('2001:db8:1::/64')),
            binding(v6('2001:db8:2::/64')),
          ],
        }),
      )
      expect(await devices.resolve(byPhone('+36721601234567'), NOON)).toEqual({
        id: 'd-1',
        phoneNumber: '+36721601234567',
        addresses: { ipv4: '192.0.2.25/32', ipv6: '2001:db8:1::/64' },
      })
      expect(await devices.resolve(byPhone('+36721601234568'), NOON)).toBeUndefined()
    }),
  )

  test(
    'finds a device by its NAI, whatever the case of the realm, and not of the user [RFC 7542 section 2.4]',
    withStore(async ({ store }) => {
      await store.devices.put(device('d-1', { networkAccessIdentifier: 'Device@TestCSP.net' }))
      expect(await idBy(store, byNai('Device@testcsp.NET'))).toBe('d-1')
      expect(await idBy(store, byNai('device@testcsp.net'))).toBeUndefined()
    }),
  )

  test(
    'does not give a phone number or an NAI to a second device [IdentifierTaken]',
    withStore(async ({ store: { devices } }) => {
      const first = device('d-1', { phoneNumber: '+15550001', networkAccessIdentifier: 'one@Example.org' })
      await devices.put(first)
      const phone = devices.put(device('d-2', { phoneNumber: '+15550001' }))
      await expect(phone).rejects.toMatchObject({ name: 'IdentifierTaken', kind: 'phoneNumber' })
      const nai = devices.put(device('d-2', { networkAccessIdentifier: 'one@example.ORG' }))
      await expect(nai).rejects.toBeInstanceOf(IdentifierTaken)
      await expect(nai).rejects.toMatchObject({ kind: 'networkAccessIdentifier' })
      expect(await devices.find('d-2' as DeviceId)).toBeUndefined()
      expect(await devices.find('d-1' as DeviceId)).toEqual(first)
      // Its own are no obstacle, and free once it has let them go.
      await devices.put({ ...first, networkAccessIdentifier: 'one@example.org' })
      await devices.put(device('d-1'))
      await devices.put(device('d-2', { phoneNumber: '+15550001', networkAccessIdentifier: 'one@example.org' }))
    }),
  )

  // --- IPv4 ---

  test(
    'finds a device behind NAT by its public and private address, both of them right',
    withStore(async ({ store }) => {
      const addresses = [binding(v4('192.0.2.25'), { publicAddress: '233.252.0.2' })]
      await store.devices.put(device('d-1', { addresses }))
      expect(await idBy(store, byIpv4('233.252.0.2', { privateAddress: '192.0.2.25' }))).toBe('d-1')
      expect(await idBy(store, byIpv4('233.252.0.3', { privateAddress: '192.0.2.25' }))).toBeUndefined()
      expect(await idBy(store, byIpv4('233.252.0.2', { privateAddress: '192.0.2.26' }))).toBeUndefined()
    }),
  )

  test(
    'finds a device by a private address alone where its public one is not known',
    withStore(async ({ store }) => {
      await store.devices.put(device('d-1', { addresses: [binding(v4('10.0.0.7'))] }))
      expect(await idBy(store, byIpv4('233.252.0.2', { privateAddress: '10.0.0.7' }))).toBe('d-1')
    }),
  )

  test(
    'finds a device behind NAT by its public address and one of its ports',
    withStore(async ({ store }) => {
      const behind = (address: string, publicPorts: readonly [number, number]) => [
        binding(v4(address), { publicAddress: '233.252.0.2', publicPorts }),
      ]
      await store.devices.put(device('d-1', { addresses: behind('10.0.0.1', [1024, 2047]) }))
      await store.devices.put(device('d-2', { addresses: behind('10.0.0.2', [2048, 3071]) }))
      expect(await idBy(store, byIpv4('233.252.0.2', { publicPort: 1024 }))).toBe('d-1')
      expect(await idBy(store, byIpv4('233.252.0.2', { publicPort: 2047 }))).toBe('d-1')
      expect(await idBy(store, byIpv4('233.252.0.2', { publicPort: 2048 }))).toBe('d-2')
      expect(await idBy(store, byIpv4('233.252.0.2', { publicPort: 1023 }))).toBeUndefined()
      expect(await idBy(store, byIpv4('233.252.0.9', { publicPort: 1024 }))).toBeUndefined()
    }),
  )

  test(
    'prefers the device that has the port to the one that has the rest of the public address',
    withStore(async ({ store }) => {
      const publicAddress = '233.252.0.2'
      await store.devices.put(device('d-1', { addresses: [binding(v4('10.0.0.1'), { publicAddress })] }))
      const publicPorts = [5000, 5000] as const
      await store.devices.put(device('d-2', { addresses: [binding(v4('10.0.0.2'), { publicAddress, publicPorts })] }))
      expect(await idBy(store, byIpv4(publicAddress, { publicPort: 5000 }))).toBe('d-2')
      expect(await idBy(store, byIpv4(publicAddress, { publicPort: 5001 }))).toBe('d-1')
    }),
  )

  test(
    'finds a device without NAT by its own address, whatever the port',
    withStore(async ({ store }) => {
      await store.devices.put(device('d-1', { addresses: [binding(v4('198.51.100.7'))] }))
      expect(await idBy(store, byIpv4('198.51.100.7', { publicPort: 443 }))).toBe('d-1')
      expect(await idBy(store, byIpv4('198.51.100.7', { privateAddress: '198.51.100.7' }))).toBe('d-1')
    }),
  )

  // --- IPv6 ---

  test(
    'finds a device by any address of its prefix, whatever its length; the longest prefix counts',
    withStore(async ({ store }) => {
      await store.devices.put(device('d-48', { addresses: [binding(v6('2001:db8:1::/48'))] }))
      await store.devices.put(device('d-64', { addresses: [binding(v6('2001:db8:1:2::/64'))] }))
      await store.devices.put(device('d-128', { addresses: [binding(v6('2001:db8:1:2::9'))] }))
      expect(await idBy(store, byIpv6('2001:db8:1:ffff::1'))).toBe('d-48')
      expect(await idBy(store, byIpv6('2001:db8:1:2:aaaa::1'))).toBe('d-64')
      expect(await idBy(store, byIpv6('2001:db8:1:2::9'))).toBe('d-128')
      expect(await idBy(store, byIpv6('2001:db8:2::1'))).toBeUndefined()
      expect((await store.devices.resolve(byIpv6('2001:DB8:1:2:0:0:0:1'), NOON))?.addresses).toEqual({
        ipv6: '2001:db8:1:2::/64',
      })
    }),
  )

  // --- time, and other devices ---

  test(
    'does not know an address that has expired, neither by it nor in an answer',
    withStore(async ({ store }) => {
      await store.devices.put(
        device('d-1', {
          phoneNumber: '+15550001',
          addresses: [
            binding(v4('192.0.2.25'), { publicAddress: '233.252.0.2', expiresAt: at(60) }),
            binding(v4('192.0.2.26')),
            binding(v6('2001:db8:1:2::/64'), { expiresAt: at(60) }),
          ],
        }),
      )
      await store.devices.put(device('d-2', { addresses: [binding(v6('2001:db8:1::/48'))] }))
      const justBefore = (at(60) - 1) as Instant
      const resolve = (identifier: Identifier, now: Instant) => store.devices.resolve(identifier, now)
      expect((await resolve(byPhone('+15550001'), justBefore))?.addresses).toEqual({
        ipv4: '192.0.2.25/32',
        ipv6: '2001:db8:1:2::/64',
      })
      expect((await resolve(byPhone('+15550001'), at(60)))?.addresses).toEqual({ ipv4: '192.0.2.26/32' })
      for (const identifier of [
        byIpv4('233.252.0.2', { privateAddress: '192.0.2.25' }),
        byIpv4('233.252.0.2', { publicPort: 80 }),
      ]) {
        expect(await idBy(store, identifier, justBefore)).toBe('d-1')
        expect(await idBy(store, identifier, at(60))).toBeUndefined()
      }
      expect(await idBy(store, byIpv6('2001:db8:1:2::1'), justBefore)).toBe('d-1')
      expect(await idBy(store, byIpv6('2001:db8:1:2::1'), at(60))).toBe('d-2')
    }),
  )

  test(
    'moves an address to the device that has it now',
    withStore(async ({ store }) => {
      await store.devices.put(
        device('d-1', { phoneNumber: '+15550001', addresses: [binding(v4('192.0.2.25')), binding(v4('192.0.2.26'))] }),
      )
      await store.devices.put(device('d-2', { addresses: [binding(v4('192.0.2.25'), { source: 'dhcp' })] }))
      expect(await idBy(store, byIpv4('192.0.2.25', { publicPort: 1 }))).toBe('d-2')
      expect((await store.devices.find('d-1' as DeviceId))?.addresses).toEqual([binding(v4('192.0.2.26'))])
      expect((await store.devices.resolve(byPhone('+15550001'), NOON))?.addresses).toEqual({ ipv4: '192.0.2.26/32' })
    }),
  )

  test(
    'finds a device that has no address at all',
    withStore(async ({ store: { devices } }) => {
      await devices.put(device('d-1', { phoneNumber: '+15550001' }))
      expect(await devices.resolve(byPhone('+15550001'), NOON)).toEqual({
        id: 'd-1',
        phoneNumber: '+15550001',
        addresses: {},
      })
    }),
  )

  // --- addresses that change hands ---

  test(
    'notes whose addresses are not what they were, until that is settled',
    withStore(async ({ store: { devices }, reopen }) => {
      const [first, second] = [v4('10.0.0.1'), v4('10.0.0.2')]
      const source = 'dhcp'
      await devices.putAll([device('a', { addresses: [binding(first)] }), device('b')])
      await settleAll(devices)
      expect(await devices.bind('a' as DeviceId, source, [binding(second, { source })], NOON)).toMatchObject({
        addresses: [{ address: second }, { address: first }],
      })
      const [before] = await devices.moved(MANY)
      expect(before).toMatchObject({ device: 'a' })
      // An address that is named again is no change.
      await devices.bind('a' as DeviceId, source, [binding(second, { source })], NOON)
      expect(await devices.moved(MANY)).toEqual([before])
      await devices.bind('b' as DeviceId, source, [binding(first, { source })], NOON)
      const again = await reopen()
      const [after] = await again.devices.moved(MANY)
      expect(await again.devices.moved(MANY)).toMatchObject([{ device: 'a' }, { device: 'b' }])
      expect(after?.times).toBeGreaterThan(before?.times ?? Number.NaN)
      // It moved again before that was settled.
      await again.devices.settleMoved([before as MovedDevice])
      expect(await again.devices.moved(MANY)).toHaveLength(2)
      await settleAll(again.devices)
      expect(await again.devices.moved(MANY)).toEqual([])
      expect(await again.devices.bind('c' as DeviceId, source, [], NOON)).toBeUndefined()
      await again.devices.delete('b' as DeviceId)
      expect(await again.devices.moved(MANY)).toMatchObject([{ device: 'b' }])
    }),
  )

  test(
    'forgets addresses that have expired, and says when the next one will',
    withStore(async ({ store: { devices } }) => {
      const until = (address: string, seconds: number) => binding(v4(address), { expiresAt: at(seconds) })
      await devices.put(device('a', { addresses: [until('10.0.0.1', 60), binding(v4('10.0.0.2'))] }))
      await devices.put(device('b', { addresses: [until('10.0.0.3', 120)] }))
      await settleAll(devices)
      expect(await devices.expire(at(59))).toBe(at(60))
      expect(await devices.moved(MANY)).toEqual([])
      expect(await devices.expire(at(60))).toBe(at(120))
      expect(await devices.moved(MANY)).toMatchObject([{ device: 'a' }])
      expect((await devices.find('a' as DeviceId))?.addresses).toEqual([binding(v4('10.0.0.2'))])
      expect(await devices.expire(at(999))).toBeUndefined()
    }),
  )

  test(
    'tells whoever watches of every change',
    withStore(async ({ store: { devices } }) => {
      let changes = 0
      const stop = devices.watch(() => changes++)
      await devices.put(device('a'))
      await devices.bind('a' as DeviceId, 'dhcp', [binding(v4('10.0.0.1'))], NOON)
      await devices.delete('a' as DeviceId)
      // What is told goes ahead of what is answered later.
      await devices.find('a' as DeviceId)
      expect(changes).toBe(3)
      stop()
      await devices.put(device('a'))
      expect(changes).toBe(3)
    }),
  )

  test(
    'gives back what was sold for a device, with the device',
    withStore(async ({ store: { devices } }) => {
      const sold = device('d-1', { phoneNumber: '+15550001', services: [], profiles: ['GOLD'] })
      await devices.put(sold)
      expect(await devices.find(sold.id)).toEqual(sold)
      expect(await devices.resolve(byPhone('+15550001'), NOON)).toMatchObject({ services: [], profiles: ['GOLD'] })
    }),
  )

  test(
    'names at most as many devices as it is asked for, with the addresses that they have',
    withStore(async ({ store: { devices } }) => {
      const [first, second] = [binding(v4('10.0.0.1')), binding(v4('10.0.0.2'))]
      await devices.putAll([device('a', { addresses: [first] }), device('b', { addresses: [second] })])
      expect(await devices.moved(1)).toMatchObject([{ device: 'a', addresses: [first] }])
      await devices.delete('a' as DeviceId)
      expect(await devices.moved(2)).toMatchObject([
        { device: 'a', addresses: [] },
        { device: 'b', addresses: [second] },
      ])
    }),
  )

  test(
    'puts thousands of devices or none, while others ask for some',
    withStore(async ({ store: { devices }, reopen }) => {
      const many = Array.from({ length: 2_500 }, (_, n) =>
        device(`d-${String(n).padStart(4, '0')}`, {
          phoneNumber: `+1555${String(n).padStart(6, '0')}`,
          addresses: [binding(v4(`10.1.${n >> 8}.${n & 255}`))],
        }),
      )
      const stranger = device('z', { phoneNumber: '+1555002499' })
      await devices.put(stranger)
      await expect(devices.putAll(many)).rejects.toMatchObject({ wanted: 'd-2499', kind: 'phoneNumber' })
      const twice = [...many.slice(0, 2_000), device('y', { phoneNumber: '+1555000000' })]
      await expect(devices.putAll(twice)).rejects.toMatchObject({ wanted: 'y', kind: 'phoneNumber' })
      expect(await devices.list(undefined, MANY)).toEqual([stranger])

      await devices.delete(stranger.id)
      // Each has the number and the address of the next: some are in other pieces of the import.
      const turned = many.map((one, n) => {
        const { phoneNumber, addresses } = many[(n + 1) % many.length] as Required<DeviceRecord>
        return { ...one, phoneNumber, addresses }
      })
      await devices.putAll(many)
      const [, bound] = await Promise.all([
        devices.putAll(turned),
        devices.bind('d-0000' as DeviceId, 'dhcp', [binding(v4('10.9.9.9'), { source: 'dhcp' })], NOON),
      ])
      expect(bound?.addresses).toHaveLength(2)
      const again = (await reopen()).devices
      expect(await again.list('d-0000' as DeviceId, MANY)).toEqual(turned.slice(1, 1 + MANY))
      expect((await again.resolve(byPhone('+1555000000'), NOON))?.id).toBe('d-2499')
      for (let settled = 0; ; ) {
        const moved = await again.moved(MANY)
        settled += moved.length
        await again.settleMoved(moved)
        if (moved.length < MANY) return expect(settled).toBe(2_500)
      }
    }),
  )

  test(
    'puts all devices or none; those that are put together may swap their names',
    withStore(async ({ store: { devices } }) => {
      const [a, b] = [device('a', { phoneNumber: '+15550001' }), device('b', { phoneNumber: '+15550002' })]
      await devices.putAll([a, b])
      const stranger = device('c', { phoneNumber: '+15550001' })
      await expect(devices.putAll([device('d'), stranger])).rejects.toMatchObject({ wanted: 'c', kind: 'phoneNumber' })
      await expect(devices.putAll([device('d'), stranger])).rejects.toBeInstanceOf(IdentifierTaken)
      expect(await devices.find('d' as DeviceId)).toBeUndefined()
      await devices.putAll([device('a', { phoneNumber: '+15550002' }), device('b', { phoneNumber: '+15550001' })])
      expect((await devices.resolve(byPhone('+15550001'), NOON))?.id).toBe('b')
    }),
  )
}
