import type { DeviceName, IdentifierKind, ResolvedDevice } from '../domain/device.js'

/** Knows which device an identifier names, and at which addresses it can be found. */
export interface DeviceDirectory {
  /** Kinds of identifiers that it can resolve. */
  readonly supports: ReadonlySet<IdentifierKind>
  /** Whether addresses are bindings in the store, which can go from one device to another. */
  readonly binds: boolean
  /**
   * The device; undefined if no device is known by that name, or it is an identifier of a kind that is not supported.
   * A device can always be found by its own identity.
   */
  resolve(name: DeviceName): Promise<ResolvedDevice | undefined>
}
