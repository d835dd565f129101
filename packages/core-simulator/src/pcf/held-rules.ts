import type { Held, Store } from '../state/store.js'
import { Refusal } from '../transport/answer.js'
import { PCF_CORES } from './cores.js'
import { requestOf } from './notifications.js'
import type { PccRule } from './rules.js'

/** What the SMF was told of a context. Settings may have been changed since, to some that would refuse it: nothing then. */
export function rulesOf({ settings }: Store, held: Held): readonly PccRule[] {
  try {
    return PCF_CORES[settings.core].rules({ settings, appSessionId: held.id, request: requestOf(held) })
  } catch (error) {
    if (error instanceof Refusal) return []
    throw error
  }
}
