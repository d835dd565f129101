// What a QoS profile means for a session: its duration, and what the network is asked for.

import {
  type BitsPerSecond,
  bitsPerSecond,
  durationMs,
  QodError,
  type QosProfile,
  type Rate,
  type Seconds,
  seconds,
} from '@rightofway/camara'

/** No session outlives a day, whatever its profile says. */
export const CEILING = seconds(86_400)

export interface DirectionQos {
  /** Bits per second that the network keeps free for the flow; 0 is no guarantee, only precedence. */
  readonly guaranteed: BitsPerSecond
  /** Maximum bits per second of the flow. Absent: no maximum. */
  readonly maximum?: BitsPerSecond
}

/** The QoS that a network is asked to give to a flow. */
export interface Qos {
  /** From server to device. */
  readonly downlink: DirectionQos
  /** From device to server. */
  readonly uplink: DirectionQos
  /** 1 to 100, lower goes first. */
  readonly priority: number
  /** Milliseconds, one way, between the device and the operator's edge. */
  readonly delayBudgetMs?: number
  readonly serviceClass?: NonNullable<QosProfile['serviceClass']>
}

/** A profile as it was when the session was created; later edits do not change it. */
export interface GrantedProfile {
  readonly name: string
  /** The maximum duration of the session, extensions included. */
  readonly maxDuration: Seconds
  readonly qos: Qos
}

/** Priority of a profile that names none: behind those that do, before best effort. */
const DEFAULT_PRIORITY = 100

function direction(targetMin: Rate | undefined, max: Rate | undefined): DirectionQos {
  return {
    guaranteed: (targetMin === undefined ? 0 : bitsPerSecond(targetMin)) as BitsPerSecond,
    ...(max !== undefined && { maximum: bitsPerSecond(max) }),
  }
}

/** What a profile asks of a network. */
export function qosOf(profile: QosProfile): Qos {
  return {
    downlink: direction(profile.targetMinDownstreamRate, profile.maxDownstreamRate),
    uplink: direction(profile.targetMinUpstreamRate, profile.maxUpstreamRate),
    priority: profile.priority ?? DEFAULT_PRIORITY,
    ...(profile.packetDelayBudget && { delayBudgetMs: durationMs(profile.packetDelayBudget) }),
    ...(profile.serviceClass && { serviceClass: profile.serviceClass }),
  }
}

/** The bounds of a session's duration: those of the profile, within 1 s and `ceiling`. Whole seconds, inwards. */
export function durationBounds(profile: QosProfile, ceiling: Seconds = CEILING): { min: Seconds; max: Seconds } {
  const longest = profile.maxDuration === undefined ? ceiling : Math.floor(durationMs(profile.maxDuration) / 1000)
  const shortest = profile.minDuration === undefined ? 1 : Math.ceil(durationMs(profile.minDuration) / 1000)
  return { min: seconds(Math.max(1, shortest)), max: seconds(Math.min(ceiling, longest)) }
}

/**
 * The profile for a new session of `duration`.
 * @throws {QodError} `QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE`, `QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE`
 */
export function grantProfile(profile: QosProfile, duration: Seconds, ceiling: Seconds = CEILING): GrantedProfile {
  const { min, max } = durationBounds(profile, ceiling)
  if (duration < min || duration > max) {
    throw new QodError(
      'QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE',
      `duration must be ${min} to ${max} seconds for QoS profile ${profile.name}; it is ${duration}`,
    )
  }
  if (profile.status !== 'ACTIVE') {
    throw new QodError(
      'QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE',
      `QoS profile ${profile.name} is ${profile.status}: it cannot be used for new sessions`,
    )
  }
  return { name: profile.name, maxDuration: max, qos: qosOf(profile) }
}

/**
 * The profile for a new assignment. The bounds of a profile's duration are those of sessions: an assignment has none.
 * @throws {QodError} `QOS_PROVISIONING.QOS_PROFILE_NOT_APPLICABLE`
 */
export function assignProfile(profile: QosProfile): Pick<GrantedProfile, 'name' | 'qos'> {
  if (profile.status !== 'ACTIVE') {
    throw new QodError(
      'QOS_PROVISIONING.QOS_PROFILE_NOT_APPLICABLE',
      `QoS profile ${profile.name} is ${profile.status}: it cannot be assigned to devices`,
    )
  }
  return { name: profile.name, qos: qosOf(profile) }
}

/**
 * Refuses a profile that contradicts itself: no session could use it, or no network could apply it.
 * @throws {QodError} `INVALID_ARGUMENT`
 */
export function checkProfile(profile: QosProfile): void {
  const { min, max } = durationBounds(profile)
  if (min > max) {
    throw new QodError(
      'INVALID_ARGUMENT',
      `minDuration (${min} s) is longer than maxDuration allows (${max} s; ${CEILING} s at most)`,
    )
  }
  const { downlink, uplink } = qosOf(profile)
  for (const [name, { guaranteed, maximum }] of [
    ['Downstream', downlink],
    ['Upstream', uplink],
  ] as const) {
    if (maximum === 0) {
      throw new QodError('INVALID_ARGUMENT', `max${name}Rate must be more than 0, or left out`)
    }
    if (maximum !== undefined && maximum < guaranteed) {
      throw new QodError('INVALID_ARGUMENT', `max${name}Rate must not be below targetMin${name}Rate`)
    }
  }
}
