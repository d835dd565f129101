// What Nokia's clients send that the contract does not allow, made what it does (contract 3.3).

import type { Device } from '@rightofway/camara'
import type { Deps } from '../../usecases/deps.js'
import { longestDuration } from '../../usecases/profiles/longest-duration.js'

export type Members = Record<string, unknown>

export interface Tolerated {
  /** As the contract wants it. */
  readonly asked: Members
  /** The device as it was sent, all its identifiers, without what says nothing. */
  readonly device: Device | undefined
}

/** Numbers as Nokia's own schema has them: the plus may be missing. */
const NO_PLUS = /^[0-9]{5,15}$/

export function tolerate(body: Members): Tolerated {
  const asked = withoutNulls(body) as Members
  for (const name of ['devicePorts', 'applicationServerPorts']) {
    if (!isMembers(asked[name])) continue
    const ports = withoutEmptyLists(asked[name])
    if (Object.keys(ports).length > 0) asked[name] = ports
    else delete asked[name]
  }
  const { device } = asked
  if (!isMembers(device)) return { asked, device: undefined }
  const { imsi: _, ...sent } = device
  const { phoneNumber } = sent
  const plus = typeof phoneNumber === 'string' && NO_PLUS.test(phoneNumber)
  asked['device'] = plus ? { ...sent, phoneNumber: `+${phoneNumber}` } : sent
  return { asked, device: sent as Device }
}

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Ports and ranges of ports that Python was not given: it says that there are none. */
const withoutEmptyLists = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([, list]) => !(Array.isArray(list) && list.length === 0)))

/** Python has no way to leave a member out: it says null. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]))
}

/** A session is asked for by who does not say how long for a day, or for as long as its profile allows. */
export async function withDuration(asked: Members, deps: Deps): Promise<Members> {
  const { qosProfile } = asked
  const duration = asked['duration'] ?? (await longestDuration(deps, typeof qosProfile === 'string' ? qosProfile : ''))
  return { ...asked, duration }
}
