import type { DeadLetter } from '../../ports/store/events.js'
import type { Deps } from '../deps.js'

/** Events that could not be delivered, oldest first. */
export const listDeadLetters = ({ store }: Pick<Deps, 'store'>, limit: number): Promise<readonly DeadLetter[]> =>
  store.events.deadLetters(limit)
