// Devices, their identifiers and their addresses.

import type { DeviceId, Instant } from '@rightofway/camara'
import type { Prefix } from '../../domain/address.js'
import type { DeviceName, Entitlements, ResolvedDevice } from '../../domain/device.js'
import type { PortRange } from '../../domain/ports.js'

/** An address that a device has, for as long as it has it. */
export interface AddressBinding {
  /** As its network sees it: an IPv4 address or an IPv6 prefix. */
  readonly address: Prefix
  /** With NAT: the address that servers see. */
  readonly publicAddress?: string
  /** Which ports of `publicAddress` are this device's. Absent: all of them. */
  readonly publicPorts?: PortRange
  /** Where the binding comes from: `admin`, `import`, a lease, an accounting session ... */
  readonly source: string
  /** Absent: until it is replaced. */
  readonly expiresAt?: Instant
}

export interface DeviceRecord extends Entitlements {
  readonly id: DeviceId
  readonly phoneNumber?: string
  readonly networkAccessIdentifier?: string
  /** How a mobile core knows its subscriber: `imsi-001010000000001`. */
  readonly supi?: string
  readonly addresses: readonly AddressBinding[]
}

/** Devices that have each of these words, in any letter case. */
export interface DeviceSearch {
  /** In lower case. */
  readonly words: readonly string[]
  /** Whether numbers, names on the network and addresses are looked through; ids always are. */
  readonly personal: boolean
}

export interface DeviceStore {
  /**
   * Adds a device or replaces it. An address that another device had is taken from that device.
   * @throws {IdentifierTaken} a phone number or network access identifier is another device's
   */
  put(device: DeviceRecord): Promise<void>
  /**
   * As {@link put}, all of them or none, also if the gateway is killed meanwhile. Some devices may be visible before
   * the others; {@link moved} names none of them before all are stored.
   * @throws {IdentifierTaken} naming the device, one of them or known before, that stands in the way
   */
  putAll(devices: readonly DeviceRecord[]): Promise<void>
  /**
   * Replaces the addresses that `source` has given for the device. They come before
   * those of other sources. What has expired by `now` is forgotten.
   * @returns the device as it is then; undefined if there is no such device
   */
  bind(
    id: DeviceId,
    source: string,
    addresses: readonly AddressBinding[],
    now: Instant,
  ): Promise<DeviceRecord | undefined>
  /** Forgets addresses that have expired. @returns when the next one will; undefined if none has an end */
  expire(now: Instant): Promise<Instant | undefined>
  /**
   * At most `limit` devices whose addresses are not what they were, and whose sessions have still to follow, with what
   * they are now. Recorded in the commit that changed them.
   */
  moved(limit: number): Promise<readonly MovedDevice[]>
  /** The sessions of these devices have been updated. Does nothing for a device whose addresses changed again since. */
  settleMoved(moved: readonly MovedDevice[]): Promise<void>
  find(id: DeviceId): Promise<DeviceRecord | undefined>
  /** Devices in the order of their ids, those after `after`: all, or those that `search` finds. */
  list(after: DeviceId | undefined, limit: number, search?: DeviceSearch): Promise<readonly DeviceRecord[]>
  /** @returns false if there is no such device */
  delete(id: DeviceId): Promise<boolean>
  resolve(name: DeviceName, now: Instant): Promise<ResolvedDevice | undefined>
  /** Calls `listener` whenever devices or their addresses were changed. Returns the function that stops it. */
  watch(listener: () => void): () => void
}

/** A device whose addresses have changed. */
export interface MovedDevice {
  readonly device: DeviceId
  /** Counts the changes. */
  readonly times: number
  /** Its addresses now; expired ones may be among them. */
  readonly addresses: readonly AddressBinding[]
}

/** A device is already known by this identifier. */
export class IdentifierTaken extends Error {
  override readonly name = 'IdentifierTaken'
  /** @param wanted the device that cannot have it */
  constructor(
    readonly kind: 'phoneNumber' | 'networkAccessIdentifier',
    readonly wanted: DeviceId,
  ) {
    super(`another device has this ${kind}`)
  }
}
