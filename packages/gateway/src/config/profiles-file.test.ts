import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seconds } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CEILING, durationBounds, grantProfile, qosOf } from '../domain/profile.js'
import { ConfigError } from './config-error.js'
import { readProfiles, SHIPPED_PROFILES } from './profiles-file.js'

const MBPS = 1_000_000

describe('the profiles of a new store', () => {
  const shipped = new Map(readProfiles(SHIPPED_PROFILES).map((profile) => [profile.name, profile]))
  const sizes = { S: 1 * MBPS, M: 5 * MBPS, L: 20 * MBPS }

  it("are CAMARA's four and the nine of up- and downlink, and no other", () => {
    const nine = ['S', 'M', 'L'].flatMap((down) => ['S', 'M', 'L'].map((up) => `DOWNLINK_${down}_UPLINK_${up}`))
    expect([...shipped.keys()].sort()).toEqual(['QOS_E', 'QOS_S', 'QOS_M', 'QOS_L', ...nine].sort())
  })

  it.each(Object.entries(sizes))('guarantee in both directions the rate that QOS_%s states', (size, guaranteed) => {
    const profile = shipped.get(`QOS_${size}`)
    expect(profile && qosOf(profile)).toMatchObject({ downlink: { guaranteed }, uplink: { guaranteed } })
  })

  it('guarantee a little without delay: QOS_E, 500 kbit/s within 20 ms', () => {
    const profile = shipped.get('QOS_E')
    expect(profile && qosOf(profile)).toMatchObject({
      downlink: { guaranteed: 500_000 },
      uplink: { guaranteed: 500_000 },
      delayBudgetMs: 20,
    })
  })

  it.each(
    Object.entries(sizes).flatMap(([d, down]) => Object.entries(sizes).map(([u, up]) => [d, u, down, up] as const)),
  )('guarantee each direction its own: DOWNLINK_%s_UPLINK_%s', (down, up, downlink, uplink) => {
    const profile = shipped.get(`DOWNLINK_${down}_UPLINK_${up}`)
    expect(profile && qosOf(profile)).toMatchObject({
      downlink: { guaranteed: downlink },
      uplink: { guaranteed: uplink },
    })
  })

  it('are active, last up to a day, have a description, and rank urgent traffic first', () => {
    for (const profile of shipped.values()) {
      expect(durationBounds(profile)).toEqual({ min: 1, max: CEILING })
      expect(grantProfile(profile, seconds(86_400)).maxDuration).toBe(86_400)
      expect(profile.status).toBe('ACTIVE')
      expect(profile.description).toBeTruthy()
      expect(profile.priority).toBeGreaterThanOrEqual(shipped.get('QOS_E')?.priority ?? Number.POSITIVE_INFINITY)
    }
  })
})

describe('a file of profiles', () => {
  let dir: string
  let file: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rightofway-profiles-'))
    file = join(dir, 'profiles.yaml')
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  const read = (text: string) => {
    writeFileSync(file, text)
    return readProfiles(file)
  }

  it('is read as it is written, and may be empty', () => {
    expect(read('- { name: MY_PROFILE, status: INACTIVE }\n')).toEqual([{ name: 'MY_PROFILE', status: 'INACTIVE' }])
    expect(read('[]\n')).toEqual([])
  })

  it.each([
    ['', 'it must be a list of profiles'],
    ['name: A\n', 'it must be a list of profiles'],
    ['- name: AAA\n', 'profile AAA: status is required'],
    ['- { status: ACTIVE }\n', 'profile 1: name is required'],
    ['- { name: AAA, status: ACTIVE }\n- 7\n', 'profile 2: The profile must be an object'],
    ['- { name: AAA, status: active }\n', 'profile AAA: status must be one of ACTIVE, INACTIVE, DEPRECATED'],
    ['- { name: A B, status: ACTIVE }\n', 'profile A B: name must match'],
    ['- { name: AAA, status: ACTIVE, latency: 1 }\n', 'profile AAA: latency is not a known member'],
    [
      '- { name: AAA, status: ACTIVE, targetMinUpstreamRate: { value: 1500, unit: kbps } }\n',
      'profile AAA: targetMinUpstreamRate.value must be at most 1024',
    ],
    [
      '- { name: AAA, status: ACTIVE, maxDuration: { value: 1, unit: Weeks } }\n',
      'profile AAA: maxDuration.unit must be one of',
    ],
    [
      '- { name: AAA, status: ACTIVE, minDuration: { value: 2, unit: Days } }\n',
      'profile AAA: minDuration (172800 s) is longer than maxDuration allows (86400 s; 86400 s at most)',
    ],
    [
      '- name: AAA\n  status: ACTIVE\n  targetMinDownstreamRate: { value: 2, unit: Mbps }\n' +
        '  maxDownstreamRate: { value: 1, unit: Mbps }\n',
      'profile AAA: maxDownstreamRate must not be below targetMinDownstreamRate',
    ],
    [
      '- { name: AAA, status: ACTIVE }\n- { name: AAA, status: ACTIVE }\n',
      'profile AAA: another profile has this name',
    ],
  ])('is refused with its name, the profile and the member: %j', (text, message) => {
    expect(() => read(text)).toThrow(ConfigError)
    expect(() => read(text)).toThrow(`${file}: ${message}`)
  })

  it('is refused with its name when it is missing, or no YAML', () => {
    expect(() => readProfiles(file)).toThrow(`the file of profiles ${file} cannot be read: ENOENT`)
    expect(() => read('- { name: A')).toThrow(`the file of profiles ${file} cannot be read: `)
  })
})
