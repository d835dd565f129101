import type { Held, Store } from '../state/store.js'
import { Refusal } from '../transport/answer.js'
import { PCF_CORES } from './cores.js'
import { requestOf } from './notifications.js'
import type { PccRule } from './rules.js'

/** The rules of a context at the SMF. Empty if settings that were changed since would refuse it. */
export function rulesOf({ settings }: Store, held: Held): readonly PccRule[] {
  try {
    return PCF_CORES[settings.core].rules({ settings, appSessionId: held.id, request: requestOf(held) })
  } catch (error) {
    if (error instanceof Refusal) return []
    throw error
  }
}
