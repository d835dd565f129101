// What a new sandbox knows from the start.

import type { DeviceId } from '@rightofway/camara'
import { TEST_DEVICES } from '../adapters/network-simulator/behaviour.js'
import type { Prefix } from '../domain/address.js'
import type { DeviceRecord, Store } from '../ports/store.js'

/** The device of the page "Creating a Session with duration". */
const PAGE_DEVICE: DeviceRecord = {
  id: 'page-device' as DeviceId,
  phoneNumber: '+36721601234567',
  networkAccessIdentifier: 'device@testcsp.net',
  addresses: [
    { address: '192.0.2.25/32' as Prefix, publicAddress: '233.252.0.2', publicPorts: [80, 80], source: 'sandbox' },
    { address: '2001:db8:1234:5678::/64' as Prefix, source: 'sandbox' },
  ],
}

const testDevices: readonly DeviceRecord[] = TEST_DEVICES.map(({ ipv4 }, index) => ({
  id: `test-device-${index + 1}` as DeviceId,
  phoneNumber: `+9999999000${index + 1}`,
  addresses: [{ address: ipv4, source: 'sandbox' }],
}))

export const WORLD: readonly DeviceRecord[] = [PAGE_DEVICE, ...testDevices]

/** Fills a store that knows no devices. */
export async function createWorld(store: Store): Promise<void> {
  if ((await store.devices.list(undefined, 1)).length > 0) return
  await Promise.all(WORLD.map((device) => store.devices.put(device)))
}
