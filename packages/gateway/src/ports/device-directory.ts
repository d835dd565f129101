import type { Identifier, IdentifierKind, ResolvedDevice } from '../domain/device.js'

/** Knows which device an identifier names, and at which addresses it can be found. */
export interface DeviceDirectory {
  /** Kinds of identifiers it can resolve at all. */
  readonly supports: ReadonlySet<IdentifierKind>
  /** The device; undefined if no device is known by that identifier, or its kind is not supported. */
  resolve(identifier: Identifier): Promise<ResolvedDevice | undefined>
}
