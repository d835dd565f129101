import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Asked, fakeFetch, json, noContent, refusal, SESSION_ID, sessionInfo } from './fakes.fixture.js'
import { camara, NetworkAsCodeClient, nokia, QodApiError, QodArgumentError } from './index.js'

const IDENTIFIERS = {
  networkAccessIdentifier: 'device@testcsp.net',
  phoneNumber: '+36721601234567',
  ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 },
}

interface Rules {
  readonly origin: string
  readonly headers: Readonly<Record<string, RegExp>>
  /** Paths of `METHOD /path`, with the names that its body may have: a `?` marks those that may be missing. */
  readonly operations: Readonly<Record<string, readonly string[] | undefined>>
}

/** An endpoint that refuses every header, path and member of a body that it does not know, and misses those it needs. */
function strict({ origin, headers, operations }: Rules) {
  return fakeFetch((asked: Asked) => {
    const { pathname, origin: to } = new URL(asked.url)
    const complain = (what: string) => refusal(400, `STRICT: ${what}`)
    if (to !== origin) return complain(`origin ${to}`)
    for (const [name, value] of Object.entries(asked.headers)) {
      if (name === 'content-type' && asked.body !== undefined && value === 'application/json') continue
      if (!headers[name]?.test(value)) return complain(`header ${name}: ${value}`)
    }
    const missing = Object.keys(headers).find((name) => !(name in asked.headers))
    if (missing !== undefined) return complain(`no header ${missing}`)
    const operation = `${asked.method} ${pathname}`
    if (!(operation in operations)) return complain(operation)
    const names = operations[operation]
    const given = asked.body === undefined ? undefined : Object.keys(asked.body as object)
    if ((names === undefined) !== (given === undefined)) return complain(`body of ${operation}`)
    const strange = given?.find((name) => !names?.includes(name) && !names?.includes(`${name}?`))
    const absent = names?.find((name) => !name.endsWith('?') && !given?.includes(name))
    if (strange ?? absent) return complain(`member ${strange ?? absent} of ${operation}`)
    if (asked.method === 'DELETE') return noContent()
    if (pathname.endsWith('/retrieve-sessions')) return json(200, [sessionInfo()])
    if (pathname.endsWith('/retrieve-qos-profiles')) return json(200, [{ name: 'QOS_L', status: 'ACTIVE' }])
    if (pathname.includes('/qos-profiles/')) return json(200, { name: 'QOS_L', status: 'ACTIVE' })
    return json(asked.method === 'POST' ? 201 : 200, sessionInfo())
  })
}

const SESSIONS = {
  'POST /quality-on-demand/v1/sessions': [
    'device',
    'applicationServer',
    'qosProfile',
    'duration',
    'devicePorts?',
    'applicationServerPorts?',
    'sink?',
    'sinkCredential?',
  ],
  'POST /quality-on-demand/v1/retrieve-sessions': ['device'],
  [`GET /quality-on-demand/v1/sessions/${SESSION_ID}`]: undefined,
  [`DELETE /quality-on-demand/v1/sessions/${SESSION_ID}`]: undefined,
  [`POST /quality-on-demand/v1/sessions/${SESSION_ID}/extend`]: ['requestedAdditionalDuration'],
}

const NOKIA: Rules = {
  origin: 'https://network-as-code.p-eu.rapidapi.com',
  headers: {
    accept: /^application\/json$/,
    'x-rapidapi-key': /^key$/,
    'x-rapidapi-host': /^network-as-code\.nokia\.rapidapi\.com$/,
  },
  operations: SESSIONS,
}

const CAMARA: Rules = {
  origin: 'https://operator.example',
  headers: {
    accept: /^application\/json$/,
    authorization: /^Bearer key$/,
    'x-correlator': /^[a-zA-Z0-9-_:;./<>{}]{1,256}$/,
  },
  operations: {
    ...SESSIONS,
    'POST /qos-profiles/v1/retrieve-qos-profiles': ['device?', 'name?', 'status?'],
    'GET /qos-profiles/v1/qos-profiles/QOS_L': undefined,
  },
}

/** Everything that a client can ask for, followed sessions included. */
async function everything(client: NetworkAsCodeClient): Promise<void> {
  const device = client.devices.get(IDENTIFIERS)
  const session = await device.createQodSession({
    profile: 'QOS_L',
    serviceIpv4: '233.252.0.2:443',
    devicePorts: { ports: [5000] },
    sink: 'https://app.example/events',
    sinkCredential: {
      credentialType: 'ACCESSTOKEN',
      accessToken: 'secret',
      accessTokenType: 'bearer',
      accessTokenExpiresUtc: '2030-01-01T00:00:00Z',
    },
  })
  await device.sessions()
  await client.sessions.get(session.id)
  await session.refresh()
  await session.extend(60)
  await session.delete()
}

describe('an endpoint', () => {
  it('of Nokia gets exactly the headers that it accepts', async () => {
    const fake = strict(NOKIA)
    await everything(new NetworkAsCodeClient({ endpoint: nokia(), token: 'key', fetch: fake.fetch }))
    expect(fake.asked).toHaveLength(6)
  })

  it('of Nokia has no profiles, and the error says so', async () => {
    const client = new NetworkAsCodeClient({ endpoint: nokia(), token: 'key', fetch: strict(NOKIA).fetch })
    await expect(client.profiles.list()).rejects.toThrow('the endpoint nokia has no qos-profiles API')
  })

  it('of Nokia can have another base URL', async () => {
    const fake = strict({
      ...NOKIA,
      origin: 'https://nokia.test',
      headers: { ...NOKIA.headers, 'x-rapidapi-host': /^h$/ },
    })
    const endpoint = nokia({ baseUrl: 'https://nokia.test', rapidApiHost: 'h' })
    await everything(new NetworkAsCodeClient({ endpoint, token: 'key', fetch: fake.fetch }))
  })

  it('of an operator gets exactly the headers of CAMARA', async () => {
    const fake = strict(CAMARA)
    const endpoint = camara({ baseUrl: 'https://operator.example/' })
    const client = new NetworkAsCodeClient({ endpoint, token: 'key', fetch: fake.fetch })
    await everything(client)
    await client.profiles.list({ name: 'QOS_L', status: 'ACTIVE', device: client.devices.get(IDENTIFIERS) })
    await client.profiles.get('QOS_L')
    expect(fake.asked.map(({ url }) => new URL(url).pathname)).toContain('/qos-profiles/v1/retrieve-qos-profiles')
  })

  it('of an operator may be of another version', async () => {
    const rename = (text: string) => text.replace('/v1/', '/vwip/')
    const operations = Object.fromEntries(Object.entries(CAMARA.operations).map(([key, value]) => [rename(key), value]))
    const endpoint = camara({ baseUrl: 'https://operator.example', version: 'vwip' })
    const { fetch } = strict({ ...CAMARA, operations })
    await everything(new NetworkAsCodeClient({ endpoint, token: 'key', fetch }))
  })

  it.each(['idempotencyKey', 'respondAsync'])('of another kind is never sent %s', async (option) => {
    const fake = strict(CAMARA)
    const endpoint = camara({ baseUrl: 'https://operator.example' })
    const device = new NetworkAsCodeClient({ endpoint, token: 'key', fetch: fake.fetch }).devices.get(IDENTIFIERS)
    const options = { serviceIpv4: '233.252.0.2', duration: 60, [option]: option === 'respondAsync' ? true : 'mine' }
    await expect(device.createQodSession('QOS_L', options)).rejects.toThrow('works at Right of Way gateways only')
    expect(fake.asked).toEqual([])
  })

  it('that is strict refuses what it does not accept', async () => {
    const { fetch } = strict(NOKIA)
    const ours = new NetworkAsCodeClient({ baseUrl: NOKIA.origin, token: 'key', fetch })
    await expect(ours.sessions.get(SESSION_ID)).rejects.toThrow(QodApiError)
    await expect(ours.sessions.get(SESSION_ID)).rejects.toThrow('STRICT: header authorization')
  })
})

describe('the URL of the endpoint', () => {
  afterEach(() => vi.unstubAllEnvs())

  const originOf = async (options: ConstructorParameters<typeof NetworkAsCodeClient>[0] & object) => {
    const fake = fakeFetch([json(200, sessionInfo())])
    await new NetworkAsCodeClient({ token: 'key', fetch: fake.fetch, ...options }).sessions.get(SESSION_ID)
    return fake.asked[0]?.url.replace(`/quality-on-demand/v1/sessions/${SESSION_ID}`, '')
  }

  it('is baseUrl, else RIGHTOFWAY_URL, else the default of `rightofway serve`', async () => {
    vi.stubEnv('RIGHTOFWAY_URL', undefined)
    expect(await originOf({})).toBe('http://127.0.0.1:8080')
    vi.stubEnv('RIGHTOFWAY_URL', 'https://qod.example/below/')
    expect(await originOf({})).toBe('https://qod.example/below')
    expect(await originOf({ baseUrl: 'http://localhost:9000' })).toBe('http://localhost:9000')
  })

  it.each([
    'http://127.0.0.1:8080',
    'http://127.9.9.9',
    'http://[::1]:8080',
    'http://localhost',
    'http://qod.localhost',
  ])('may be %s without TLS', async (baseUrl) => {
    expect(await originOf({ baseUrl })).toBe(baseUrl)
  })

  it.each([
    ['http://qod.example', 'must begin with https://'],
    ['http://127.0.0.1.example', 'must begin with https://'],
    ['http://192.168.1.1', 'must begin with https://'],
    ['ftp://127.0.0.1', 'must begin with https://'],
    ['qod.example', 'is not a URL'],
    ['https://user:secret@qod.example', 'must have no user name'],
    ['https://qod.example?key=1', 'must have no user name, password, query or fragment'],
  ])('may not be %s', (baseUrl, reason) => {
    const make = () => new NetworkAsCodeClient({ token: 'key', baseUrl })
    expect(make).toThrow(QodArgumentError)
    expect(make).toThrow(reason)
    expect(make).not.toThrow('secret')
  })

  it('is given once', () => {
    const endpoint = nokia()
    expect(() => new NetworkAsCodeClient({ token: 'key', endpoint, baseUrl: 'https://qod.example' })).toThrow(
      'endpoint cannot be combined with baseUrl or oauth',
    )
  })
})
