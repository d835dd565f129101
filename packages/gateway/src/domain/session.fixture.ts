// Sessions and assignments to test with.

import {
  type ApplicationId,
  type AssignmentId,
  type BitsPerSecond,
  type DeviceId,
  type Instant,
  instant,
  type NetworkId,
  type SessionId,
  seconds,
} from '@rightofway/camara'
import type { Prefix } from './address.js'
import { type Assignment, type AssignmentTerms, requestAssignment, stepAssignment } from './assignment.js'
import { request, type Session, step, type Terms } from './session.js'

export const NOON = instant(Date.parse('2026-06-01T12:00:00Z'))

export const at = (secondsAfterNoon: number): Instant => instant(NOON + secondsAfterNoon * 1000)

const NO_QOS = { guaranteed: 0 as BitsPerSecond }

export const TERMS: Terms = {
  id: '019748a0-0000-7000-8000-000000000001' as SessionId,
  owner: 'app-a' as ApplicationId,
  network: 'simulator' as NetworkId,
  device: 'device-1' as DeviceId,
  flow: { device: { ipv4: '10.0.0.1/32' as Prefix }, server: ['198.51.100.7/32' as Prefix] },
  profile: { name: 'QOS_L', maxDuration: seconds(5000), qos: { downlink: NO_QOS, uplink: NO_QOS, priority: 20 } },
  asked: { applicationServer: { ipv4Address: '198.51.100.7' } },
  createdAt: NOON,
  setUpBy: at(30),
}

/** Asked for at noon, for an hour. */
export const requested = (terms: Partial<Terms> = {}): Session => request({ ...TERMS, ...terms }, seconds(3600)).session

/** Granted at noon, for an hour. */
export const available = (terms: Partial<Terms> = {}): Session =>
  step(requested(terms), { type: 'granted', at: NOON }, NOON).session as Session

/** Granted at noon, ended by the network after 10 minutes. */
export const terminated = (terms: Partial<Terms> = {}): Session =>
  step(available(terms), { type: 'lost' }, at(600)).session as Session

/** Granted at noon, expired an hour later. */
export const expired = (terms: Partial<Terms> = {}): Session =>
  step(available(terms), { type: 'timer', released: true }, at(3600)).session as Session

/** Deleted after 10 minutes. */
export const gone = (terms: Partial<Terms> = {}): Session =>
  step(available(terms), { type: 'delete', released: false }, at(600)).session as Session

export const ASSIGNMENT_TERMS: AssignmentTerms = {
  id: '019748a0-0000-8000-8000-000000000001' as AssignmentId,
  owner: TERMS.owner,
  network: TERMS.network,
  device: TERMS.device,
  addresses: TERMS.flow.device,
  profile: { name: TERMS.profile.name, qos: TERMS.profile.qos },
  asked: {},
  createdAt: NOON,
  setUpBy: TERMS.setUpBy,
}

/** Assigned at noon. */
export const assigned = (terms: Partial<AssignmentTerms> = {}): Assignment =>
  stepAssignment(requestAssignment({ ...ASSIGNMENT_TERMS, ...terms }).session, { type: 'granted', at: NOON }, NOON)
    .session as Assignment

/** Revoked after 10 minutes; the network has not let go yet. */
export const revoking = (terms: Partial<AssignmentTerms> = {}): Assignment =>
  stepAssignment(assigned(terms), { type: 'delete', released: false }, at(600)).session as Assignment
