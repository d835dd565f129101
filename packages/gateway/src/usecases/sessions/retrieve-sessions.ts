import type { Device } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { asOf, type Session } from '../../domain/session.js'
import type { Deps } from '../deps.js'
import { parseDevice, requireDevice } from '../devices/resolve-device.js'

/** The most sessions that one answer lists (schema `RetrieveSessionsOutput`). */
const LIMIT = 100

/**
 * The caller's sessions for a device, by whatever name they were made: live first, newest first.
 * @throws {QodError} `INVALID_ARGUMENT` and those of an identifier
 */
export async function retrieveSessions(
  deps: Deps,
  body: { device?: Device },
  caller: Caller,
): Promise<readonly Session[]> {
  const { id } = await requireDevice(deps, caller, parseDevice(body.device))
  const now = deps.clock.now()
  return (await deps.store.sessions.ofDevice(id, caller.application, LIMIT, caller.subject))
    .map(({ session }) => asOf(session, now))
    .filter((session) => session !== undefined)
}
