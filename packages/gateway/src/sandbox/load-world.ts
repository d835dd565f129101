import type { ApplicationId, DeviceId, Instant, Mutable } from '@rightofway/camara'
import type { TestDevices } from '../adapters/network-simulator/behaviour.js'
import { type NewKey, recordOf } from '../auth/callers/application-keys.js'
import type { Prefix } from '../domain/address.js'
import type { AddressBinding, DeviceRecord } from '../ports/store/devices.js'
import type { Store } from '../ports/store/store.js'
import { APPLICATIONS, DEVICES, keyText, PROFILES, type WorldDevice, type WorldKey } from './world.js'

const LOADED = 'sandbox-world'

/** Fills the store of a sandbox, once: what was changed since then stays so. */
export async function loadWorld(store: Store, at: Instant): Promise<void> {
  if ((await store.settings.get(LOADED)) !== undefined) return
  // A sandbox that is older than its world has devices of its own.
  if ((await store.devices.list(undefined, 1)).length === 0) await store.devices.putAll(DEVICES.map(toRecord))
  await Promise.all(PROFILES.map(({ profile }) => store.profiles.put(profile, { by: 'the sandbox', at })))
  for (const { id, name, keys } of APPLICATIONS) {
    const application = id as ApplicationId
    if ((await store.applications.find(application)) === undefined) {
      await store.applications.create({ id: application, name, createdAt: at })
    }
    for (const key of keys) {
      if ((await store.applications.findKey(key.prefix)) !== undefined) continue
      await store.applications.addKey(recordOf(keyText(key), toKey(key, application, at)))
    }
  }
  await store.settings.set(LOADED, 'yes')
}

/** How the simulated network treats the devices of the world. */
export const TEST_DEVICES: TestDevices = new Map(
  DEVICES.flatMap(({ ipv4, behaviour }) =>
    ipv4 === undefined || behaviour === undefined ? [] : [[`${ipv4}/32` as Prefix, behaviour] as const],
  ),
)

function toRecord({
  id,
  phoneNumber,
  networkAccessIdentifier,
  services,
  profiles,
  ...rest
}: WorldDevice): DeviceRecord {
  const record: Mutable<DeviceRecord> = { id: id as DeviceId, addresses: addressesOf(rest) }
  if (phoneNumber !== undefined) record.phoneNumber = phoneNumber
  if (networkAccessIdentifier !== undefined) record.networkAccessIdentifier = networkAccessIdentifier
  if (services !== undefined) record.services = services
  if (profiles !== undefined) record.profiles = profiles
  return record
}

function addressesOf({ ipv4, publicIpv4, ipv6 }: Pick<WorldDevice, 'ipv4' | 'publicIpv4' | 'ipv6'>): AddressBinding[] {
  const addresses: AddressBinding[] = []
  if (ipv4 !== undefined) {
    const binding: Mutable<AddressBinding> = { address: `${ipv4}/32` as Prefix, source: 'sandbox' }
    if (publicIpv4 !== undefined) {
      binding.publicAddress = publicIpv4.address
      binding.publicPorts = [publicIpv4.port, publicIpv4.port]
    }
    addresses.push(binding)
  }
  if (ipv6 !== undefined) addresses.push({ address: ipv6 as Prefix, source: 'sandbox' })
  return addresses
}

function toKey(
  { what, scopes, compatibility, client }: WorldKey,
  application: ApplicationId,
  createdAt: Instant,
): NewKey {
  const key: Mutable<NewKey> = { application, name: what, createdAt }
  if (scopes !== undefined) key.scopes = scopes
  if (compatibility !== undefined) key.compatibility = compatibility
  if (client !== undefined) key.client = { grantTypes: client, redirectUris: [] }
  return key
}
