// How the simulated network treats a reservation: as an operator says, or by the device it is for.

import type { Prefix } from '../../domain/address.js'
import type { Flow } from '../../domain/flow.js'

export type Behaviour =
  | { readonly kind: 'grant' }
  | { readonly kind: 'refuse' }
  /** Answers "pending", and grants `afterMs` later. */
  | { readonly kind: 'late'; readonly afterMs: number }
  /** Answers "pending", and never anything else. */
  | { readonly kind: 'never' }
  /** Grants, and ends it `afterMs` later. */
  | { readonly kind: 'lose'; readonly afterMs: number }
  /** The call fails: the caller cannot know whether the network heard. */
  | { readonly kind: 'unreachable' }

export interface TestDevice {
  readonly ipv4: Prefix
  readonly behaviour: Behaviour
  readonly description: string
}

const testDevice = (address: string, behaviour: Behaviour, description: string): TestDevice => ({
  ipv4: `${address}/32` as Prefix,
  behaviour,
  description,
})

/**
 * Devices at these addresses are treated so, always: like the test cards of a payment service, they let an application
 * meet every answer of a network. The addresses are documentation's own (RFC 5737) and belong to nobody.
 */
export const TEST_DEVICES: readonly TestDevice[] = [
  testDevice('192.0.2.101', { kind: 'refuse' }, 'the network refuses'),
  testDevice('192.0.2.102', { kind: 'late', afterMs: 5_000 }, 'the network grants after 5 s'),
  testDevice('192.0.2.103', { kind: 'never' }, 'the network never answers'),
  testDevice('192.0.2.104', { kind: 'lose', afterMs: 10_000 }, 'the network grants, and ends it after 10 s'),
]

/** What the device of a flow asks for by its address. */
export const behaviourOf = (flow: Flow): Behaviour =>
  TEST_DEVICES.find(({ ipv4 }) => ipv4 === flow.device.ipv4)?.behaviour ?? { kind: 'grant' }
