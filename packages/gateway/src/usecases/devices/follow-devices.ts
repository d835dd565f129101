import type { Instant } from '@rightofway/camara'
import { type Prefix, prefixFamily } from '../../domain/address.js'
import { addressPairs, type DeviceAddresses } from '../../domain/flow.js'
import type { Session, SessionEvent } from '../../domain/session.js'
import { decide } from '../decide.js'
import type { Deps } from '../deps.js'

/**
 * Has live sessions follow their devices: to other addresses, or to their end where the device has none left that it
 * could be on. Whoever gets an address must not inherit what its last holder was promised. What could not be done is
 * tried again with the next call; the gateway begins with one.
 * @returns when the next address expires
 */
export async function followDevices(deps: Pick<Deps, 'store' | 'clock' | 'networks'>): Promise<Instant | undefined> {
  const { devices, sessions } = deps.store
  const next = await devices.expire(deps.clock.now())
  for (const moved of await devices.moved()) {
    const { addresses = [] } = (await devices.find(moved.device)) ?? {}
    const now = deps.clock.now()
    const bound = addresses
      .filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
      .map(({ address }) => address)
    for (const stored of await sessions.liveOfDevice(moved.device)) {
      await decide(deps, stored.session.id, ({ session }) => ({ event: followed(deps, session, bound) }), stored)
    }
    await devices.settleMoved(moved)
  }
  return next
}

/** What the addresses that its device has now mean for a session. */
function followed({ networks }: Pick<Deps, 'networks'>, session: Session, bound: readonly Prefix[]): SessionEvent {
  const { flow } = session
  const to = { ...where(flow.device, bound, 'ipv4'), ...where(flow.device, bound, 'ipv6') }
  const isOut = addressPairs(flow).length > 0 && addressPairs({ ...flow, device: to }).length === 0
  return isOut || networks.of(to).id !== session.network
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
