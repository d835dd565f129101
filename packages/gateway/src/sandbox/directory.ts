// The devices of a sandbox: those in its store, and what no store has: a range of numbers each of which becomes a device
// when it is first named, a second name of one, and kinds of identifiers that are switched off and on while it runs.

import type { DeviceId } from '@rightofway/camara'
import type { Prefix } from '../domain/address.js'
import type { DeviceName, IdentifierKind, ResolvedDevice } from '../domain/device.js'
import type { DeviceDirectory } from '../ports/device-directory.js'
import type { DeviceRecord, DeviceStore } from '../ports/store/devices.js'
import { DEVICES, RANGE } from './world.js'

const IN_RANGE = new RegExp(`^\\${RANGE.prefix}([0-9]{${RANGE.digits}})$`)

export class SandboxDirectory implements DeviceDirectory {
  readonly binds: boolean
  readonly #known: DeviceDirectory
  readonly #devices: Pick<DeviceStore, 'put'>
  #supports: ReadonlySet<IdentifierKind>

  /**
   * @param known the devices that are stored
   * @param devices where those of the range are added
   */
  constructor(known: DeviceDirectory, devices: Pick<DeviceStore, 'put'>) {
    this.#known = known
    this.#devices = devices
    this.binds = known.binds
    this.#supports = known.supports
  }

  get supports(): ReadonlySet<IdentifierKind> {
    return this.#supports
  }

  /** Switches kinds of identifiers off and on; of those that the gateway is configured to support. */
  support(kinds: readonly IdentifierKind[]): void {
    this.#supports = new Set(kinds.filter((kind) => this.#known.supports.has(kind)))
  }

  async resolve(name: DeviceName): Promise<ResolvedDevice | undefined> {
    if (name.kind !== 'id' && !this.#supports.has(name.kind)) return undefined
    const device = (await this.#known.resolve(unaliased(name))) ?? (await this.#born(name))
    const only = DEVICES.find(({ id }) => id === device?.id)?.onlyProfiles
    return device === undefined || only === undefined ? device : { ...device, onlyProfiles: only }
  }

  async #born(name: DeviceName): Promise<ResolvedDevice | undefined> {
    const device = inRange(name)
    if (device === undefined) return undefined
    await this.#devices.put(device)
    return this.#known.resolve(name)
  }
}

function unaliased(name: DeviceName): DeviceName {
  if (name.kind !== 'networkAccessIdentifier') return name
  const device = DEVICES.find(({ alias }) => alias === name.nai)
  return device === undefined ? name : { kind: 'id', id: device.id as DeviceId }
}

/** The device that a number of the range is; undefined if the name is none. */
function inRange(name: DeviceName): DeviceRecord | undefined {
  const digits = name.kind === 'phoneNumber' ? IN_RANGE.exec(name.phoneNumber)?.[1] : undefined
  if (name.kind !== 'phoneNumber' || digits === undefined) return undefined
  const number = Number(digits)
  // RANGE.addresses: twelve bits are given, and twenty are more than a million.
  const address = `100.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}/32` as Prefix
  const { phoneNumber } = name
  return { id: `phone-${phoneNumber.slice(1)}` as DeviceId, phoneNumber, addresses: [{ address, source: 'sandbox' }] }
}
