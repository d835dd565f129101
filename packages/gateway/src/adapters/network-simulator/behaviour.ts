// How the simulated network treats a reservation: as an operator says, or by the device it is for.

import type { Prefix } from '../../domain/address.js'
import type { DeviceAddresses } from '../../domain/flow.js'

export type Behaviour =
  | { readonly kind: 'grant' }
  | { readonly kind: 'refuse' }
  /** Answers "pending", and refuses `afterMs` later. */
  | { readonly kind: 'refuse-late'; readonly afterMs: number }
  /** Answers "pending", and grants `afterMs` later. */
  | { readonly kind: 'late'; readonly afterMs: number }
  /** Answers "pending", and never anything else. */
  | { readonly kind: 'never' }
  /** Grants, and ends it `afterMs` later. */
  | { readonly kind: 'lose'; readonly afterMs: number }
  /** The call fails: the caller cannot know whether the network heard. */
  | { readonly kind: 'unreachable' }

/** Devices that are always treated so, by their IPv4 address: like the test cards of a payment service. */
export type TestDevices = ReadonlyMap<Prefix, Behaviour>

/** What a device asks for by its address. */
export const behaviourOf = ({ ipv4 }: DeviceAddresses, testDevices: TestDevices): Behaviour =>
  (ipv4 && testDevices.get(ipv4)) ?? { kind: 'grant' }
