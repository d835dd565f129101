import { startSandbox } from '@rightofway/sandbox'
import { describe, expect, it } from 'vitest'
import { fakeFetch, json, noContent, refusal, sessionInfo } from './fakes.fixture.js'
import { NetworkAsCodeClient, QodApiError, QodArgumentError, QodClearError } from './index.js'

const client = new NetworkAsCodeClient({ token: 'key', fetch: fakeFetch([]).fetch })
const PHONE = { phoneNumber: '+36721601234567' }
const SERVER = { profile: 'QOS_L', serviceIpv4: '233.252.0.2' }

describe('naming a device', () => {
  it.each(['+36721601234567', '36721601234567'])('takes %s, and sends it with a +', (phoneNumber) => {
    expect(client.devices.get({ phoneNumber }).phoneNumber).toBe('+36721601234567')
  })

  it.each(['+36 72 160', '(36)7216012345', '0036721601234567', '+0721601234', '1234', '+3672160123456789', ''])(
    'refuses the phone number %j without repeating it',
    (phoneNumber) => {
      const get = () => client.devices.get({ phoneNumber })
      expect(get).toThrow(QodArgumentError)
      expect(get).toThrow('phoneNumber must be 5 to 15 digits, starting with the country code')
      if (phoneNumber !== '') expect(get).not.toThrow(phoneNumber)
    },
  )

  it('refuses a public IPv4 address alone, and says why [Device.ipv4Address]', () => {
    expect(() => client.devices.get({ ipv4Address: { publicAddress: '233.252.0.2' } })).toThrow(
      'does not identify a device, because many devices share it behind NAT: also give publicPort or privateAddress',
    )
  })

  it.each([
    { publicAddress: '233.252.0.2', publicPort: 80 },
    { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25' },
  ])('takes %j', (ipv4Address) => {
    expect(client.devices.get({ ipv4Address }).ipv4Address).toEqual(ipv4Address)
  })

  it.each([
    [{ ipv4Address: { publicAddress: '233.252.0.256', publicPort: 80 } }, 'ipv4Address.publicAddress must be one IPv4'],
    [{ ipv4Address: { publicAddress: '1.2.3.4', privateAddress: '::1' } }, 'ipv4Address.privateAddress must be one'],
    [{ ipv4Address: { publicAddress: '1.2.3.4', publicPort: 0 } }, 'ipv4Address.publicPort must be a whole number'],
    [{ ipv4Address: { publicAddress: '1.2.3.4', publicPort: 65_536 } }, 'from 1 to 65535'],
    [{ ipv6Address: '2001:db8::/64' }, 'ipv6Address must be one IPv6 address, without a prefix length'],
    [{ ipv6Address: '192.0.2.1' }, 'ipv6Address must be one IPv6 address'],
    [{ networkAccessIdentifier: '' }, 'networkAccessIdentifier must be a string such as device@testcsp.net'],
    [{}, 'a device needs at least one of phoneNumber, ipv4Address, ipv6Address, networkAccessIdentifier'],
    [{ imsi: 1 } as object, 'imsi is not an identifier of a device: use phoneNumber'],
    [{ Ipv6Address: '::1' } as object, 'Ipv6Address is not an identifier of a device'],
  ])('refuses %j', (identifiers, reason) => {
    expect(() => client.devices.get(identifiers)).toThrow(reason)
  })

  it('sends no device if the token names it [createSession, retrieveSessionsByDevice]', async () => {
    const { fetch, asked } = fakeFetch([json(201, sessionInfo()), json(200, [])])
    const device = new NetworkAsCodeClient({ token: 'three-legged', fetch }).devices.fromToken()
    await device.createQodSession({ ...SERVER, duration: 60 })
    await device.sessions()
    expect(asked.map(({ body }) => body)).toEqual([
      { qosProfile: 'QOS_L', applicationServer: { ipv4Address: '233.252.0.2' }, duration: 60 },
      {},
    ])
  })
})

describe("a device's sessions", () => {
  it('are an empty list only if there are none [retrieveSessionsByDevice]', async () => {
    await using sandbox = await startSandbox()
    const { devices } = sandbox.client()
    expect(await devices.get(PHONE).sessions()).toEqual([])
    await expect(devices.get({ phoneNumber: '+15550000000' }).sessions()).rejects.toMatchObject({
      status: 404,
      code: 'IDENTIFIER_NOT_FOUND',
    })
    const stranger = sandbox.client({ token: 'row_000000000000_nobody' })
    await expect(stranger.devices.get(PHONE).sessions()).rejects.toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
  })

  it('are all deleted by clearSessions, except those of other applications', async () => {
    await using sandbox = await startSandbox()
    const mine = sandbox.client().devices.get(PHONE)
    const theirs = sandbox.client({ token: await sandbox.newKey() }).devices.get(PHONE)
    await mine.createQodSession('QOS_S', { serviceIpv4: '198.51.100.1' })
    await mine.createQodSession('QOS_S', { serviceIpv4: '198.51.100.2' })
    await theirs.createQodSession('QOS_S', { serviceIpv4: '198.51.100.3' })
    await mine.clearSessions()
    expect(await mine.sessions()).toEqual([])
    expect(await theirs.sessions()).toHaveLength(1)
  })

  it('are all tried by clearSessions, which then names each that is left and the reason', async () => {
    const ids = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
    const { fetch, asked } = fakeFetch(({ method, url }) => {
      if (method === 'POST')
        return json(
          200,
          ids.map((sessionId) => sessionInfo({ sessionId })),
        )
      return url.endsWith('1') ? refusal(403, 'PERMISSION_DENIED') : noContent()
    })
    const device = new NetworkAsCodeClient({ token: 'key', fetch }).devices.get(PHONE)
    const failure: unknown = await device.clearSessions().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(QodClearError)
    expect((failure as QodClearError).failures).toEqual([
      { sessionId: ids[0], error: expect.any(QodApiError) as unknown },
    ])
    expect((failure as QodClearError).message).toBe(
      `1 of 2 sessions could not be deleted: ${ids[0]}: said PERMISSION_DENIED`,
    )
    expect(asked.filter(({ method }) => method === 'DELETE')).toHaveLength(2)
  })
})
