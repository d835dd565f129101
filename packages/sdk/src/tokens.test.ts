import { describe, expect, it } from 'vitest'
import { fakeFetch, json, manualTime, refusal, SESSION_ID, sessionInfo } from './fakes.fixture.js'
import { camara, NetworkAsCodeClient, QodApiError, QodArgumentError } from './index.js'
import { clientCredentials } from './tokens.js'

describe('a token', () => {
  it('is requested before every request if it is a function', async () => {
    const fake = fakeFetch([json(200, sessionInfo())])
    let count = 0
    const client = new NetworkAsCodeClient({ token: async () => `token-${++count}`, fetch: fake.fetch })
    await client.sessions.get(SESSION_ID)
    await client.sessions.get(SESSION_ID)
    expect(fake.asked.map(({ headers }) => headers['authorization'])).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  it('may be the only option of a client', async () => {
    const client = new NetworkAsCodeClient('the-key')
    expect(client.devices.get({ phoneNumber: '+36721601234567' }).phoneNumber).toBe('+36721601234567')
  })

  it.each(['', 'with space', 'line\nbreak', 'café'])('is refused as %j without being repeated', (token) => {
    const make = () => new NetworkAsCodeClient({ token })
    expect(make).toThrow(QodArgumentError)
    expect(make).toThrow('token must be a string of printable ASCII characters without spaces')
  })

  it('is required, and may be given only once', () => {
    const oauth = { tokenUrl: 'https://auth.example/token', clientId: 'app', clientSecret: 's' }
    expect(() => new NetworkAsCodeClient({})).toThrow('token or oauth is required')
    expect(() => new NetworkAsCodeClient({ token: 'key', oauth })).toThrow('token and oauth cannot be combined')
  })
})

describe('client credentials [RFC 6749 section 4.4]', () => {
  const OAUTH = { tokenUrl: 'https://auth.example/token', clientId: 'app:1', clientSecret: 's p', scope: 'a b' }
  const granted = (token: string, more: object = {}) =>
    json(200, { access_token: token, token_type: 'Bearer', expires_in: 3600, ...more })

  it('are sent as Basic credentials, form-encoded first [section 2.3.1]', async () => {
    const fake = fakeFetch([granted('at')])
    await clientCredentials(OAUTH, fake.fetch, manualTime(), 1_000).get()
    const [asked] = fake.asked
    expect(asked?.body).toBe('grant_type=client_credentials&scope=a+b')
    expect(asked?.headers['authorization']).toBe(`Basic ${btoa('app%3A1:s+p')}`)
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded')
  })

  it('are part of the body if configured', async () => {
    const fake = fakeFetch([granted('at')])
    await clientCredentials({ ...OAUTH, authMethod: 'client_secret_post' }, fake.fetch, manualTime(), 1_000).get()
    expect(fake.asked[0]?.headers).not.toHaveProperty('authorization')
    expect(fake.asked[0]?.body).toContain('client_id=app%3A1&client_secret=s+p')
  })

  it('give one token to many requests, until shortly before it expires', async () => {
    const fake = fakeFetch([granted('one'), granted('two')])
    const time = manualTime()
    const tokens = clientCredentials(OAUTH, fake.fetch, time, 1_000)
    expect(await Promise.all([tokens.get(), tokens.get()])).toEqual(['one', 'one'])
    time.at(time.now() + 3_569_000)
    expect(await tokens.get()).toBe('one')
    time.at(time.now() + 1_000)
    expect(await tokens.get()).toBe('two')
    expect(fake.asked).toHaveLength(2)
  })

  it('are used once more if a token is refused before its expiry', async () => {
    let current = 'one'
    const fake = fakeFetch(({ url, headers }) => {
      if (url === OAUTH.tokenUrl) return granted(current)
      return headers['authorization'] === 'Bearer two' ? json(200, sessionInfo()) : refusal(401, 'UNAUTHENTICATED')
    })
    const endpoint = camara({ baseUrl: 'https://operator.example', oauth: OAUTH })
    const client = new NetworkAsCodeClient({ endpoint, fetch: fake.fetch })
    await expect(client.sessions.get(SESSION_ID)).rejects.toMatchObject({ status: 401 })
    expect(fake.asked).toHaveLength(4)
    current = 'two'
    await client.sessions.get(SESSION_ID)
  })

  it("fail with the authorization server's error", async () => {
    const fake = fakeFetch([json(401, { error: 'invalid_client' })])
    const client = new NetworkAsCodeClient({ oauth: OAUTH, fetch: fake.fetch, baseUrl: 'https://qod.example' })
    const error: unknown = await client.sessions.get(SESSION_ID).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(QodApiError)
    expect((error as Error).message).toBe('the authorization server refused a token (401 invalid_client)')
    expect(fake.asked).toHaveLength(1)
  })

  it('go to https only', () => {
    const oauth = { ...OAUTH, tokenUrl: 'http://auth.example/token' }
    expect(() => camara({ baseUrl: 'https://operator.example', oauth })).toThrow(
      'oauth.tokenUrl must begin with https://',
    )
  })
})
