// The allocations: the grants, their parts of the maps, and their guaranteed rates. They decide whether another one
// fits.

import type { ReservationId } from '@rightofway/camara'
import type { Flow } from '../../../domain/flow.js'
import type { Qos } from '../../../domain/profile.js'
import type { Egress } from '../plan/egress.js'
import { intervals, type Placed, place } from '../plan/placement.js'
import type { LinuxNetworkConfig } from '../plan/sides.js'
import { Admission } from './admission.js'
import { type Grant, guaranteed } from './grant.js'
import { Occupancy } from './occupancy.js'

export interface AllocationsDeps {
  readonly config: LinuxNetworkConfig
  readonly devices: readonly Egress[]
  readonly servers: Egress
}

interface Wish {
  readonly flow: Flow
  readonly qos: Qos
}

export class Allocations {
  readonly admission: Admission
  /** Includes expired ones, for as long as they linger in the kernel. */
  readonly occupancy = new Occupancy()
  readonly #deps: AllocationsDeps
  readonly #grants = new Map<ReservationId, Grant>()

  constructor(deps: AllocationsDeps) {
    this.#deps = deps
    this.admission = new Admission([...deps.devices, deps.servers])
  }

  get size(): number {
    return this.#grants.size
  }

  get grants(): Iterable<Grant> {
    return this.#grants.values()
  }

  get(id: ReservationId): Grant | undefined {
    return this.#grants.get(id)
  }

  has(id: ReservationId): boolean {
    return this.#grants.has(id)
  }

  /** The interface of a flow, and its elements. */
  place(wish: Wish): Placed | { readonly objection: string } {
    return place(wish, this.#deps)
  }

  /** Why a flow cannot be held besides the others; undefined if it can. */
  objection(wish: { readonly id: ReservationId; readonly qos: Qos }, { elements, device }: Placed): string | undefined {
    const own = this.#grants.get(wish.id)
    const { maxSessions } = this.#deps.config
    if (own === undefined && this.#grants.size >= maxSessions) {
      return `the network has its maximum of ${maxSessions} sessions`
    }
    for (const element of elements) {
      const inTheWay = this.occupancy.inTheWayOf(element).find(({ of }) => of !== wish.id && this.#grants.has(of))
      if (inTheWay !== undefined) return 'another session covers part of this flow'
    }
    for (const [map, count] of intervals(elements)) {
      if (count > this.occupancy.roomIn(map)) {
        return 'the network has its maximum of sessions with prefixes or port ranges'
      }
    }
    const wanted = guaranteed(wish)
    const has = own === undefined ? { downlinkBps: 0, uplinkBps: 0 } : guaranteed(own)
    const hasThere = own?.device === device ? has.downlinkBps : 0
    return (
      this.admission.objection(device.interface, wanted.downlinkBps - hasThere) ??
      this.admission.objection(this.#deps.servers.interface, wanted.uplinkBps - has.uplinkBps)
    )
  }

  /** Holds a grant in place of the previous one of its id. */
  hold(grant: Grant): void {
    const before = this.#grants.get(grant.id)
    if (before !== undefined) this.#count(before, -1)
    this.#count(grant, 1)
    this.#grants.set(grant.id, grant)
    for (const element of grant.elements) this.occupancy.add(element, grant.id)
  }

  /** Links have changed, and the attributes of their classes with them. */
  refit(): void {
    for (const grant of [...this.#grants.values()]) {
      const placed = this.place(grant)
      if (!('objection' in placed)) this.#grants.set(grant.id, { ...grant, pair: placed.pair })
    }
  }

  /** Removes it. It keeps its part of the maps until the kernel has removed it. */
  leave(grant: Grant): void {
    this.#count(grant, -1)
    this.#grants.delete(grant.id)
  }

  #count(grant: Grant, sign: 1 | -1): void {
    const { downlinkBps, uplinkBps } = guaranteed(grant)
    this.admission.add(grant.device.interface, sign * downlinkBps)
    this.admission.add(this.#deps.servers.interface, sign * uplinkBps)
  }
}
