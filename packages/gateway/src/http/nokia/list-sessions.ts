import { type Device, QodError } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { normalizeNai } from '../../domain/device.js'
import type { Session } from '../../domain/session.js'
import type { Deps } from '../../usecases/deps.js'
import { newestSessions } from '../../usecases/sessions/newest-sessions.js'
import { retrieveSessions } from '../../usecases/sessions/retrieve-sessions.js'
import { tolerate } from './tolerance.js'

/** The most sessions that one answer lists, as in the contract. */
const LIMIT = 100
/** The newest sessions of an application that are looked through for what was sent with them. */
const LOOKED_THROUGH = 1_000

/** Nobody may be known by that identifier, and sessions may have been asked for with it beside another. */
const MISSES: ReadonlySet<string> = new Set(['IDENTIFIER_NOT_FOUND', 'UNSUPPORTED_IDENTIFIER'])

/** All sessions of an application, newest first. */
export const listAll = (deps: Deps, caller: Caller): Promise<readonly Session[]> => newestSessions(deps, LIMIT, caller)

/**
 * Sessions of a device. Python asks with one identifier, whichever of them the create went by: the sessions of the device
 * that it names, and those that were asked for with it.
 * @throws {QodError} `IDENTIFIER_NOT_FOUND`, `UNSUPPORTED_IDENTIFIER` and there are no such sessions either
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
