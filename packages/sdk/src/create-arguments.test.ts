import { describe, expect, it } from 'vitest'
import { fakeFetch, json, refusal, sessionInfo } from './fakes.fixture.js'
import {
  type ClientOptions,
  type CreateQodSessionOptions,
  camara,
  NetworkAsCodeClient,
  nokia,
  QodArgumentError,
} from './index.js'

const PHONE = { phoneNumber: '+36721601234567' }

function device() {
  const { fetch, asked } = fakeFetch([json(201, sessionInfo())])
  return { device: new NetworkAsCodeClient({ token: 'key', fetch }).devices.get(PHONE), asked }
}

const bodyOf = async (options: Partial<CreateQodSessionOptions>) => {
  const { device: to, asked } = device()
  await to.createQodSession({ profile: 'QOS_L', duration: 60, ...options })
  return asked[0]?.body
}

const refused = async (options: Partial<CreateQodSessionOptions>) => {
  const { device: to, asked } = device()
  const given = { profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 60, ...options }
  const error: unknown = await to.createQodSession(given).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(QodArgumentError)
  expect(asked).toEqual([])
  return (error as Error).message
}

describe('the body of a create', () => {
  it.each([
    [{ serviceIpv4: '233.252.0.2:443' }, { ipv4Address: '233.252.0.2' }, { ports: [443] }],
    [{ serviceIpv6: '[2001:db8::1]:443' }, { ipv6Address: '2001:db8::1' }, { ports: [443] }],
    [{ serviceIpv6: '[2001:db8::1]' }, { ipv6Address: '2001:db8::1' }, undefined],
    [{ serviceIpv4: '198.51.100.7/24' }, { ipv4Address: '198.51.100.7/24' }, undefined],
    [{ serviceIpv6: '2001:db8::/32' }, { ipv6Address: '2001:db8::/32' }, undefined],
    [
      { serviceIpv4: '233.252.0.2:443', serviceIpv6: '[2001:db8::1]:443' },
      { ipv4Address: '233.252.0.2', ipv6Address: '2001:db8::1' },
      { ports: [443] },
    ],
    [
      {
        serviceIpAddresses: ['233.252.0.2', '2001:db8::1'],
        servicePorts: { ports: [80], ranges: [{ from: 1, to: 9 }] },
      },
      { ipAddresses: ['233.252.0.2', '2001:db8::1'] },
      { ports: [80], ranges: [{ from: 1, to: 9 }] },
    ],
  ])('names the server of %j', async (options, applicationServer, applicationServerPorts) => {
    expect(await bodyOf(options)).toEqual({
      device: PHONE,
      qosProfile: 'QOS_L',
      duration: 60,
      applicationServer,
      ...(applicationServerPorts && { applicationServerPorts }),
    })
  })

  it('carries ports, sink and credential as CAMARA spells them [CreateSession]', async () => {
    expect(
      await bodyOf({
        serviceIpv4: '233.252.0.2',
        devicePorts: { ranges: [{ from: 5000, to: 5010 }] },
        servicePorts: { ports: [443] },
        sink: 'https://app.example/events',
        sinkCredential: {
          credentialType: 'ACCESSTOKEN',
          accessToken: 'secret',
          accessTokenType: 'bearer',
          accessTokenExpiresUtc: new Date('2030-01-02T00:00:00Z'),
        },
      }),
    ).toMatchObject({
      devicePorts: { ranges: [{ from: 5000, to: 5010 }] },
      applicationServerPorts: { ports: [443] },
      sink: 'https://app.example/events',
      sinkCredential: {
        credentialType: 'ACCESSTOKEN',
        accessToken: 'secret',
        accessTokenType: 'bearer',
        accessTokenExpiresUtc: '2030-01-02T00:00:00.000Z',
      },
    })
  })

  it.each<[Partial<CreateQodSessionOptions>, string]>([
    [
      { profile: '233.252.0.2' },
      'profile must be the name of a QoS profile, such as QOS_L, not the address 233.252.0.2',
    ],
    [{ profile: '2001:db8::1' }, 'such as QOS_L, not the address 2001:db8::1'],
    [{ profile: '' }, 'profile must be the name of a QoS profile'],
    [{ serviceIpv4: undefined }, 'a server is required: give serviceIpv4, serviceIpv6, both, or serviceIpAddresses'],
    [{ serviceIpv4: '2001:db8::1' }, 'serviceIpv4 must be the address of a server, such as 233.252.0.2'],
    [{ serviceIpv4: '2001:db8::1' }, ': use serviceIpv6'],
    [{ serviceIpv6: '233.252.0.2:80' }, ': use serviceIpv4'],
    [{ serviceIpv4: 'www.example.com' }, 'serviceIpv4 must be the address of a server'],
    [{ serviceIpv4: '233.252.0.2:0' }, 'serviceIpv4 must be the address'],
    [{ serviceIpv4: '233.252.0.2/33' }, 'serviceIpv4 must be the address'],
    [{ serviceIpv4: '233.252.0.2:443', servicePorts: { ports: [80] } }, 'give it once, in servicePorts'],
    [{ serviceIpv4: '233.252.0.2:443', serviceIpv6: '[2001:db8::1]:80' }, 'give it once, in servicePorts'],
    [{ serviceIpv4: '233.252.0.2:443', serviceIpv6: '2001:db8::1' }, 'give it once, in servicePorts'],
    [{ serviceIpAddresses: ['233.252.0.2'] }, 'serviceIpAddresses cannot be combined with serviceIpv4 or serviceIpv6'],
    [{ duration: 0 }, 'duration must be a whole number of seconds, at least 1'],
    [{ duration: 1.5 }, 'duration must be a whole number of seconds'],
    [{ duration: '1h' as never }, 'duration must be a whole number of seconds'],
    [
      {
        sink: 'https://app.example',
        sinkCredential: {
          credentialType: 'ACCESSTOKEN',
          accessToken: 'secret',
          accessTokenType: 'bearer',
          accessTokenExpiresUtc: 'tomorrow',
        },
      },
      'sinkCredential.accessTokenExpiresUtc must be a Date',
    ],
  ])('refuses %j before anything is sent', async (options, reason) => {
    expect(await refused(options)).toContain(reason)
  })

  it('leaves it to the endpoint whether a duration is too long', async () => {
    expect(await bodyOf({ serviceIpv4: '233.252.0.2', duration: 1_000_000 })).toMatchObject({ duration: 1_000_000 })
  })
})

describe('a session without a duration', () => {
  const profile = (value: number, unit: string) =>
    json(200, [{ name: 'QOS_L', status: 'ACTIVE', maxDuration: { value, unit } }])
  const created = (profiles: Response | undefined) =>
    fakeFetch(({ url }) => (url.endsWith('/retrieve-qos-profiles') ? (profiles as Response) : json(201, sessionInfo())))
  const asked = async (options: ClientOptions) => {
    const to = new NetworkAsCodeClient(options).devices.get(PHONE)
    await to.createQodSession('QOS_L', '233.252.0.2')
    await to.createQodSession('QOS_L', '233.252.0.2')
  }

  it.each([
    [50_000, 'Seconds', 50_000],
    [2, 'Hours', 7_200],
    [30, 'Days', 86_400],
    [1_500, 'Milliseconds', 1],
  ])('asks for what its profile allows: %d %s are %d s; asked once', async (value, unit, duration) => {
    const fake = created(profile(value, unit))
    await asked({ token: 'key', fetch: fake.fetch })
    expect(fake.asked.map(({ url }) => url.split('/').at(-1))).toEqual([
      'retrieve-qos-profiles',
      'sessions',
      'sessions',
    ])
    expect(fake.asked.at(-1)?.body).toMatchObject({ duration })
  })

  it('asks for 24 hours if the profile has no maximum, or is not listed', async () => {
    for (const answer of [json(200, [{ name: 'QOS_L', status: 'ACTIVE' }]), json(200, [])]) {
      const fake = created(answer)
      await asked({ endpoint: camara({ baseUrl: 'https://op.example' }), token: 'key', fetch: fake.fetch })
      expect(fake.asked.at(-1)?.body).toMatchObject({ duration: 86_400 })
    }
  })

  it('asks for 24 hours if the endpoint has no profiles', async () => {
    for (const endpoint of [nokia(), camara({ baseUrl: 'https://op.example', qosProfiles: false })]) {
      const fake = created(undefined)
      await asked({ endpoint, token: 'key', fetch: fake.fetch })
      expect(fake.asked.map(({ body }) => body)).toEqual([
        expect.objectContaining({ duration: 86_400 }),
        expect.objectContaining({ duration: 86_400 }),
      ])
    }
  })

  it('fails if the profiles cannot be fetched, and fetches them again the next time', async () => {
    let answer = refusal(403, 'PERMISSION_DENIED')
    const fake = fakeFetch(({ url }) => (url.endsWith('profiles') ? answer : json(201, sessionInfo())))
    const to = new NetworkAsCodeClient({ token: 'key', fetch: fake.fetch }).devices.get(PHONE)
    await expect(to.createQodSession('QOS_L', '233.252.0.2')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    answer = profile(600, 'Seconds')
    await to.createQodSession('QOS_L', '233.252.0.2')
    expect(fake.asked.at(-1)?.body).toMatchObject({ duration: 600 })
  })

  it('is not aborted with another call for the same profile', async () => {
    const stop = new AbortController()
    const fake = fakeFetch(async ({ url }) => {
      if (!url.endsWith('profiles')) return json(201, sessionInfo())
      // Both calls have asked, and then the first one is ended.
      await Promise.resolve()
      stop.abort(new Error('enough'))
      return fake.asked.length === 1 ? (stop.signal.reason as Error) : profile(600, 'Seconds')
    })
    const to = new NetworkAsCodeClient({ token: 'key', fetch: fake.fetch }).devices.get(PHONE)
    const ended = to.createQodSession('QOS_L', { serviceIpv4: '233.252.0.2', signal: stop.signal })
    const other = to.createQodSession('QOS_L', '233.252.0.3')
    await expect(ended).rejects.toThrow('enough')
    expect((await other).id).toBe(sessionInfo().sessionId)
  })

  it('fetches the bounds again after a refusal: they may have changed', async () => {
    let maximum = 86_400
    const fake = fakeFetch(({ url, body }) => {
      if (url.endsWith('profiles')) return profile(maximum, 'Seconds')
      const { duration } = body as { duration: number }
      return duration > maximum ? refusal(400, 'QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE') : json(201, sessionInfo())
    })
    const to = new NetworkAsCodeClient({ token: 'key', fetch: fake.fetch }).devices.get(PHONE)
    await to.createQodSession('QOS_L', '233.252.0.2')
    maximum = 600
    await expect(to.createQodSession('QOS_L', '233.252.0.2')).rejects.toMatchObject({ status: 400 })
    await to.createQodSession('QOS_L', '233.252.0.2')
    expect(fake.asked.at(-1)?.body).toMatchObject({ duration: 600 })
  })
})
