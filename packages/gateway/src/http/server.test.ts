import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { ERRORS, type ErrorCode, type ErrorInfo, QodError } from '@rightofway/camara'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  A_SESSION,
  type Answer,
  PROFILES,
  QOD,
  startTestGateway,
  type TestGateway,
} from '../../test/support/gateway.js'
import { createServer, type ServerSettings } from './server.js'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ settings: { 'dashboard.enabled': true } })
})
afterAll(() => gateway.close())

const JSON_TYPE = { 'content-type': 'application/json' }
const NO_SESSION = `${QOD}/sessions/00000000-0000-4000-8000-000000000000`

const create = (body: object | string, headers = {}): Promise<Answer<ErrorInfo>> =>
  gateway.call('POST', `${QOD}/sessions`, { body, headers })

function expectRefusal({ status, body }: Answer<unknown>, code: ErrorCode, message?: string): void {
  expect(body).toEqual({ status, code, message: message ?? ERRORS[code].message })
  expect(status).toBe(ERRORS[code].status)
}

// Fastify removes them silently.
describe('unknown members', () => {
  const credential = {
    credentialType: 'ACCESSTOKEN',
    accessToken: 'x',
    accessTokenExpiresUtc: '2026-06-01T12:00:00Z',
    accessTokenType: 'bearer',
  }
  it.each([
    ['the body', { priority: 1 }, 'priority'],
    ['a device', { device: { phoneNumber: '+36721601234567', imsi: 1 } }, 'device.imsi'],
    [
      'an address of a device',
      { device: { ipv4Address: { publicAddress: '233.252.0.2', publicPort: 80, mask: 8 } } },
      'device.ipv4Address.mask',
    ],
    ['a server', { applicationServer: { ipv4Address: '233.252.0.2', port: 80 } }, 'applicationServer.port'],
    ['ports', { devicePorts: { ports: [80], protocol: 'tcp' } }, 'devicePorts.protocol'],
    ['a range of ports', { devicePorts: { ranges: [{ from: 1, to: 2, step: 1 }] } }, 'devicePorts.ranges[0].step'],
    ['a credential', { sinkCredential: { ...credential, scope: 'x' } }, 'sinkCredential.scope'],
  ])('are refused in %s [contract 0]', async (_where, members, name) => {
    const answer = await create({ ...A_SESSION, ...members })
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT' } })
    expect(answer.body.message).toMatch(`${name} is not a known member`)
  })

  it('are refused where they would set a prototype', async () => {
    const answer = await create(`{"__proto__":{"duration":3600},${JSON.stringify(A_SESSION).slice(1)}`, JSON_TYPE)
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT' } })
    expect(answer.body.message).toMatch('__proto__ is not a known member')
  })
})

// Fastify coerces "3600" to 3600, true to 1, a value to a list, and null to 0.
describe('values of another type', () => {
  it.each([
    ['"3600"', { duration: '3600' }, 'duration must be a whole number'],
    ['true', { duration: true }, 'duration must be a whole number'],
    ['null', { duration: null }, 'duration must be a whole number'],
    ['3600.5', { duration: 3600.5 }, 'duration must be a whole number'],
    ['a number for a name', { qosProfile: 12345 }, 'qosProfile must be a string'],
    ['one port for a list', { devicePorts: { ports: 80 } }, 'devicePorts.ports must be a list'],
    ['a port in quotes', { devicePorts: { ports: ['80'] } }, 'devicePorts.ports[0] must be a whole number'],
    ['a list for a device', { device: [] }, 'device must be an object'],
  ])('are not made to fit: %s', async (_what, members, message) => {
    expectRefusal(await create({ ...A_SESSION, ...members }), 'INVALID_ARGUMENT', message)
  })

  it.each(['null', '[]', '"{}"', '1'])('are no body: %s', async (body) => {
    expectRefusal(await create(body, JSON_TYPE), 'INVALID_ARGUMENT', 'The body must be an object')
  })
})

describe('a member that is missing', () => {
  it('gets no default [contract 0: duration]', async () => {
    const { duration: _, ...rest } = A_SESSION
    expectRefusal(await create(rest), 'INVALID_ARGUMENT', 'duration is required')
  })
})

// Fastify answers 404.
describe('an unsupported method of a path', () => {
  it.each([
    ['PUT', `${QOD}/sessions`, 'GET, HEAD, POST'],
    ['OPTIONS', `${QOD}/sessions`, 'GET, HEAD, POST'],
    ['HEAD', `${QOD}/retrieve-sessions`, 'POST'],
    ['PATCH', NO_SESSION, 'GET, HEAD, DELETE'],
    ['GET', `${NO_SESSION}/extend`, 'POST'],
    ['DELETE', `${PROFILES}/retrieve-qos-profiles`, 'POST'],
  ] as const)(
    'is answered with 405 and the ones it has: %s %s [RFC 9110 section 15.5.6]',
    async (method, path, allow) => {
      const answer = await gateway.call(method, path)
      expect(answer).toMatchObject({ status: 405, headers: { allow } })
      if (method !== 'HEAD') expectRefusal(answer, 'METHOD_NOT_ALLOWED')
    },
  )

  it('is refused whatever the body is', async () => {
    const answer = await gateway.call('PUT', `${QOD}/sessions`, {
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    })
    expect(answer.status).toBe(405)
  })
})

// Fastify answers 400 to text/plain, and has a parser for it.
describe('the media type of a body', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])(
    'is refused with 415 where it is %s [RFC 9110 section 15.5.16]',
    async (type) => {
      expectRefusal(await create(JSON.stringify(A_SESSION), { 'content-type': type }), 'UNSUPPORTED_MEDIA_TYPE')
    },
  )

  it('is refused with 415 where it is absent', async () => {
    expectRefusal(await create(JSON.stringify(A_SESSION)), 'UNSUPPORTED_MEDIA_TYPE')
  })

  it('may name a charset', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    expectRefusal(await create('{}', headers), 'INVALID_ARGUMENT', 'applicationServer is required')
  })

  it.each(['utf-8', 'UTF-8', '"utf-8"', 'utf8', 'us-ascii'])('may have the charset UTF-8: %s', async (charset) => {
    const answer = await create('{}', { 'content-type': `application/json;charset=${charset}; profile=x` })
    expectRefusal(answer, 'INVALID_ARGUMENT', 'applicationServer is required')
  })

  it.each(['utf-16', 'UTF-16LE', '"iso-8859-1"', 'windows-1252', 'nonsense', '', 'utf-8; charset=utf-16'])(
    'is refused with 415 where its charset is %j',
    async (charset) => {
      const answer = await create(JSON.stringify(A_SESSION), { 'content-type': `application/json; charset=${charset}` })
      const message = 'content-type (header) must have the charset utf-8, or none'
      expectRefusal(answer, 'UNSUPPORTED_MEDIA_TYPE', message)
    },
  )
})

describe('a compressed body', () => {
  it.each([`${QOD}/sessions`, '/oauth2/token', '/admin/v1/sign-in'])(
    'is refused with 415 and the coding that is taken: %s [RFC 9110 section 15.5.16]',
    async (path) => {
      const answer = await fetch(gateway.url + path, {
        method: 'POST',
        headers: { ...JSON_TYPE, authorization: `Bearer ${gateway.key}`, 'content-encoding': 'gzip' },
        body: gzipSync(JSON.stringify(A_SESSION)),
      })
      expect(answer.status).toBe(415)
      expect(answer.headers.get('accept-encoding')).toBe('identity')
      expect(answer.headers.get('x-correlator')).not.toBeNull()
      expect(await answer.json()).toEqual({
        status: 415,
        code: 'UNSUPPORTED_MEDIA_TYPE',
        message: 'content-encoding (header) must be identity or absent: compressed bodies are not supported',
      })
    },
  )

  it('does not include "identity", or a request without a body', async () => {
    const headers = { ...JSON_TYPE, 'content-encoding': 'identity' }
    expectRefusal(await create('{}', headers), 'INVALID_ARGUMENT', 'applicationServer is required')
    const got = await gateway.call('GET', `${PROFILES}/qos-profiles/QOS_L`, { headers: { 'content-encoding': 'gzip' } })
    expect(got.status).toBe(200)
  })
})

describe('a byte order mark', () => {
  it('before a body is skipped [RFC 8259 section 8.1]', async () => {
    const own = { ...A_SESSION, applicationServer: { ipv4Address: '233.252.0.77' } }
    expect((await create(`\ufeff${JSON.stringify(own)}`, JSON_TYPE)).status).toBe(201)
  })

  it('alone is no body, and may occur only once', async () => {
    expectRefusal(await create('\ufeff', JSON_TYPE), 'INVALID_ARGUMENT', 'The body is empty; it must be a JSON object')
    expectRefusal(
      await create('\ufeff\ufeff{}', JSON_TYPE),
      'INVALID_ARGUMENT',
      'The body is not JSON: there is an error at position 0',
    )
  })
})

// Fastify answers 400; Nokia's 7.0.0 sends it with every request.
describe('a JSON content type without a body', () => {
  it.each(['GET', 'DELETE'] as const)('is accepted with %s', async (method) => {
    expectRefusal(
      await gateway.call(method, NO_SESSION, { headers: JSON_TYPE }),
      'NOT_FOUND',
      'There is no such session.',
    )
  })

  it('is refused where a body is needed', async () => {
    expectRefusal(await create('', JSON_TYPE), 'INVALID_ARGUMENT', 'The body is empty; it must be a JSON object')
  })
})

describe('a body that is not JSON', () => {
  it('is refused with the position, and not quoted', async () => {
    expectRefusal(
      await create('{"device": {"phoneNumber": +36721601234567}}', JSON_TYPE),
      'INVALID_ARGUMENT',
      'The body is not JSON: there is an error at position 27',
    )
  })
})

describe('text that no answer can contain', () => {
  const withText = (text: string) =>
    JSON.stringify({ ...A_SESSION, device: { networkAccessIdentifier: 'TEXT@testcsp.net' } }).replace('TEXT', text)

  it.each([
    ['half of a surrogate pair', '\\ud800', 'device.networkAccessIdentifier contains half of a surrogate pair'],
    ['the other half', '\\udc00a', 'device.networkAccessIdentifier contains half of a surrogate pair'],
    ['NUL', 'a\\u0000', 'device.networkAccessIdentifier contains a control character'],
    ['DEL', 'a\\u007f', 'device.networkAccessIdentifier contains a control character'],
    ['escape', '\\u001b[2J', 'device.networkAccessIdentifier contains a control character'],
  ])('is refused with the name of the member: %s', async (_what, text, message) => {
    const answer = await create(withText(text), JSON_TYPE)
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT' } })
    expect(answer.body.message).toMatch(message)
  })

  it('is refused in the name of a member too', async () => {
    const answer = await create(JSON.stringify(A_SESSION).replace('duration', '\\u0000'), JSON_TYPE)
    expectRefusal(answer, 'INVALID_ARGUMENT', 'The name of a member contains a control character')
  })

  it('does not include a whole pair, or an escaped backslash before a u', async () => {
    for (const text of ['\\ud83d\\ude00', '\\\\ud800', '\\\\u0000']) {
      expectRefusal(await create(withText(text), JSON_TYPE), 'IDENTIFIER_NOT_FOUND')
    }
  })

  it.each([
    ['a JSON body', `${QOD}/sessions`, 'application/json', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a form', '/oauth2/token', 'application/x-www-form-urlencoded', Buffer.from('client_id=%ff')],
    ['bytes of a form', '/oauth2/token', 'application/x-www-form-urlencoded', Buffer.from([0x61, 0x3d, 0xff])],
    ['NUL in a form', '/oauth2/token', 'application/x-www-form-urlencoded', Buffer.from('client_id=a%00b')],
  ])('is refused in %s [RFC 8259 section 8.1]', async (_what, path, type, body) => {
    const headers = { 'content-type': type, authorization: `Bearer ${gateway.key}` }
    const answer = await fetch(gateway.url + path, { method: 'POST', headers, body })
    expect(answer.status).toBe(400)
  })

  it('is refused in a query and in a path', async () => {
    for (const path of ['/oauth2/authorize?client_id=a%00b', `${PROFILES}/qos-profiles/QOS%00`, '/nothing?a=%1f']) {
      expect((await gateway.call('GET', path)).status, path).toBe(400)
    }
  })

  it('is refused in a client id', async () => {
    const authorization = `Basic ${btoa('a%00b:secret')}`
    const answer = await gateway.call('POST', '/oauth2/token', {
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials',
    })
    expect(answer.status).toBe(400)
  })
})

describe('a deeply nested body', () => {
  const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

  it.each([
    ['of lists', deep(33)],
    ['of objects', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`],
    ['without an end', '['.repeat(1_000_000)],
    ['behind quotes', `{"a":"\\\\","b":${deep(33)}}`],
  ])('is refused before it is parsed: %s', async (_what, body) => {
    expectRefusal(
      await create(body, JSON_TYPE),
      'INVALID_ARGUMENT',
      'The body has more than 32 levels of lists and objects',
    )
  })

  it('is not recognised by brackets within a string', async () => {
    expectRefusal(
      await create(JSON.stringify({ ['['.repeat(40)]: '\\"[[['.repeat(20) }), JSON_TYPE),
      'INVALID_ARGUMENT',
      'applicationServer is required',
    )
  })
})

describe('a body that is too large', () => {
  it('is refused with 413', async () => {
    expectRefusal(await create(`"${'x'.repeat(1_048_576)}"`, JSON_TYPE), 'PAYLOAD_TOO_LARGE')
  })

  it('is larger than any that the contract allows', async () => {
    const ports = Array.from({ length: 65_536 }, (_, index) => (index % 65_535) + 1)
    const spec = { ports }
    const answer = await create({ ...A_SESSION, devicePorts: spec, applicationServerPorts: spec })
    expect(answer.status).toBe(201)
  })
})

describe('a path', () => {
  it('that is unknown is answered with 404, in the common form of errors', async () => {
    const answer = await gateway.call('GET', '/nowhere', { headers: { 'x-correlator': 'mine' }, key: null })
    expectRefusal(answer, 'NOT_FOUND', 'There is nothing at this path.')
    expect(answer.headers['x-correlator']).toBe('mine')
  })

  // Fastify answers by itself, in its own form, and quotes the path.
  it('that is malformed is answered with 400, in the common form of errors', async () => {
    const answer = await gateway.call('GET', `${QOD}/sessions/%zz`, { headers: { 'x-correlator': 'mine' } })
    expectRefusal(answer, 'INVALID_ARGUMENT', 'The path of the URL is malformed')
    expect(answer.headers['x-correlator']).toBe('mine')
  })

  it('that is too long is answered with 414, in the common form of errors', async () => {
    const answer = await gateway.call('GET', `${PROFILES}/qos-profiles/${'x'.repeat(3_000)}`)
    expectRefusal(answer, 'URI_TOO_LONG', 'A part of the path is too long')
  })

  it('may end in a slash', async () => {
    expect((await gateway.call('GET', `${PROFILES}/qos-profiles/QOS_L/`)).status).toBe(200)
    expectRefusal(await gateway.call('GET', `${NO_SESSION}/`), 'NOT_FOUND', 'There is no such session.')
  })
})

describe('HEAD', () => {
  it('is answered as GET is, without the body [RFC 9110 section 9.3.2]', async () => {
    const [head, get] = await Promise.all([
      gateway.call('HEAD', `${PROFILES}/qos-profiles/QOS_L`),
      gateway.call('GET', `${PROFILES}/qos-profiles/QOS_L`),
    ])
    expect(head).toMatchObject({ status: 200, text: '' })
    for (const name of ['content-type', 'content-length']) expect(head.headers[name]).toBe(get.headers[name])
  })
})

describe('bytes that are no request', () => {
  /** Sends bytes, and returns the answer. */
  async function send(bytes: string): Promise<{ status: number; body: unknown }> {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(bytes)
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
    return { status: Number(head.split(' ')[1]), body: JSON.parse(body) }
  }

  it('are answered in the common form of errors', async () => {
    expect(await send('NONSENSE\r\n\r\n')).toEqual({
      status: 400,
      body: { status: 400, code: 'INVALID_ARGUMENT', message: 'This is not an HTTP/1.1 request' },
    })
  })

  it('are answered with 431 where headers never end [RFC 6585 section 5]', async () => {
    const endless = `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}`
    expect(await send(endless)).toEqual({
      status: 431,
      body: { status: 431, code: 'REQUEST_HEADER_FIELDS_TOO_LARGE', message: 'The headers are too large.' },
    })
  })
})

describe('a request whose body never ends', () => {
  const SLOW = 'HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n{'

  /** Sends the beginning of a request. @returns all bytes until the connection was closed */
  async function begin(settings: Partial<ServerSettings>, line: string) {
    const app = createServer({ onFault: () => undefined, ...settings })
    app.post('/open', () => 'read')
    app.post('/refused', { onRequest: (_request, _reply, done) => done(new QodError('UNAUTHENTICATED')) }, () => 'read')
    const asked = once(app.server, 'request')
    const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
    const socket = connect(Number(port), '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    socket.on('error', () => undefined)
    socket.write(`POST ${line} ${SLOW}`)
    const closed = once(socket, 'close')
    await asked
    return { app, closed, text: () => text }
  }

  it.each(['/open', '/nowhere', '/refused'])('is answered and its connection closed in time: %s', async (path) => {
    const { app, closed, text } = await begin({ requestTimeoutMs: 100 }, path)
    await closed
    expect(text()).toMatch(
      path === '/open' ? /^HTTP\/1\.1 408 / : path === '/nowhere' ? /^HTTP\/1\.1 404 / : /^HTTP\/1\.1 401 /,
    )
    await app.close()
  })

  it('does not keep the server from closing', async () => {
    const { app, closed } = await begin({ requestTimeoutMs: 3_600_000, stopGraceMs: 50 }, '/open')
    await app.close()
    await closed
  })
})

describe('connections', () => {
  it('beyond the limit are closed at once', async () => {
    const app = createServer({ onFault: () => undefined, maxConnections: 1 })
    const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
    const accepted = once(app.server, 'connection')
    const first = connect(Number(port), '127.0.0.1')
    await accepted
    const second = connect(Number(port), '127.0.0.1').on('error', () => undefined)
    await once(second, 'close')
    expect(first.destroyed).toBe(false)
    await app.close()
  })
})

describe('a connection without a request', () => {
  it('does not keep the server from closing', async () => {
    const app = createServer({ onFault: () => undefined })
    const accepted = once(app.server, 'connection')
    const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
    const socket = connect(Number(port), '127.0.0.1')
    await accepted
    const gone = once(socket, 'close')
    await app.close()
    await gone
    expect(socket.destroyed).toBe(true)
  })
})
