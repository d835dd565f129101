import type { Qos } from '../../../domain/profile.js'
import type { Egress } from '../plan/egress.js'
import { type Element, type ElementId, elementId } from '../plan/elements.js'
import type { Placed } from '../plan/placement.js'
import { classKey, type PlacedClass, type PlacedElement } from '../plan/plan.js'
import type { HeldEntry } from './reservation-table.js'

/** A held reservation, and its objects in the kernel. */
export interface Grant extends HeldEntry, Placed {}

/** The part of a reservation that the table keeps. */
export const bookable = ({ id, version, flow, qos, grantedAt, endsAt, minor, base }: Grant): HeldEntry => ({
  id,
  version,
  flow,
  qos,
  grantedAt,
  endsAt,
  minor,
  base,
})

export const placedElement = ({ id, minor, endsAt }: Grant, element: Element): PlacedElement => ({
  ...element,
  minor,
  endsAt,
  of: id,
})

export function* placedElements(grant: Grant): Generator<[ElementId, PlacedElement]> {
  for (const element of grant.elements) yield [elementId(element), placedElement(grant, element)]
}

/** The two classes of a grant. */
export function* placedClasses({ id, minor, pair, device }: Grant, servers: Egress): Generator<[string, PlacedClass]> {
  yield [classKey(device.interface, minor), { egress: device, minor, spec: pair.downlink, of: id }]
  yield [classKey(servers.interface, minor), { egress: servers, minor, spec: pair.uplink, of: id }]
}

/** The guaranteed bits per second of a flow. */
export const guaranteed = ({ qos }: { readonly qos: Qos }) => ({
  downlinkBps: qos.downlink.guaranteed,
  uplinkBps: qos.uplink.guaranteed,
})
