import { type Device, QodError } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { normalizeNai } from '../../domain/device.js'
import type { Session } from '../../domain/session.js'
import type { Deps } from '../../usecases/deps.js'
import { newestSessions } from '../../usecases/sessions/newest-sessions.js'
import { retrieveSessions } from '../../usecases/sessions/retrieve-sessions.js'
import { tolerate } from './tolerance.js'

/** Maximum number of sessions in one answer, as in the contract. */
const LIMIT = 100
/** How many of an application's newest sessions are searched for a device as it was sent. */
const LOOKED_THROUGH = 1_000

/** With these, sessions may still have been created with that identifier and another. */
const MISSES: ReadonlySet<string> = new Set(['IDENTIFIER_NOT_FOUND', 'UNSUPPORTED_IDENTIFIER'])

/** All sessions of an application, newest first. */
export const listAll = (deps: Deps, caller: Caller): Promise<readonly Session[]> => newestSessions(deps, LIMIT, caller)

/**
 * Sessions of a device. Python sends one identifier, not always the one that resolved the create: lists the sessions of
 * the device that it identifies, and those whose create contained it.
 * @throws {QodError} `IDENTIFIER_NOT_FOUND`, `UNSUPPORTED_IDENTIFIER` and no create contained it
 */
export async function listNamed(deps: Deps, device: Device, caller: Caller): Promise<readonly Session[]> {
  const named = (await newestSessions(deps, LOOKED_THROUGH, caller)).filter(({ asked }) =>
    isNamed(asked.deviceAsSent ?? asked.device, device),
  )
  try {
    const resolved = await retrieveSessions(deps, { device }, caller)
    const others = named.filter(({ id }) => !resolved.some((session) => session.id === id))
    return [...resolved, ...others].slice(0, LIMIT)
  } catch (error) {
    if (!(error instanceof QodError && MISSES.has(error.code)) || named.length === 0) throw error
    return named.slice(0, LIMIT)
  }
}

function isNamed(sent: Device | undefined, { phoneNumber, networkAccessIdentifier: nai }: Device): boolean {
  const device = tolerate({ device: sent }).asked['device'] as Device | undefined
  if (nai !== undefined && normalizeNai(device?.networkAccessIdentifier ?? '') === normalizeNai(nai)) return true
  return phoneNumber !== undefined && device?.phoneNumber === phoneNumber
}
