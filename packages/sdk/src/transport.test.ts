import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  connectionError,
  type FakeFetch,
  fakeFetch,
  json,
  manualTime,
  NOON,
  noContent,
  refusal,
  SESSION_ID,
  sessionInfo,
} from './fakes.fixture.js'
import { camara, NetworkAsCodeClient, QodApiError, QodConnectionError } from './index.js'

const PHONE = { phoneNumber: '+36721601234567' }
const OPERATOR = camara({ baseUrl: 'https://operator.example', qosProfiles: false })

type Options = ConstructorParameters<typeof NetworkAsCodeClient>[0] & object

function clientOf({ fetch }: FakeFetch, options: Options = {}) {
  const time = manualTime()
  return { time, client: new (NetworkAsCodeClient as never as Constructor)({ token: 'key', fetch, ...options }, time) }
}

/** The constructor as tests see it: with a time of their own. */
type Constructor = new (options: Options, time: ReturnType<typeof manualTime>) => NetworkAsCodeClient

const create = (client: NetworkAsCodeClient) =>
  client.devices.get(PHONE).createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 60 })
const read = (client: NetworkAsCodeClient) => client.sessions.get(SESSION_ID)
const list = (client: NetworkAsCodeClient) => client.devices.get(PHONE).sessions()
const extend = async (client: NetworkAsCodeClient) => (await read(client)).extend(60)
const remove = async (client: NetworkAsCodeClient) => (await read(client)).delete()

/** What a proxy answers for an endpoint that it cannot reach. */
const page = (status: number, headers: Record<string, string> = {}) =>
  new Response('<h1>nginx</h1>', { status, headers: { 'content-type': 'text/html', ...headers } })

const RESET = connectionError('ECONNRESET')
const REFUSED = connectionError('ECONNREFUSED')

describe('repeating a request', () => {
  it.each([
    ['get', read, RESET],
    ['get', read, refusal(503, 'UNAVAILABLE')],
    ['get', read, refusal(429, 'TOO_MANY_REQUESTS')],
    ['create on Right of Way', create, RESET],
    ['create on Right of Way', create, refusal(503, 'UNAVAILABLE')],
    ['get', read, page(502)],
    ['get', read, page(504)],
    ['get', read, refusal(408, 'REQUEST_TIMEOUT')],
    ['create on Right of Way', create, page(502)],
    ['create on Right of Way', create, page(504)],
  ])('does it for a %s', async (_what, call, failure) => {
    const fake = fakeFetch([failure, failure, json(200, sessionInfo())])
    const { client, time } = clientOf(fake)
    await call(client)
    expect(fake.asked).toHaveLength(3)
    expect(time.waits).toHaveLength(2)
    // A request under way keeps the process alive.
    expect(time.idle).toEqual([false, false])
    expect(time.waits[0]).toBeGreaterThanOrEqual(100)
    expect(time.waits[0]).toBeLessThanOrEqual(200)
    expect(time.waits[1]).toBeGreaterThanOrEqual(200)
    expect(time.waits[1]).toBeLessThanOrEqual(400)
  })

  it('happens for a list, which is a POST that changes nothing [retrieveSessionsByDevice]', async () => {
    const fake = fakeFetch([RESET, json(200, [])])
    expect(await list(clientOf(fake).client)).toEqual([])
  })

  it('happens for a delete', async () => {
    const fake = fakeFetch([json(200, sessionInfo()), RESET, noContent()])
    await remove(clientOf(fake).client)
    expect(fake.asked.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'DELETE'])
  })

  it('sends the same Idempotency-Key with every attempt of one create, and another with the next create', async () => {
    const fake = fakeFetch([RESET, json(201, sessionInfo())])
    const { client } = clientOf(fake)
    await create(client)
    await create(client)
    const [first, second, third] = fake.asked.map(({ headers }) => headers['idempotency-key'])
    expect(first).toMatch(/^[0-9a-f-]{36}$/)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  it("sends the caller's own Idempotency-Key", async () => {
    const fake = fakeFetch([json(201, sessionInfo())])
    const device = clientOf(fake).client.devices.get(PHONE)
    await device.createQodSession('QOS_L', { serviceIpv4: '233.252.0.2', duration: 60, idempotencyKey: 'order-17' })
    expect(fake.asked[0]?.headers['idempotency-key']).toBe('order-17')
  })

  it.each([
    ['create', create, [RESET], 'unknown'],
    ['create', create, [REFUSED, RESET], 'unknown'],
    ['create', create, [REFUSED, REFUSED, REFUSED], 'none'],
    ['create', create, [refusal(503, 'UNAVAILABLE', { 'retry-after': '1' }), RESET], 'unknown'],
    ['extension', extend, [json(200, sessionInfo()), RESET], 'unknown'],
    ['get', read, [RESET, RESET, RESET], 'none'],
    ['delete', remove, [json(200, sessionInfo()), RESET, RESET, RESET], 'unknown'],
  ] as const)('ends a %s after %o with the outcome it has elsewhere', async (_what, call, answers, outcome) => {
    const fake = fakeFetch(answers)
    const error: unknown = await call(clientOf(fake, { endpoint: OPERATOR }).client).then(undefined, (e: unknown) => e)
    expect(error).toBeInstanceOf(QodConnectionError)
    expect(error).toMatchObject({ outcome })
    expect(fake.asked).toHaveLength(answers.length)
  })

  it.each([
    ['create', create, refusal(503, 'UNAVAILABLE')],
    ['create', create, refusal(429, 'TOO_MANY_REQUESTS')],
    ['create', create, refusal(500, 'INTERNAL')],
    ['create', create, refusal(409, 'CONFLICT')],
    ['get', read, refusal(404, 'NOT_FOUND')],
    ['get', read, refusal(500, 'INTERNAL')],
    ['get', read, page(501)],
    ['create', create, page(502)],
    ['create', create, page(504)],
    ['create', create, page(504, { 'retry-after': '1' })],
  ])('does not do it for a %s that was answered with %o, where no Retry-After is said', async (_what, call, answer) => {
    const fake = fakeFetch([answer])
    await expect(call(clientOf(fake, { endpoint: OPERATOR }).client)).rejects.toBeInstanceOf(QodApiError)
    expect(fake.asked).toHaveLength(1)
  })

  it.each([
    ['2', 2_000],
    ['0', 0],
    [new Date(NOON + 3_000).toUTCString(), 3_000],
  ])(
    'waits as long as a 503 with Retry-After: %s says, for a create too [RFC 9110 section 10.2.3]',
    async (after, ms) => {
      const busy = refusal(503, 'UNAVAILABLE', { 'retry-after': after, date: new Date(NOON).toUTCString() })
      const fake = fakeFetch([busy, json(201, sessionInfo())])
      const { client, time } = clientOf(fake, { endpoint: OPERATOR })
      await create(client)
      expect(time.waits).toEqual([ms])
    },
  )

  it('does not wait beyond its time limit, and reports the Retry-After', async () => {
    const fake = fakeFetch([refusal(429, 'QUOTA_EXCEEDED', { 'retry-after': '3600' })])
    const { client, time } = clientOf(fake)
    await expect(read(client)).rejects.toMatchObject({ status: 429, code: 'QUOTA_EXCEEDED', retryAfterSeconds: 3600 })
    expect(time.waits).toEqual([])
  })

  it('happens as often as the client is configured', async () => {
    const fake = fakeFetch([RESET])
    await expect(read(clientOf(fake, { retries: 0 }).client)).rejects.toBeInstanceOf(QodConnectionError)
    expect(fake.asked).toHaveLength(1)
  })
})

describe('the outcome of a refusal', () => {
  const outcomeOf = async (call: typeof create, answers: readonly (Response | Error)[], options: Options = {}) => {
    const error: unknown = await call(clientOf(fakeFetch(answers), options).client).catch((e: unknown) => e)
    return error
  }

  it.each([
    ['create', create, [page(502)], 'unknown'],
    ['create', create, [page(504)], 'unknown'],
    ['create', create, [page(503)], 'unknown'],
    ['create', create, [refusal(500, 'INTERNAL')], 'unknown'],
    ['extension', extend, [json(200, sessionInfo()), page(502)], 'unknown'],
    ['delete', remove, [json(200, sessionInfo()), page(502)], 'unknown'],
    ['create', create, [refusal(503, 'UNAVAILABLE')], 'none'],
    ['create', create, [refusal(409, 'CONFLICT')], 'none'],
    ['create', create, [refusal(408, 'REQUEST_TIMEOUT')], 'none'],
    ['get', read, [page(502)], 'none'],
  ] as const)('of a %s with the answers %o is as it is', async (_what, call, answers, outcome) => {
    const error = await outcomeOf(call as typeof create, answers, { endpoint: OPERATOR })
    expect(error).toBeInstanceOf(QodApiError)
    expect(error).toMatchObject({ outcome })
  })

  it('stays unknown if a later attempt is refused: the first one may have created a session', async () => {
    expect(await outcomeOf(create, [RESET, refusal(401, 'UNAUTHENTICATED')])).toMatchObject({
      name: 'QodApiError',
      outcome: 'unknown',
    })
    expect(await outcomeOf(create, [page(502), REFUSED])).toMatchObject({
      name: 'QodConnectionError',
      outcome: 'unknown',
    })
  })
})

describe('an error', () => {
  it('has the status, code, message and correlator of the answer [ErrorInfo]', async () => {
    const fake = fakeFetch([refusal(409, 'CONFLICT', { 'x-correlator': 'theirs' })])
    const error: unknown = await create(clientOf(fake).client).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(QodApiError)
    expect(error).toMatchObject({ status: 409, code: 'CONFLICT', message: 'said CONFLICT', correlator: 'theirs' })
  })

  it("has the code HTTP_ and the status if the answer is not CAMARA's", async () => {
    const page = new Response('<h1>Bad Gateway</h1>', { status: 502, statusText: 'Bad Gateway' })
    const { client } = clientOf(fakeFetch([page]))
    await expect(read(client)).rejects.toMatchObject({ code: 'HTTP_502', message: 'the answer was 502' })
  })

  it('is thrown for redirects: a key is not sent to another place', async () => {
    const fake = fakeFetch([new Response(null, { status: 302, headers: { location: 'https://elsewhere.example' } })])
    await expect(read(clientOf(fake).client)).rejects.toMatchObject({ code: 'HTTP_302' })
    expect(fake.asked).toHaveLength(1)
  })

  it.each([
    ['no JSON', new Response('ok', { status: 200 })],
    ['a page', page(200)],
    ['no session', json(200, { hello: 'world' })],
    ['null', json(200, null)],
  ])('says so when an answer is %s, and does not ask for it again', async (_what, answer) => {
    for (const [call, outcome] of [
      [create, 'unknown'],
      [read, 'none'],
    ] as const) {
      const fake = fakeFetch([answer])
      const error: unknown = await call(clientOf(fake).client).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(QodConnectionError)
      expect(error).toMatchObject({ outcome, code: 'INVALID_RESPONSE' })
      expect((error as Error).message).not.toContain('no answer')
      expect(fake.asked).toHaveLength(1)
    }
  })

  it("names the content type of a proxy's answer", async () => {
    await expect(read(clientOf(fakeFetch([page(200)])).client)).rejects.toThrow(
      'http://127.0.0.1:8080 answered 200 with text/html that is not JSON',
    )
  })

  it.each([
    ['CONNECT_FAILED', REFUSED],
    ['CONNECT_FAILED', connectionError('ENOTFOUND')],
    ['CONNECT_FAILED', connectionError('UND_ERR_CONNECT_TIMEOUT')],
    ['CONNECT_FAILED', connectionError('DEPTH_ZERO_SELF_SIGNED_CERT')],
    ['CONNECT_FAILED', connectionError('CERT_HAS_EXPIRED')],
    ['CONNECT_FAILED', Object.assign(new Error('Unable to connect'), { code: 'ConnectionRefused' })],
    ['CONNECTION_LOST', RESET],
    ['CONNECTION_LOST', connectionError('UND_ERR_SOCKET')],
    ['CONNECTION_LOST', new TypeError('Failed to fetch')],
  ])('has the code %s for %o, whatever the runtime calls it', async (code, failure) => {
    const fake = fakeFetch([failure])
    await expect(create(clientOf(fake).client)).rejects.toMatchObject({
      code,
      outcome: code === 'CONNECT_FAILED' ? 'none' : 'unknown',
    })
  })

  it('has a code also if the authorization server did not answer', async () => {
    const oauth = { tokenUrl: 'https://auth.example/token', clientId: 'app', clientSecret: 'secret' }
    const { client } = clientOf(fakeFetch([REFUSED]), { token: undefined, oauth, timeoutMs: Infinity })
    await expect(read(client)).rejects.toMatchObject({ name: 'QodConnectionError', code: 'CONNECT_FAILED' })
  })

  it('names the endpoint that did not answer, and why', async () => {
    const fake = fakeFetch([REFUSED])
    const { client } = clientOf(fake, { baseUrl: 'http://127.0.0.1:9' })
    await expect(read(client)).rejects.toThrow(
      'no answer from http://127.0.0.1:9: the connection failed (ECONNREFUSED)',
    )
  })
})

describe('the numbers of a client', () => {
  const REFUSED_MS = [Number.NaN, 0, -1, 0.5, 3e9, null, '1000', Number.NEGATIVE_INFINITY]

  it.each(REFUSED_MS)('are refused when it is made: %o milliseconds', (ms) => {
    for (const name of ['timeoutMs', 'pollMs']) {
      const message = `${name} must be a number of milliseconds from 1 to 2147483647, or Infinity`
      expect(() => new NetworkAsCodeClient({ token: 'key', [name]: ms })).toThrow(message)
    }
  })

  it.each(REFUSED_MS)('are refused when a session is followed: pollMs %o', async (pollMs) => {
    for (const options of [{}, { endpoint: OPERATOR }]) {
      const { client } = clientOf(fakeFetch([json(200, sessionInfo())]), options)
      const session = await read(client)
      await expect(session.ended({ pollMs: pollMs as number })).rejects.toThrow('pollMs must be')
    }
  })

  it.each([Number.NaN, -1, 0.5, null, '2'])('are refused when it is made: %o retries', (retries) => {
    expect(() => new NetworkAsCodeClient({ token: 'key', retries: retries as number })).toThrow(
      'retries must be a whole number, at least 0, or Infinity',
    )
  })

  it('are what timers can hold, and Infinity', async () => {
    for (const timeoutMs of [2 ** 31 - 1, Number.POSITIVE_INFINITY]) {
      const fake = fakeFetch([RESET, ...new Array<Response>(20).fill(page(502)), json(200, sessionInfo())])
      const { client, time } = clientOf(fake, { timeoutMs, retries: Number.POSITIVE_INFINITY })
      await read(client)
      // It never waits for longer than half a minute where nobody asked for that.
      expect(Math.max(...time.waits)).toBeLessThanOrEqual(30_000)
    }
  })
})

describe('the time limit', () => {
  const serve = async (listener: RequestListener) => {
    const server = createServer(listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it('covers the whole answer, including its body', async () => {
    const baseUrl = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"sessionId":')
    })
    const client = new NetworkAsCodeClient({ token: 'key', baseUrl, timeoutMs: 50 })
    await expect(read(client)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('the call took longer than 50 ms') as unknown,
    })
    await expect(create(new NetworkAsCodeClient({ token: 'key', baseUrl, timeoutMs: 50 }))).rejects.toMatchObject({
      name: 'QodConnectionError',
    })
  })

  it("is not the only one: the caller's signal ends a call with its own reason", async () => {
    const stop = new AbortController()
    const baseUrl = await serve(() => stop.abort(new Error('enough')))
    const client = new NetworkAsCodeClient({ token: 'key', baseUrl })
    await expect(client.sessions.get(SESSION_ID, { signal: stop.signal })).rejects.toThrow('enough')
  })

  it('covers a token function that takes long', async () => {
    const client = new NetworkAsCodeClient({ token: () => new Promise<string>(() => undefined), timeoutMs: 20 })
    await expect(read(client)).rejects.toThrow('the call took longer than 20 ms')
  })

  it('names your own sessions that conflict with a create, and none if the endpoint names none', async () => {
    const id = '3fa85f64-5717-4562-b3fc-2c963f66afa6'
    const conflict = (message: string) => new QodApiError({ status: 409, code: 'CONFLICT', message })
    expect(conflict(`Your session ${id} already covers this flow of the device`).sessionsInTheWay).toEqual([id])
    expect(conflict('Another session already covers this flow of the device.').sessionsInTheWay).toEqual([])
  })
})
