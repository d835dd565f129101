import type { Instant } from '@rightofway/camara'
import { type Prefix, prefixFamily } from '../../domain/address.js'
import { addressPairs, type DeviceAddresses } from '../../domain/flow.js'
import { addressesOf, isSession, type Resource, type ResourceEvent } from '../../domain/resource.js'
import type { Session } from '../../domain/session.js'
import type { AddressBinding, MovedDevice } from '../../ports/store/devices.js'
import type { Stored } from '../../ports/store/sessions.js'
import { isKnownByNumber } from '../../views/networks.js'
import type { Deps } from '../deps.js'
import { decide } from '../resources/decide.js'

type FollowDeps = Pick<Deps, 'store' | 'clock' | 'networks'>

/** Devices looked at, and settled, together. An import moves many thousands at once. */
const AT_ONCE = 500

/**
 * Has live sessions and assignments follow their devices: to other addresses, or a session to its end where the device
 * has none left that it could be on. Whoever gets an address must not inherit what its last holder was promised. What could not be done is
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

async function follow(deps: FollowDeps, stored: Stored<Resource>, bound: readonly Prefix[]): Promise<void> {
  const { id, device } = stored.session
  // Of a device that is known no longer nothing will ever come back.
  const isKnown = bound.length > 0 || (await deps.store.devices.find(device)) !== undefined
  await decide(deps, id, ({ session }) => ({ event: followed(deps, session, bound, isKnown) }), stored)
}

/** What the addresses that its device has now mean for a session or an assignment. */
function followed(
  { networks }: Pick<Deps, 'networks'>,
  resource: Resource,
  bound: readonly Prefix[],
  isKnown: boolean,
): Exclude<ResourceEvent, { type: 'extend' }> {
  const { subscriber } = resource
  const was = addressesOf(resource)
  const to = { ...where(was, bound, 'ipv4'), ...where(was, bound, 'ipv6') }
  const network = networks.get(resource.network)
  // A network that knows the device by its number finds it wherever it is.
  const isFound = network !== undefined && isKnownByNumber(network, subscriber)
  if (isSession(resource) && !isFound && isOut(resource, to))
    return { type: 'lost', reason: 'its device has no address' }
  if (!isSession(resource) && !isKnown) return { type: 'lost', reason: 'its device is known no longer' }
  // An assignment waits for its device to come back: nobody can say yet that it is on another network.
  const isAway = !isSession(resource) && !isFound && bound.length === 0
  return isAway || networks.of({ addresses: to, ...subscriber }).id === resource.network
    ? { type: 'moved', to }
    : { type: 'lost', reason: 'its device is on another network' }
}

/** Whether a session's device has none of the addresses left that its flow could run between. */
const isOut = ({ flow }: Session, to: DeviceAddresses): boolean =>
  addressPairs(flow).length > 0 && addressPairs({ ...flow, device: to }).length === 0

/** The address that it has, for as long as it has it; otherwise the one that was named last. */
function where(now: DeviceAddresses, bound: readonly Prefix[], family: 'ipv4' | 'ipv6'): DeviceAddresses {
  const current = now[family]
  const address =
    current !== undefined && bound.includes(current) ? current : bound.find((prefix) => prefixFamily(prefix) === family)
  return address === undefined ? {} : { [family]: address }
}
