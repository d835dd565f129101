// The page "Creating a Session with duration", in every form that its readers may have seen, with its values.

import { startSandbox } from '@rightofway/sandbox'
import { describe, expect, it } from 'vitest'
import { fakeFetch, json, sessionInfo } from './fakes.fixture.js'
import { NetworkAsCodeClient } from './index.js'

const IPV4 = { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 }
const IDENTIFIERS = {
  networkAccessIdentifier: 'device@testcsp.net',
  ipv4Address: IPV4,
  phoneNumber: '+36721601234567',
}
const SERVICE_IPV6 = '2001:db8:1234:5678:9abc:def0:fedc:ba98'

describe('the page', () => {
  it('runs as it is written', async () => {
    await using sandbox = await startSandbox()
    const myDevice = sandbox.client().devices.get(IDENTIFIERS)
    const mySession = await myDevice.createQodSession({
      profile: 'QOS_L',
      serviceIpv4: '233.252.0.2',
      serviceIpv6: SERVICE_IPV6,
      duration: 3600,
    })
    expect(mySession).toMatchObject({ profile: 'QOS_L', status: 'AVAILABLE', duration: 3600 })
    expect(mySession.startedAt).toBeInstanceOf(Date)
    expect(Number(mySession.expiresAt) - Number(mySession.startedAt)).toBe(3_600_000)
    expect((await myDevice.sessions()).map(({ id }) => id)).toEqual([mySession.id])
    await mySession.delete()
    expect(await myDevice.sessions()).toEqual([])

    const again = await myDevice.createQodSession('DOWNLINK_L_UPLINK_L', '192.0.2.25', SERVICE_IPV6, 3600)
    expect(again).toMatchObject({
      profile: 'DOWNLINK_L_UPLINK_L',
      serviceIpv4: '192.0.2.25',
      serviceIpv6: SERVICE_IPV6,
    })
    await again.delete()
  })

  it('gives a session the 24 hours of the page if no duration is given', async () => {
    await using sandbox = await startSandbox()
    const device = sandbox.client().devices.get(IDENTIFIERS)
    expect((await device.createQodSession('QOS_L', '233.252.0.2')).duration).toBe(86_400)
  })

  const asked = async (call: (client: NetworkAsCodeClient) => Promise<unknown>) => {
    const { fetch, asked } = fakeFetch([json(201, sessionInfo())])
    await call(new NetworkAsCodeClient({ token: 'key', fetch }))
    return asked.at(-1)?.body
  }

  const AS_OBJECT = {
    qosProfile: 'QOS_L',
    device: IDENTIFIERS,
    applicationServer: { ipv4Address: '233.252.0.2', ipv6Address: SERVICE_IPV6 },
    duration: 3600,
  }

  it.each<[string, (client: NetworkAsCodeClient) => Promise<unknown>]>([
    [
      'one object',
      ({ devices }) =>
        devices.get(IDENTIFIERS).createQodSession({
          profile: 'QOS_L',
          serviceIpv4: '233.252.0.2',
          serviceIpv6: SERVICE_IPV6,
          duration: 3600,
        }),
    ],
    [
      'the profile and options',
      ({ devices }) =>
        devices
          .get(IDENTIFIERS)
          .createQodSession('QOS_L', { serviceIpv4: '233.252.0.2', serviceIpv6: SERVICE_IPV6, duration: 3600 }),
    ],
    [
      'positions',
      ({ devices }) => devices.get(IDENTIFIERS).createQodSession('QOS_L', '233.252.0.2', SERVICE_IPV6, 3600),
    ],
    [
      'a device by its identifier and the others',
      ({ devices }) =>
        devices
          .get('device@testcsp.net', { ipv4Address: IPV4, phoneNumber: '36721601234567' })
          .createQodSession('QOS_L', '233.252.0.2', SERVICE_IPV6, 3600),
    ],
    [
      'a device by position',
      ({ devices }) =>
        devices
          .get('device@testcsp.net', IPV4, '36721601234567')
          .createQodSession('QOS_L', '233.252.0.2', SERVICE_IPV6, 3600),
    ],
  ])('asks for the same with %s [createSession]', async (_form, call) => {
    expect(await asked(call)).toEqual(AS_OBJECT)
  })
})
