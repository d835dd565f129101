// Admission control: whether the network has capacity for one more guarantee.

import { rulesOf } from '../pcf/held-rules.js'
import type { PccRule } from '../pcf/rules.js'
import { Refusal } from '../transport/answer.js'
import type { Settings } from './settings.js'
import type { Held, Store } from './store.js'

/** Bits per second. */
export interface Guarantee {
  readonly downlinkBps: number
  readonly uplinkBps: number
}

const NOTHING: Guarantee = { downlinkBps: 0, uplinkBps: 0 }

const sum = (all: readonly Guarantee[]): Guarantee =>
  all.reduce((left, right) => {
    return { downlinkBps: left.downlinkBps + right.downlinkBps, uplinkBps: left.uplinkBps + right.uplinkBps }
  }, NOTHING)

/** The guarantees of PCC rules. */
export const guaranteeOf = (rules: readonly PccRule[]): Guarantee =>
  sum(rules.map(({ gbrDlBps = 0, gbrUlBps = 0 }) => ({ downlinkBps: gbrDlBps, uplinkBps: gbrUlBps })))

/** The guarantee of a NEF's `qosReference`, a name or a 5QI. */
export function guaranteeOfReference({ qosReferences }: Settings, reference: unknown): Guarantee {
  const found =
    typeof reference === 'number'
      ? Object.values(qosReferences).find(({ fiveQi }) => fiveQi === reference)
      : Object.entries(qosReferences).find(([name]) => name === reference)?.[1]
  return { downlinkBps: found?.downlinkBps ?? 0, uplinkBps: found?.uplinkBps ?? 0 }
}

function guaranteeHeld(store: Store, held: Held): Guarantee {
  if (held.door === 'pcf') return guaranteeOf(rulesOf(store, held))
  const { status, qosReference } = held.document
  return status === 'PENDING' || status === 'FAILED' ? NOTHING : guaranteeOfReference(store.settings, qosReference)
}

/** @throws {Refusal} the remaining capacity is too small */
export function refuseBeyondCapacity(store: Store, status: number, wanted: Guarantee): void {
  const { capacity } = store.settings
  if (capacity === undefined || capacity === null) return
  const held = [...store.list('pcf'), ...store.list('nef')].map((each) => guaranteeHeld(store, each))
  const all = sum([...held, wanted])
  const isTooMuch = (direction: keyof Guarantee) => wanted[direction] > 0 && all[direction] > capacity[direction]
  if (!isTooMuch('downlinkBps') && !isTooMuch('uplinkBps')) return
  throw new Refusal(status, {
    title: 'Forbidden',
    cause: 'REQUESTED_SERVICE_TEMPORARILY_NOT_AUTHORIZED',
    detail: 'The network has no room for it',
  })
}
