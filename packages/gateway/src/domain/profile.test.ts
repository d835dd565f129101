import { type QodError, type QosProfile, seconds } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { CEILING, checkProfile, durationBounds, grantProfile, qosOf } from './profile.js'

const PROFILE: QosProfile = {
  name: 'QOS_X',
  status: 'ACTIVE',
  targetMinDownstreamRate: { value: 20, unit: 'Mbps' },
  maxDownstreamRate: { value: 50, unit: 'Mbps' },
  minDuration: { value: 1500, unit: 'Milliseconds' },
  maxDuration: { value: 2, unit: 'Hours' },
  packetDelayBudget: { value: 20, unit: 'Milliseconds' },
  priority: 10,
}

const refusal = (run: () => unknown): QodError => {
  try {
    run()
  } catch (error) {
    return error as QodError
  }
  throw new Error('it was accepted')
}

describe('a profile', () => {
  it('bounds the duration in whole seconds, inwards', () => {
    expect(durationBounds(PROFILE)).toEqual({ min: 2, max: 7200 })
    expect(durationBounds({ name: 'QOS_Y', status: 'ACTIVE' })).toEqual({ min: 1, max: 86_400 })
  })

  it('never allows more than 24 h, nor more than the operator does [contract section 0]', () => {
    const long: QosProfile = { ...PROFILE, maxDuration: { value: 10, unit: 'Days' } }
    expect(durationBounds(long).max).toBe(CEILING)
    expect(durationBounds(long, seconds(600)).max).toBe(600)
  })

  it.each([1, 7201])('refuses %d s as DURATION_OUT_OF_RANGE, saying the bounds [createSession]', (duration) => {
    const error = refusal(() => grantProfile(PROFILE, seconds(duration)))
    expect(error.code).toBe('QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE')
    expect(error.message).toBe(`duration must be 2 to 7200 seconds for QoS profile QOS_X; it is ${duration}`)
  })

  it.each(['INACTIVE', 'DEPRECATED'] as const)(
    'that is %s is not applicable to new sessions [createSession]',
    (status) => {
      expect(refusal(() => grantProfile({ ...PROFILE, status }, seconds(60))).code).toBe(
        'QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE',
      )
    },
  )

  it('asks the network for exact rates; without a target minimum it asks for precedence only', () => {
    expect(qosOf(PROFILE)).toEqual({
      downlink: { guaranteed: 20_000_000, maximum: 50_000_000 },
      uplink: { guaranteed: 0 },
      priority: 10,
      delayBudgetMs: 20,
    })
  })

  it.each(['Downstream', 'Upstream'])('refuses a maximum of 0, which would let nothing pass: %s', (name) => {
    const none = { [`max${name}Rate`]: { value: 0, unit: 'Mbps' } }
    expect(refusal(() => checkProfile({ ...PROFILE, ...none })).message).toBe(
      `max${name}Rate must be more than 0, or left out`,
    )
  })

  it('that contradicts itself is refused', () => {
    expect(refusal(() => checkProfile({ ...PROFILE, minDuration: { value: 3, unit: 'Hours' } })).message).toContain(
      'minDuration (10800 s) is longer than maxDuration allows (7200 s',
    )
    expect(refusal(() => checkProfile({ ...PROFILE, maxDownstreamRate: { value: 1, unit: 'Mbps' } })).message).toBe(
      'maxDownstreamRate must not be below targetMinDownstreamRate',
    )
    expect(() => checkProfile(PROFILE)).not.toThrow()
  })
})
