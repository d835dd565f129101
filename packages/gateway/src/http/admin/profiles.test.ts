import type { ErrorInfo, QosProfile } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { PROFILES, type TestGateway, withGateway } from '../../../test/support/gateway.js'
import { PROFILES as OF_SANDBOXES } from '../../sandbox/world.js'

const put = ({ callAdmin }: TestGateway, name: string, body: object) =>
  callAdmin<ErrorInfo>('PUT', `/profiles/${name}`, body)

const GAMING = {
  name: 'GAMING',
  status: 'ACTIVE',
  targetMinDownstreamRate: { value: 5, unit: 'Mbps' },
  maxDownstreamRate: { value: 10, unit: 'Mbps' },
  minDuration: { value: 1, unit: 'Minutes' },
  maxDuration: { value: 2, unit: 'Hours' },
}

describe('listProfiles', () => {
  it('lists them by name', () =>
    withGateway(async ({ admin }) => {
      const names = (await admin<QosProfile[]>('GET', '/profiles')).map(({ name }) => name)
      expect(names).toHaveLength(13 + OF_SANDBOXES.length)
      expect(names).toEqual(names.toSorted())
    }))
})

describe('putProfile', () => {
  it('adds a profile, which applications then see, or replaces one', () =>
    withGateway(async (gateway) => {
      expect(await put(gateway, 'GAMING', GAMING)).toMatchObject({ status: 200, body: GAMING })
      expect((await gateway.call('GET', `${PROFILES}/qos-profiles/GAMING`)).body).toEqual(GAMING)
      const bare = { name: 'GAMING', status: 'INACTIVE' }
      await put(gateway, 'GAMING', bare)
      expect((await gateway.call('GET', `${PROFILES}/qos-profiles/GAMING`)).body).toEqual(bare)
    }))

  it.each([
    ['another name than in the path', { name: 'OTHER' }, 'name is OTHER in the body and GAMING in the path'],
    [
      'a rate beyond 1024',
      { maxUpstreamRate: { value: 1025, unit: 'kbps' } },
      'maxUpstreamRate.value must be at most 1024',
    ],
    ['a rate without its unit', { maxUpstreamRate: { value: 1 } }, 'maxUpstreamRate.unit is required'],
    ['an unknown member', { latency: 5 }, 'latency is not a known member'],
    [
      'bounds that no duration meets',
      { minDuration: { value: 3, unit: 'Hours' } },
      'minDuration (10800 s) is longer than maxDuration allows (7200 s; 86400 s at most)',
    ],
    ['less at most than at least', { maxDownstreamRate: { value: 4999, unit: 'bps' } }, 'maxDownstreamRate'],
  ])('refuses %s', (_what, members, words) =>
    withGateway(async (gateway) => {
      const refusal = await put(gateway, 'GAMING', { ...GAMING, ...members })
      expect(refusal.body).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' })
      expect(refusal.body.message).toContain(words)
      expect((await gateway.call('GET', `${PROFILES}/qos-profiles/GAMING`)).status).toBe(404)
    }),
  )

  it('refuses a name that CAMARA does not allow [schema QosProfileName]', () =>
    withGateway(async (gateway) => {
      expect((await put(gateway, 'NO', { ...GAMING, name: 'NO' })).body.message).toBe(
        'name (path) must have at least 3 characters',
      )
    }))
})

describe('deleteProfile', () => {
  it('deletes it; sessions keep what they were granted', () =>
    withGateway(async ({ admin, callAdmin, call, create }) => {
      const session = await create()
      expect((await callAdmin('DELETE', '/profiles/QOS_L')).status).toBe(204)
      expect((await call('GET', `${PROFILES}/qos-profiles/QOS_L`)).status).toBe(404)
      const { guaranteed } = await admin<{ guaranteed: object }>('GET', '/networks/simulator/simulator')
      expect(guaranteed).toEqual({ downlinkBps: 20_000_000, uplinkBps: 20_000_000 })
      const path = `/quality-on-demand/v1/sessions/${session.sessionId}`
      const extended = await call('POST', `${path}/extend`, { body: { requestedAdditionalDuration: 60 } })
      expect(extended).toMatchObject({ status: 200, body: { qosProfile: 'QOS_L', duration: 3660 } })
    }))

  it('refuses an unknown name', () =>
    withGateway(async ({ callAdmin }) => {
      expect((await callAdmin('DELETE', '/profiles/GAMING')).body).toEqual({
        status: 404,
        code: 'NOT_FOUND',
        message: 'There is no QoS profile with this name.',
      })
    }))
})
