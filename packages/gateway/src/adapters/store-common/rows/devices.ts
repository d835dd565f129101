import type { DeviceId, Instant } from '@rightofway/camara'
import type { Family, Prefix } from '../../../domain/address.js'
import type { Entitlements, ResolvedDevice, Service } from '../../../domain/device.js'
import type { DeviceAddresses } from '../../../domain/flow.js'
import type { AddressBinding, DeviceRecord } from '../../../ports/store/devices.js'
import { parsed } from '../damaged-row.js'

export interface DeviceRow {
  id: DeviceId
  phone_number: string | null
  nai_as_given: string | null
  services: string | null
  profiles: string | null
  supi: string | null
}

export interface AddressRow {
  address: Prefix
  device: DeviceId
  family: Family
  public_address: string | null
  public_from: number | null
  public_to: number | null
  source: string
  expires_at: Instant | null
}

/** @throws {DamagedRow} naming the device */
function entitlements({ id, services, profiles }: DeviceRow): Entitlements {
  if (services === null && profiles === null) return NO_RESTRICTION
  return {
    ...(services !== null && { services: parsed<Service[]>(services, 'devices', id) }),
    ...(profiles !== null && { profiles: parsed<string[]>(profiles, 'devices', id) }),
  }
}
const NO_RESTRICTION: Entitlements = {}

export const toResolved = (row: DeviceRow, addresses: DeviceAddresses): ResolvedDevice => ({
  id: row.id,
  addresses,
  ...(row.phone_number !== null && { phoneNumber: row.phone_number }),
  ...(row.supi !== null && { supi: row.supi }),
  ...entitlements(row),
})

export const toBinding = (row: AddressRow): AddressBinding => ({
  address: row.address,
  source: row.source,
  ...(row.public_address !== null && { publicAddress: row.public_address }),
  ...(row.public_from !== null && row.public_to !== null && { publicPorts: [row.public_from, row.public_to] as const }),
  ...(row.expires_at !== null && { expiresAt: row.expires_at }),
})

export const toDevice = (row: DeviceRow, addresses: readonly AddressRow[]): DeviceRecord => ({
  id: row.id,
  ...(row.phone_number !== null && { phoneNumber: row.phone_number }),
  ...(row.nai_as_given !== null && { networkAccessIdentifier: row.nai_as_given }),
  ...(row.supi !== null && { supi: row.supi }),
  ...entitlements(row),
  addresses: addresses.map(toBinding),
})
