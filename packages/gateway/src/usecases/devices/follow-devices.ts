import type { Instant } from '@rightofway/camara'
import { type Prefix, prefixFamily } from '../../domain/address.js'
import { addressPairs, type DeviceAddresses } from '../../domain/flow.js'
import type { Session, SessionEvent } from '../../domain/session.js'
import type { AddressBinding, MovedDevice } from '../../ports/store/devices.js'
import type { Stored } from '../../ports/store/sessions.js'
import { isKnownByNumber } from '../../views/networks.js'
import { decide } from '../decide.js'
import type { Deps } from '../deps.js'

type FollowDeps = Pick<Deps, 'store' | 'clock' | 'networks'>

/** Devices looked at, and settled, together. An import moves many thousands at once. */
const AT_ONCE = 500

/**
 * Has live sessions follow their devices: to other addresses, or to their end where the device has none left that it
 * could be on. Whoever gets an address must not inherit what its last holder was promised. What could not be done is
 * tried again with the next call; the gateway begins with one.
 * @returns when the next address expires
 */
export async function followDevices(deps: FollowDeps): Promise<Instant | undefined> {
  const { devices, sessions } = deps.store
  const next = await devices.expire(deps.clock.now())
  let moved: readonly MovedDevice[]
  do {
    moved = await devices.moved(AT_ONCE)
    if (moved.length === 0) break
    const now = deps.clock.now()
    const bound = new Map(moved.map(({ device, addresses }) => [device, whileValid(addresses, now)]))
    const live = await sessions.liveOfDevices([...bound.keys()])
    await Promise.all(live.map((stored) => follow(deps, stored, bound.get(stored.session.device) ?? [])))
    await devices.settleMoved(moved)
  } while (moved.length === AT_ONCE)
  return next
}

const whileValid = (addresses: readonly AddressBinding[], now: Instant): readonly Prefix[] =>
  addresses.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now).map(({ address }) => address)

async function follow(deps: FollowDeps, stored: Stored, bound: readonly Prefix[]): Promise<void> {
  await decide(deps, stored.session.id, ({ session }) => ({ event: followed(deps, session, bound) }), stored)
}

/** What the addresses that its device has now mean for a session. */
function followed({ networks }: Pick<Deps, 'networks'>, session: Session, bound: readonly Prefix[]): SessionEvent {
  const { flow, subscriber } = session
  const to = { ...where(flow.device, bound, 'ipv4'), ...where(flow.device, bound, 'ipv6') }
  const network = networks.get(session.network)
  const isFound = network !== undefined && isKnownByNumber(network, subscriber)
  const isOut = !isFound && addressPairs(flow).length > 0 && addressPairs({ ...flow, device: to }).length === 0
  return isOut || networks.of({ addresses: to, ...subscriber }).id !== session.network
    ? { type: 'lost', reason: isOut ? 'its device has no address' : 'its device is on another network' }
    : { type: 'moved', to }
}

/** The address that it has, for as long as it has it; otherwise the one that was named last. */
function where(now: DeviceAddresses, bound: readonly Prefix[], family: 'ipv4' | 'ipv6'): DeviceAddresses {
  const current = now[family]
  const address =
    current !== undefined && bound.includes(current) ? current : bound.find((prefix) => prefixFamily(prefix) === family)
  return address === undefined ? {} : { [family]: address }
}
