import type { ErrorInfo, QosProfile } from '@rightofway/camara'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PAGE_DEVICE, PROFILES, startTestGateway, type TestGateway } from '../../../test/support/gateway.js'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
  await gateway.admin('PUT', '/profiles/EVERYTHING', EVERYTHING)
  await gateway.admin('PUT', '/profiles/OLD', { name: 'OLD', status: 'DEPRECATED' })
})
afterAll(() => gateway.close())

const rate = { value: 1024, unit: 'kbps' } as const
const duration = { value: 2147483647, unit: 'Nanoseconds' } as const

/** Every member that the schema has. */
const EVERYTHING: Required<QosProfile> = {
  name: 'EVERYTHING',
  description: 'All there is.',
  status: 'INACTIVE',
  countryAvailability: [{ countryName: 'HU', networks: ['21630', '216301'] }, { countryName: 'FI' }],
  targetMinUpstreamRate: rate,
  maxUpstreamRate: rate,
  maxUpstreamBurstRate: rate,
  targetMinDownstreamRate: { value: 0, unit: 'bps' },
  maxDownstreamRate: rate,
  maxDownstreamBurstRate: rate,
  minDuration: duration,
  maxDuration: { value: 1, unit: 'Days' },
  priority: 1,
  packetDelayBudget: { value: 20, unit: 'Milliseconds' },
  jitter: { value: 5, unit: 'Milliseconds' },
  packetErrorLossRate: 3,
  l4sQueueType: 'l4s-queue',
  serviceClass: 'real_time_interactive',
}

const get = (name: string, base = PROFILES) =>
  gateway.call<QosProfile & ErrorInfo>('GET', `${base}/qos-profiles/${name}`)
const retrieve = (body: object) =>
  gateway.call<QosProfile[] & ErrorInfo>('POST', `${PROFILES}/retrieve-qos-profiles`, { body })
const namesOf = ({ body }: { body: QosProfile[] }) => body.map(({ name }) => name)

describe('getQosProfile', () => {
  it('shows exactly the members that a profile has [schema QosProfile]', async () => {
    expect(await get('EVERYTHING')).toMatchObject({ status: 200, body: EVERYTHING })
    expect((await get('OLD')).body).toEqual({ name: 'OLD', status: 'DEPRECATED' })
  })

  it('is served under the aliases of the version too [contract 0]', async () => {
    for (const base of ['/qos-profiles/v1rc3', '/qos-profiles/vwip'])
      expect((await get('QOS_L', base)).status).toBe(200)
  })

  it('answers 404 to an unknown name, and 400 to an invalid one [2.8]', async () => {
    const message = 'There is no QoS profile with this name.'
    expect((await get('QOS_XXL')).body).toEqual({ status: 404, code: 'NOT_FOUND', message })
    for (const [name, words] of [
      ['no', 'must have at least 3 characters'],
      ['x'.repeat(257), 'must have at most 256 characters'],
      ['QOS%20L', 'must match ^[a-zA-Z0-9_.-]+$'],
    ] as const) {
      expect((await get(name)).body).toEqual({ status: 400, code: 'INVALID_ARGUMENT', message: `name (path) ${words}` })
    }
  })
})

describe('retrieveQosProfiles', () => {
  it('lists all profiles for an empty request [2.8]', async () => {
    const answer = await retrieve({})
    expect(answer.status).toBe(200)
    const sizes = ['S', 'M', 'L']
    const mixed = sizes.flatMap((down) => sizes.map((up) => `DOWNLINK_${down}_UPLINK_${up}`))
    const sandbox = ['SANDBOX_DEPRECATED', 'SANDBOX_INACTIVE', 'SANDBOX_TIGHT']
    expect(namesOf(answer).sort()).toEqual(
      [...mixed, ...sandbox, 'EVERYTHING', 'OLD', 'QOS_E', 'QOS_L', 'QOS_M', 'QOS_S'].sort(),
    )
  })

  it('lists profiles that match all members; no match is an empty list [2.8]', async () => {
    expect(namesOf(await retrieve({ status: 'DEPRECATED' }))).toEqual(['OLD', 'SANDBOX_DEPRECATED'])
    expect(namesOf(await retrieve({ name: 'QOS_E' }))).toEqual(['QOS_E'])
    expect(namesOf(await retrieve({ name: 'QOS_E', status: 'ACTIVE', device: PAGE_DEVICE }))).toEqual(['QOS_E'])
    for (const nothing of [{ name: 'QOS_XXL' }, { name: 'QOS_E', status: 'INACTIVE' }]) {
      expect(await retrieve(nothing)).toMatchObject({ status: 200, body: [] })
    }
  })

  it('answers 404 to an unknown device [2.8]', async () => {
    const answer = await retrieve({ device: { phoneNumber: '+1234567890' } })
    expect(answer.body).toMatchObject({ status: 404, code: 'IDENTIFIER_NOT_FOUND' })
  })

  it.each([
    ['a status that there is not', { status: 'ON' }],
    ['a name that no profile could have', { name: '' }],
    ['a device that is nothing', { device: {} }],
    ['an unknown member', { priority: 1 }],
  ])('refuses %s [2.8: INVALID_ARGUMENT]', async (_what, body) => {
    expect((await retrieve(body)).body).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' })
  })

  it('refuses a missing body, which is not {}', async () => {
    const answer = await gateway.call<ErrorInfo>('POST', `${PROFILES}/retrieve-qos-profiles`)
    expect(answer.body).toEqual({ status: 400, code: 'INVALID_ARGUMENT', message: 'The body must be an object' })
  })
})
