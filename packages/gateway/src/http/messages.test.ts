// Requests as bytes: limits, malformed requests, and an answer for each, in order.

import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { A_SESSION, PROFILES, QOD, startTestGateway, type TestGateway } from '../../test/support/gateway.js'
import { answersIn, dial, type RawAnswer, say } from '../../test/support/raw-http.js'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ settings: { 'dashboard.enabled': true, 'sessions.createHoldMs': 200 } })
})
afterAll(() => gateway.close())

const X_CORRELATOR = /^[0-9a-f]{8}-[0-9a-f-]{27}$/

/** A request with the headers that every request needs. */
const request = (line: string, headers: readonly string[] = [], body = ''): string =>
  [
    `${line} HTTP/1.1`,
    ...(headers.some((header) => /^host:/i.test(header)) ? [] : ['Host: gateway']),
    ...headers,
    ...(body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
    '',
    body,
  ].join('\r\n')
const key = () => `Authorization: Bearer ${gateway.key}`
const ask = async (line: string, headers: readonly string[] = []): Promise<RawAnswer> => {
  const received = await say(gateway.url, request(line, [...headers, 'Connection: close']))
  return answersIn(received)[0] as RawAnswer
}
const code = ({ body }: RawAnswer): unknown => (JSON.parse(body) as { code: unknown }).code

let servers = 0
const createBody = () => JSON.stringify({ ...A_SESSION, applicationServer: { ipv4Address: `198.51.100.${++servers}` } })

describe('bytes that are no request, after a request [RFC 9112 section 9.3.2]', () => {
  it.each(['X\r\n\r\n', '\u0000', 'GET\r\n\r\n'])('do not prevent its answer: %j', async (garbage) => {
    const received = await say(gateway.url, request(`POST ${QOD}/sessions`, [key()], createBody()) + garbage)
    const [created, refused, ...others] = answersIn(received)
    expect(created).toMatchObject({ status: 201 })
    expect(refused).toMatchObject({ status: 400, headers: { connection: 'close' } })
    expect(others).toEqual([])
  })

  it('do not prevent the answers of earlier requests, in order', async () => {
    const get = request(`GET ${PROFILES}/qos-profiles/QOS_L`, [key()])
    const create = request(`POST ${QOD}/sessions`, [key()], createBody())
    const received = await say(gateway.url, `${create}${get}${create}X\r\n\r\n`)
    expect(answersIn(received).map(({ status }) => status)).toEqual([201, 200, 409, 400])
  })

  it('are refused after the answer, whenever they arrive', async () => {
    const socket = await dial(gateway.url)
    const received = text(socket)
    socket.write(request(`POST ${QOD}/sessions`, [key()], createBody()))
    await gateway.committed()
    socket.write('X\r\n\r\n')
    expect(answersIn(await received).map(({ status }) => status)).toEqual([201, 400])
  })

  it('do not add a refusal to a stream of events', async () => {
    const socket = await dial(gateway.url)
    socket.setEncoding('utf8').write(request(`GET ${QOD}/sessions/events`, [key()]))
    let received = ''
    socket.on('data', (chunk: string) => {
      received += chunk
    })
    while (!received.includes('following')) await once(socket, 'data')
    socket.write('X\r\n\r\n')
    const { sessionId } = await gateway.create({ applicationServer: { ipv4Address: '198.51.100.200' } })
    while (!received.includes(sessionId)) await once(socket, 'data')
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1)
    socket.destroy()
  })

  it('in the body of a request get one answer for that request', async () => {
    const head = request(`POST ${QOD}/sessions`, [
      key(),
      'x-correlator: mine',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    ])
    const [answer, ...others] = answersIn(await say(gateway.url, `${head}nonsense\r\n`))
    expect(answer).toMatchObject({ status: 400, headers: { 'x-correlator': 'mine' } })
    expect(others).toEqual([])
  })
})

describe('header fields [RFC 9110 section 5.4]', () => {
  const fields = (count: number) => Array.from({ length: count }, (_, index) => `x${index}: 1`)

  it('are all read, up to the thousandth', async () => {
    // Host, Connection and Authorization are the other three.
    expect(await ask(`GET ${PROFILES}/qos-profiles/QOS_L`, [...fields(997), key()])).toMatchObject({ status: 200 })
  })

  it.each([998, 1_100, 2_500])('are refused with 431 if there are too many, and not dropped: %i', async (count) => {
    const answer = await ask(`GET ${PROFILES}/qos-profiles/QOS_L`, [...fields(count), key()])
    expect([answer.status, code(answer)]).toEqual([431, 'REQUEST_HEADER_FIELDS_TOO_LARGE'])
  })
})

describe('Host [RFC 9112 section 3.2]', () => {
  it.each([
    ['a b@/'],
    ['a/b'],
    ['user@host'],
    ['host:port'],
    ['[::1'],
    ['a', 'a'],
    ['a', 'b'],
    ['a?b'],
    ['%zz'],
    ['[::::]'],
  ])('is refused with 400: %j', async (...hosts) => {
    const answer = await ask(
      'GET /healthz',
      hosts.map((host) => `Host: ${host}`),
    )
    expect([answer.status, code(answer)]).toEqual([400, 'INVALID_ARGUMENT'])
  })

  it('is required in HTTP/1.1', async () => {
    const [answer] = answersIn(await say(gateway.url, 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'))
    expect([answer?.status, code(answer as RawAnswer)]).toEqual([400, 'INVALID_ARGUMENT'])
    expect(answer?.headers['x-correlator']).toMatch(X_CORRELATOR)
    const [old] = answersIn(await say(gateway.url, 'GET /healthz HTTP/1.0\r\n\r\n'))
    expect(old?.status).toBe(200)
  })

  it.each(['gateway', 'gateway:8080', '[::1]:8080', '192.0.2.1', 'a_b.example', 'xn--bcher-kva.example:'])(
    'may be %s',
    async (host) => {
      expect(await ask('GET /healthz', [`Host: ${host}`])).toMatchObject({ status: 200 })
    },
  )
})

describe('a version of HTTP', () => {
  it.each([' HTTP/2.0', ' HTTP/1.2', ' HTTP/0.9', ''])(
    'other than 1.0 and 1.1 is refused with 400: "%s"',
    async (version) => {
      const [answer] = answersIn(
        await say(gateway.url, `GET /healthz${version}\r\nHost: gateway\r\nConnection: close\r\n\r\n`),
      )
      expect(answer?.status).toBe(400)
      expect(code(answer as RawAnswer)).toBe('INVALID_ARGUMENT')
    },
  )

  it.each(['1.0', '1.1'])('%s is supported', async (version) => {
    const [answer] = answersIn(
      await say(gateway.url, `GET /healthz HTTP/${version}\r\nHost: gateway\r\nConnection: close\r\n\r\n`),
    )
    expect(answer?.status).toBe(200)
  })
})

describe('repeated credentials', () => {
  it('are refused with 400 where they differ, in any order', async () => {
    for (const headers of [
      [key(), 'Authorization: Bearer other'],
      ['authorization: Bearer other', key()],
    ]) {
      const answer = await ask(`GET ${PROFILES}/qos-profiles/QOS_L`, headers)
      expect([answer.status, code(answer)]).toEqual([400, 'INVALID_ARGUMENT'])
    }
    expect(await ask(`GET ${PROFILES}/qos-profiles/QOS_L`, [key(), key()])).toMatchObject({ status: 200 })
  })
})

describe('a target', () => {
  it.each([
    [`http://gateway${PROFILES}/qos-profiles/QOS_L`, 200],
    [`HTTPS://other.example:8443${PROFILES}/qos-profiles/QOS_L`, 200],
    ['http://gateway/oauth2/jwks', 200],
    ['http://gateway/oauth2/.well-known/openid-configuration?a=b', 200],
    ['http://gateway', 302],
    ['http://gateway?a', 302],
  ])('in absolute form leads where its path does: %s [RFC 9112 section 3.2.2]', async (target, status) => {
    expect(await ask(`GET ${target}`, [key()])).toMatchObject({ status })
  })

  it.each([
    'http:///healthz',
    'http://:80/healthz',
    'http://user:secret@gateway/healthz',
    'http://gateway:port/healthz',
    'http://[::::]/healthz',
    '*',
  ])('that names nothing is refused: %s [RFC 9110 sections 4.2.1 and 4.2.4]', async (target) => {
    const answer = await ask(`GET ${target}`)
    expect([answer.status, code(answer)]).toEqual([400, 'INVALID_ARGUMENT'])
  })

  it.each(['/healthz#top', 'http://gateway/healthz#', `${QOD}/sessions?after=a#b`])(
    'with a fragment is refused with 400: %s [RFC 9112 section 3.2]',
    async (target) => {
      const answer = await ask(`GET ${target}`, [key()])
      expect([answer.status, code(answer)]).toEqual([400, 'INVALID_ARGUMENT'])
    },
  )

  it.each([9_000, 17_000, 100_000])(
    'of %i characters is refused with 414 [RFC 9110 section 15.5.15]',
    async (length) => {
      for (const target of [`/${'a'.repeat(length)}`, `${PROFILES}/qos-profiles/QOS_L?${'a'.repeat(length)}`]) {
        const answer = await ask(`GET ${target}`, [key()])
        expect([answer.status, code(answer)]).toEqual([414, 'URI_TOO_LONG'])
      }
    },
  )

  it.each(['/%ff', `${PROFILES}/qos-profiles/%ed%a0%80`, `${QOD}/sessions?after=%ff`, `${QOD}/sessions?%c3=1`, '/a?%'])(
    'that is not UTF-8 is refused with 400: %s',
    async (target) => {
      const answer = await ask(`GET ${target}`, [key()])
      expect([answer.status, code(answer)]).toEqual([400, 'INVALID_ARGUMENT'])
    },
  )
})

describe('a transfer coding', () => {
  it.each(['gzip, chunked', 'deflate,chunked', 'x, chunked'])(
    'that is unknown is refused with 501: %s [RFC 9112 section 6.1]',
    async (coding) => {
      const head = request(`POST ${QOD}/sessions`, [
        key(),
        'Content-Type: application/json',
        `Transfer-Encoding: ${coding}`,
        'Connection: close',
      ])
      const [answer] = answersIn(await say(gateway.url, `${head}0\r\n\r\n`))
      expect([answer?.status, code(answer as RawAnswer)]).toEqual([501, 'NOT_IMPLEMENTED'])
    },
  )
})

describe('Expect [RFC 9110 section 10.1.1]', () => {
  const head = (lines: readonly string[], path = `${QOD}/sessions`) =>
    request(`POST ${path}`, ['Expect: 100-continue', 'Connection: close', ...lines])
  const JSON_TYPE = 'Content-Type: application/json'

  it.each<[string, number, () => string]>([
    ['a key', 401, () => head([JSON_TYPE, 'Content-Length: 2'])],
    ['a media type', 415, () => head([key(), 'Content-Type: text/plain', 'Content-Length: 2'])],
    ['a body that fits', 413, () => head([key(), JSON_TYPE, 'Content-Length: 2000000'])],
    ['a smaller body', 413, () => head([JSON_TYPE, 'Content-Length: 20000'], '/admin/v1/sign-in')],
    ['a path', 404, () => head([key(), JSON_TYPE, 'Content-Length: 2'], '/nothing')],
    ['another method', 405, () => head([key(), JSON_TYPE, 'Content-Length: 2'], '/healthz')],
  ])('is answered with the refusal alone where there should be %s: %i', async (_what, status, bytes) => {
    expect(answersIn(await say(gateway.url, bytes())).map((answer) => answer.status)).toEqual([status])
  })

  it('is answered with 100 where the body is accepted, and then with the final status', async () => {
    const body = createBody()
    const socket = await dial(gateway.url)
    const received = text(socket)
    socket.write(head([key(), JSON_TYPE, `Content-Length: ${Buffer.byteLength(body)}`]))
    socket.write(body)
    expect(answersIn(await received).map(({ status }) => status)).toEqual([100, 201])
  })

  it('is refused with 417 for any other value', async () => {
    const answer = await ask('GET /healthz', ['Expect: miracles'])
    expect([answer.status, code(answer)]).toEqual([417, 'EXPECTATION_FAILED'])
    expect(answer.headers['x-correlator']).toMatch(X_CORRELATOR)
  })
})

describe('a method', () => {
  it.each(['BREW', 'get', 'POSTS', 'X-MINE'])('that is unknown is refused with 501: %s', async (method) => {
    const answer = await ask(`${method} ${QOD}/sessions`)
    expect([answer.status, code(answer)]).toEqual([501, 'NOT_IMPLEMENTED'])
  })

  const PATHS: readonly [string, string][] = [
    [`${QOD}/sessions`, 'GET, HEAD, POST'],
    [`${QOD}/sessions/`, 'GET, HEAD, POST'],
    [`${QOD}/sessions/00000000-0000-4000-8000-000000000000`, 'GET, HEAD, DELETE'],
    ['/qod/v0/sessions', 'GET, HEAD, POST'],
    ['/healthz', 'GET, HEAD'],
    ['/metrics', 'GET, HEAD'],
    ['/dashboard/anything', 'GET, HEAD'],
    ['/admin/v1/sign-in', 'GET, HEAD, POST'],
    ['/admin/v1/users', 'GET, HEAD'],
    [`${QOD}/openapi.json`, 'GET, HEAD'],
    ['/oauth2/token', 'POST'],
    ['/oauth2/jwks', 'GET, HEAD'],
    ['/oauth2/authorize', 'GET, HEAD'],
  ]
  it.each(
    PATHS.flatMap(([path, allow]) => ['PUT', 'QUERY', 'PROPFIND', 'TRACE'].map((method) => [method, path, allow])),
  )(
    'that a path lacks is refused with 405, and nobody is asked for a key: %s %s [RFC 9110 section 15.5.6]',
    async (method, path, allow) => {
      const answer = await ask(`${method} ${path}`)
      expect([answer.status, code(answer)]).toEqual([405, 'METHOD_NOT_ALLOWED'])
      expect(answer.headers['allow']).toBe(allow)
    },
  )

  it.each(['CONNECT gateway:443', 'OPTIONS *'])('of the whole server is refused with 405 too: %s', async (start) => {
    const answer = await ask(start)
    expect(answer).toMatchObject({ status: 405, body: expect.stringContaining('METHOD_NOT_ALLOWED') as unknown })
    expect(answer.headers).toHaveProperty('allow')
    expect(answer.headers['x-correlator']).toMatch(X_CORRELATOR)
  })

  it('is not checked at an unknown path', async () => {
    for (const method of ['GET', 'PUT', 'PROPFIND', 'QUERY']) {
      expect((await ask(`${method} /nothing`)).status, method).toBe(404)
    }
  })
})

describe('every answer', () => {
  it.each<[string, () => string]>([
    ['400 of no request', () => 'NONSENSE\r\n\r\n'],
    ['414', () => request(`GET /${'a'.repeat(20_000)}`)],
    ['431', () => request('GET /', [`x: ${'x'.repeat(20_000)}`])],
    ['404', () => request('GET /nothing', ['Connection: close'])],
    ['405', () => request('PUT /healthz', ['Connection: close'])],
    ['a probe', () => request('GET /healthz', ['Connection: close'])],
    ['/oauth2', () => request('GET /oauth2/jwks', ['Connection: close'])],
    ['an error of /oauth2', () => request('POST /oauth2/token', ['Connection: close'])],
    ['nothing below /oauth2', () => request('GET /oauth2/nothing', ['Connection: close'])],
    ['the dashboard', () => request('GET /dashboard/', ['Connection: close'])],
    ['an error of the dashboard', () => request('GET /dashboard/assets/nothing', ['Connection: close'])],
    ['an error of signing in', () => request('GET /admin/v1/me', ['Connection: close'])],
    ['a document', () => request(`GET ${QOD}/openapi.json`, ['Connection: close'])],
  ])('carries x-correlator, and errors are JSON: %s', async (_what, bytes) => {
    const [answer] = answersIn(await say(gateway.url, bytes())) as [RawAnswer]
    expect(answer.headers['x-correlator']).toMatch(X_CORRELATOR)
    if (answer.status < 400 || answer.headers['content-type']?.startsWith('text/plain')) return
    expect(JSON.parse(answer.body)).toBeTypeOf('object')
  })
})

describe('a body that is not read', () => {
  it.each(['/nothing', '/healthz', `${QOD}/sessions`, '/admin/v1/users', '/oauth2/nothing'])(
    'is not read before the refusal: %s',
    async (path) => {
      const socket = await dial(gateway.url)
      socket.write(request(`POST ${path}`, ['Content-Type: application/json', 'Content-Length: 1000000']))
      const [first] = (await once(socket, 'data')) as [Buffer]
      expect(first.toString()).toMatch(/^HTTP\/1\.1 (401|404|405) /)
      socket.destroy()
    },
  )

  it.each([
    ['/admin/v1/sign-in', 'PAYLOAD_TOO_LARGE'],
    ['/admin/v1/invitations/accept', 'PAYLOAD_TOO_LARGE'],
    // RFC 6749 section 5.2
    ['/oauth2/token', 'invalid_request'],
  ])('is refused with 413 above 16 KiB, where it comes before the key: %s', async (path, reason) => {
    const type = path.startsWith('/oauth2') ? 'application/x-www-form-urlencoded' : 'application/json'
    for (const length of ['Content-Length: 16385', 'Transfer-Encoding: chunked']) {
      const head = request(`POST ${path}`, [`Content-Type: ${type}`, length, 'Connection: close'])
      const chunk = '['.repeat(16_385)
      const body = length.startsWith('T') ? `${chunk.length.toString(16)}\r\n${chunk}\r\n` : chunk
      const [answer] = answersIn(await say(gateway.url, head + body)) as [RawAnswer]
      const { code, error } = JSON.parse(answer.body) as { code?: string; error?: string }
      expect([answer.status, code ?? error], length).toEqual([413, reason])
    }
  })
})
