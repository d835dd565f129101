import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../../test/support/free-port.js'
import { NetworkUnreachable } from '../../ports/network.js'
import { ApiClient, type ApiClientOptions, refusal } from './client.js'
import { bearer, type ClientCredentials, OAuthAuthorization } from './client-credentials.js'
import { NetworkInDoubt, NetworkRefusal } from './door.js'
import { NotSent } from './not-sent.js'

let server: Server
let url: string
let answer: RequestListener
let seen: { request: IncomingMessage; text: string }[]
const opened: { close(): Promise<void> }[] = []

beforeEach(async () => {
  seen = []
  server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    request.on('end', () => {
      seen.push({ request, text })
      answer(request, response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

function keep<T extends { close(): Promise<void> }>(made: T): T {
  opened.push(made)
  return made
}

const client = (more: Partial<ApiClientOptions> = {}) =>
  keep(new ApiClient({ name: 'the core', baseUrl: `${url}/base`, timeoutMs: 2_000, ...more }))
const get = { method: 'GET', path: '/thing' } as const
const say =
  (status: number, body = '', headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)

describe('requests to an API', () => {
  it('send what they are given, and return the answer', async () => {
    answer = say(201, '{"a":1}')
    const asked = { method: 'POST', path: '/things', body: { b: 2 }, headers: { 'x-correlator': 'c' } } as const
    expect(await client({ authorization: bearer('t0k3n') }).ask(asked)).toEqual({ status: 201, body: { a: 1 } })
    const [{ request, text } = { request: undefined, text: '' }] = seen
    expect(request).toMatchObject({ method: 'POST', url: '/base/things' })
    expect(request?.headers).toMatchObject({
      ...{ authorization: 'Bearer t0k3n', 'content-type': 'application/json', 'x-correlator': 'c' },
    })
    expect(JSON.parse(text)).toEqual({ b: 2 })
  })

  it.each([200, 204, 301, 400, 401, 403, 404, 409, 410])('return %i for the door to interpret', async (status) => {
    answer = say(status, status === 204 ? '' : '<html>', { location: '/elsewhere' })
    expect(await client().ask(get)).toEqual({ status, location: '/elsewhere', body: undefined })
    expect(seen).toHaveLength(1)
  })

  it.each([408, 429, 502, 503, 504])('take %i for no answer, and keep Retry-After', async (status) => {
    answer = say(status, '', { 'retry-after': '7' })
    const asked = client().ask(get)
    await expect(asked).rejects.toThrow(NetworkUnreachable)
    await expect(asked).rejects.toMatchObject({ message: `the core answered ${status}`, retryAfterMs: 7_000 })
    await expect(asked).rejects.not.toThrow(NotSent)
  })

  it('read a Retry-After that is a date', async () => {
    answer = say(503, '', { 'retry-after': new Date(Date.now() - 60_000).toUTCString() })
    await expect(client().ask(get)).rejects.toMatchObject({ retryAfterMs: 0 })
    answer = say(503, '', { 'retry-after': 'soon' })
    await expect(client().ask(get)).rejects.toMatchObject({ retryAfterMs: undefined })
  })

  it.each([500, 501, 507])('leave the outcome open after %i', async (status) => {
    answer = say(status)
    await expect(client().ask(get)).rejects.toThrow(NetworkInDoubt)
  })

  it('leave open whether the request was received if there is no answer', async () => {
    answer = (request) => void request.socket.destroy()
    const cut = client().ask(get)
    await expect(cut).rejects.toThrow(NetworkUnreachable)
    await expect(cut).rejects.not.toThrow(NotSent)
    answer = () => undefined
    await expect(client({ timeoutMs: 100 }).ask(get)).rejects.toThrow(
      'the core was not reached: no answer within 100 ms',
    )
  })

  it('have not been received if there is no connection', async () => {
    const port = await freePort()
    await expect(client({ baseUrl: `http://127.0.0.1:${port}` }).ask(get)).rejects.toThrow(NotSent)
  })

  it('are aborted if the answer does not end', async () => {
    answer = (_, response) => void response.end('x'.repeat(2_000_000))
    await expect(client().ask(get)).rejects.toThrow('the answer is too long')
  })

  it("have the network's own error in a refusal, shortened, and only if it is text", () => {
    const said = (body: unknown) => refusal('the core', { status: 403, body }).message
    expect(said({ code: 'DENIED', message: 'not\nfor you' })).toBe('the core answered 403 DENIED: not for you')
    expect(said({ cause: 'REQUESTED_SERVICE_NOT_AUTHORIZED' })).toBe(
      'the core answered 403 REQUESTED_SERVICE_NOT_AUTHORIZED',
    )
    expect(said('text')).toBe('the core answered 403 text')
    expect(said([7])).toBe('the core answered 403')
    expect(said({ detail: 'x'.repeat(999) })).toHaveLength('the core answered 403 '.length + 200)
  })
})

describe('tokens', () => {
  let tokens = 0
  const serve =
    (more: RequestListener = say(200, '{}')): RequestListener =>
    (request, response) => {
      if (request.url !== '/token') return more(request, response)
      response.end(JSON.stringify({ access_token: `t${++tokens}`, token_type: 'Bearer', expires_in: 100 }))
    }
  const oauth = (more: Partial<ClientCredentials> = {}) =>
    keep(
      new OAuthAuthorization({
        ...{
          tokenUrl: `${url}/token`,
          clientId: 'gw',
          scope: 'qod',
          authentication: { secret: 's:e' },
          realNow: () => 1_000,
        },
        ...more,
      }),
    )
  beforeEach(() => {
    tokens = 0
  })

  it("are requested once, with the client's secret, and used until shortly before they expire", async () => {
    answer = serve()
    let now = 1_000
    const authorization = oauth({ realNow: () => now })
    const asking = client({ authorization })
    await Promise.all([asking.ask(get), asking.ask(get)])
    const [first] = seen
    expect(first?.text).toBe('grant_type=client_credentials&scope=qod')
    expect(first?.request.headers.authorization).toBe(`Basic ${Buffer.from('gw:s%3Ae').toString('base64')}`)
    now += 89_999
    await asking.ask(get)
    expect(tokens).toBe(1)
    now += 1
    await asking.ask(get)
    expect(seen.at(-1)?.request.headers.authorization).toBe('Bearer t2')
  })

  it('are requested with an assertion if there is no secret', async () => {
    answer = serve()
    await client({ authorization: oauth({ authentication: { assert: async () => 'signed' } }) }).ask(get)
    expect(Object.fromEntries(new URLSearchParams(seen[0]?.text))).toEqual({
      grant_type: 'client_credentials',
      scope: 'qod',
      client_id: 'gw',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'signed',
    })
  })

  it('are replaced once if they are refused', async () => {
    answer = serve((request, response) =>
      say(request.headers.authorization === 'Bearer t2' ? 200 : 401, '{}')(request, response),
    )
    expect(await client({ authorization: oauth() }).ask(get)).toMatchObject({ status: 200 })
    answer = serve(say(401))
    await expect(client({ authorization: oauth() }).ask(get)).rejects.toThrow(NetworkRefusal)
    expect(tokens).toBe(4)
  })

  it('that cannot be obtained mean that nothing was sent; the message does not contain the secret', async () => {
    answer = say(401, '{"error":"invalid_client","error_description":"s:e"}')
    const asked = client({ authorization: oauth() }).ask(get)
    await expect(asked).rejects.toThrow(NotSent)
    await expect(asked).rejects.toThrow('no token from the authorization server: it answered 401 invalid_client')
    answer = say(200, '{"access_token":"a b","token_type":"bearer"}')
    await expect(client({ authorization: oauth() }).ask(get)).rejects.toThrow('it answered without a token')
    answer = say(200, '{"access_token":"a","token_type":"mac"}')
    await expect(client({ authorization: oauth() }).ask(get)).rejects.toThrow('not a bearer token')
  })
})
