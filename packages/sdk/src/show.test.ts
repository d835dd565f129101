import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fakeFetch, json, refusal, sessionInfo } from './fakes.fixture.js'
import { NetworkAsCodeClient } from './index.js'

const SECRETS = ['the-key', '36721601234567', 'device@testcsp.net', '192.0.2.25', '2001:db8', 'sink-secret']

async function everything() {
  const fake = fakeFetch(({ url }) => {
    if (url.endsWith('/retrieve-sessions')) return json(200, [sessionInfo(), sessionInfo()])
    return url.endsWith('/extend') ? refusal(409, 'CONFLICT') : json(201, sessionInfo())
  })
  const client = new NetworkAsCodeClient({ token: 'the-key', fetch: fake.fetch })
  const device = client.devices.get({
    phoneNumber: '+36721601234567',
    networkAccessIdentifier: 'device@testcsp.net',
    ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25' },
    ipv6Address: '2001:db8::1',
  })
  const session = await device.createQodSession({
    profile: 'QOS_L',
    serviceIpv4: '233.252.0.2',
    duration: 3600,
    sink: 'https://app.example/events',
    sinkCredential: {
      credentialType: 'ACCESSTOKEN',
      accessToken: 'sink-secret',
      accessTokenType: 'bearer',
      accessTokenExpiresUtc: '2030-01-01T00:00:00Z',
    },
  })
  const error: unknown = await session.extend(1).catch((thrown: unknown) => thrown)
  return { client, devices: client.devices, device, session, sessions: await device.sessions(), error }
}

describe('what console.log prints', () => {
  it('of a session is its id, status, profile, duration, start and end', async () => {
    const { session } = await everything()
    expect(inspect(session)).toBe(`QoDSession {
  id: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
  status: 'AVAILABLE',
  profile: 'QOS_L',
  duration: 3600,
  startedAt: 2030-01-01T12:00:00.000Z,
  expiresAt: 2030-01-01T13:00:00.000Z
}`)
  })

  it('of a list of sessions is the same, for each', async () => {
    const { sessions, session } = await everything()
    const one = inspect(session).replaceAll('\n', '\n  ')
    expect(inspect(sessions)).toBe(`[\n  ${one},\n  ${one}\n]`)
  })

  it('is never a key, a client or personal data, however deep, nor is what JSON.stringify gives', async () => {
    for (const [name, value] of Object.entries(await everything())) {
      const text = `${inspect(value, { depth: 20, showHidden: true })} ${JSON.stringify(value)}`
      for (const secret of SECRETS) expect(text, `${name} shows ${secret}`).not.toContain(secret)
      expect(text).not.toContain('Transport {')
    }
  })

  it('of a device is the kinds of its identifiers, and their values only on request', async () => {
    const { device } = await everything()
    expect(inspect(device)).toContain('identifiedBy: [')
    expect(device.identifiers?.phoneNumber).toBe('+36721601234567')
  })
})
