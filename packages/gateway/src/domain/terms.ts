// What sessions and assignments have in common: what is decided when one is asked for, what its life asks of the world,
// and how long one that ended is kept.

import {
  type ApplicationId,
  after,
  type DeviceId,
  type DeviceResponse,
  type EventQosStatus,
  type Instant,
  type NetworkId,
  type ResourceId,
  type StatusInfo,
  type SubjectId,
  seconds,
} from '@rightofway/camara'
import type { Subscriber } from './device.js'
import type { GrantedProfile } from './profile.js'

/** How long one that ended stays readable (CAMARA: at least 360 s for those the network ended). */
const KEPT_AFTER_END = seconds(360)

/** Until when one that has ended can be read. */
export const keptUntil = ({ endedAt }: { readonly endedAt: Instant }): Instant => after(endedAt, KEPT_AFTER_END)

/** What is fixed when a session or an assignment is created. */
export interface CommonTerms {
  readonly id: ResourceId
  readonly owner: ApplicationId
  /** Subject of the three-legged token that created it; only the same subject may use it. */
  readonly subject?: SubjectId
  readonly network: NetworkId
  readonly device: DeviceId
  readonly profile: Pick<GrantedProfile, 'name' | 'qos'>
  /** Whose device it is, where its network knows devices by that. */
  readonly subscriber?: Subscriber
  readonly asked: Asked
  /** Real time: when the access token that its sink was given with expires. */
  readonly sinkTokenExpiresAt?: Instant
  readonly createdAt: Instant
  /** When the network must have granted it. */
  readonly setUpBy: Instant
}

/** As it stood in the request, for the answers. */
export interface Asked {
  /** The one identifier that was used. */
  readonly device?: DeviceResponse
  readonly sink?: string
}

export type Effect =
  /** Have the network hold the reservation: for its duration from the grant, or until its end once that is known. */
  | { readonly do: 'reserve' }
  /** Have the network release it. */
  | { readonly do: 'release' }
  /** Send an event. `ordinal` counts the events of the session, or assignment, from 1. */
  | ({ readonly do: 'notify'; readonly ordinal: 1 | 2; readonly at: Instant } & StatusReport)

export type StatusReport =
  | { readonly status: Extract<EventQosStatus, 'AVAILABLE'> }
  | { readonly status: Extract<EventQosStatus, 'UNAVAILABLE'>; readonly statusInfo: StatusInfo }

/** What an event makes of a session or an assignment. */
export interface StepOf<R> {
  /** As it is now; absent once it is forgotten. */
  readonly session: R | undefined
  readonly effects: readonly Effect[]
}
