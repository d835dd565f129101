// Converts bodies of Nokia's clients to the contract's form (contract 3.3).

import type { Device } from '@rightofway/camara'
import type { Deps } from '../../usecases/deps.js'
import { longestDuration } from '../../usecases/profiles/longest-duration.js'

export type Members = Record<string, unknown>

export interface Tolerated {
  /** In the contract's form. */
  readonly asked: Members
  /** The device as it was sent, with all its identifiers, without nulls and `imsi`. */
  readonly device: Device | undefined
}

/** Numbers as in Nokia's own schema: the plus may be missing. */
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

/** Python sends empty lists for absent ports and ranges of ports. */
const withoutEmptyLists = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([, list]) => !(Array.isArray(list) && list.length === 0)))

/** Python sends null for absent members. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]))
}

/** The default duration is a day, or the maximum of the profile. */
export async function withDuration(asked: Members, deps: Deps): Promise<Members> {
  const { qosProfile } = asked
  const duration = asked['duration'] ?? (await longestDuration(deps, typeof qosProfile === 'string' ? qosProfile : ''))
  return { ...asked, duration }
}
