// The behaviour of the simulated network for a reservation: as an operator has set it, or by the device.

import type { Prefix } from '../../domain/address.js'
import type { DeviceAddresses } from '../../domain/flow.js'

export type Behaviour =
  | { readonly kind: 'grant' }
  | { readonly kind: 'refuse' }
  /** Answers "pending", and refuses `afterMs` later. */
  | { readonly kind: 'refuse-late'; readonly afterMs: number }
  /** Answers "pending", and grants `afterMs` later. */
  | { readonly kind: 'late'; readonly afterMs: number }
  /** Answers "pending", and nothing afterwards. */
  | { readonly kind: 'never' }
  /** Grants, and ends the reservation `afterMs` later. */
  | { readonly kind: 'lose'; readonly afterMs: number }
  /** The call fails: the caller cannot know whether the network received it. */
  | { readonly kind: 'unreachable' }

/** Devices with a fixed behaviour, by their IPv4 address: like the test cards of a payment service. */
export type TestDevices = ReadonlyMap<Prefix, Behaviour>

/** The behaviour of a device's address. */
export const behaviourOf = ({ ipv4 }: DeviceAddresses, testDevices: TestDevices): Behaviour =>
  (ipv4 && testDevices.get(ipv4)) ?? { kind: 'grant' }
