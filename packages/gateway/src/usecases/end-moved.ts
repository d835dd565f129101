import { decide } from './decide.js'
import type { Deps } from './deps.js'

/**
 * Ends the sessions about addresses that went to another device: whoever has an address now must not inherit what its
 * last holder was promised. What could not be ended is tried again with the next call; the gateway begins with one.
 */
export async function endMoved(deps: Pick<Deps, 'store' | 'clock'>): Promise<void> {
  const { devices, sessions } = deps.store
  for (const moved of await devices.moved()) {
    for (const stored of await sessions.liveOfDevice(moved.from)) {
      const { id, flow } = stored.session
      if (!Object.values(flow.device).includes(moved.address)) continue
      await decide(deps, id, () => ({ event: { type: 'lost' } }), stored)
    }
    await devices.settleMoved(moved)
  }
}
