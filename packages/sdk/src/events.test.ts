import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import express from 'express'
import Fastify from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newSigningSecret, signatureHeaders } from '../../gateway/src/auth/secrets/webhook-signature.js'
import { parseQodEvent, type QodEvent, QodEventError } from './index.js'
import { qodEventRequest } from './testing.js'

const TOKEN = 'the-token-of-the-sink'
const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6'
const ENDED = {
  token: TOKEN,
  sessionId: ID,
  status: 'UNAVAILABLE',
  statusInfo: 'NETWORK_TERMINATED',
  time: new Date('2030-01-01T12:00:00Z'),
} as const

const PARSED: QodEvent = {
  id: `${ID}-2`,
  source: `https://qod.example/quality-on-demand/v1/sessions/${ID}`,
  type: 'org.camaraproject.quality-on-demand.v1.qos-status-changed',
  time: new Date('2030-01-01T12:00:00Z'),
  sessionId: ID,
  status: 'UNAVAILABLE',
  statusInfo: 'NETWORK_TERMINATED',
}

const refusalOf = async (request: Parameters<typeof parseQodEvent>[0], token: string | string[] | null = TOKEN) => {
  const error: unknown = await parseQodEvent(request, { token }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(QodEventError)
  return error as QodEventError
}

describe('an event at a sink', () => {
  it('is read from a Request [EventQosStatusChanged]', async () => {
    expect(await parseQodEvent(qodEventRequest(ENDED), { token: TOKEN })).toEqual(PARSED)
  })

  /** Servers that answer with the parsed event, or with the status of its refusal. */
  const servers: Record<string, () => Promise<{ url: string; close: () => unknown }>> = {
    async 'node:http'() {
      const server = createServer((request, response) => {
        parseQodEvent(request, { token: TOKEN }).then(
          (event) => response.end(JSON.stringify(event)),
          (error: QodEventError) => response.writeHead(error.status).end(),
        )
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
    },
    async 'node:http, behind a middleware that makes {} of a body it does not read (Express 4)'() {
      const server = createServer((request, response) => {
        parseQodEvent(Object.assign(request, { body: {} }), { token: TOKEN }).then(
          (event) => response.end(JSON.stringify(event)),
          (error: QodEventError) => response.writeHead(error.status).end(),
        )
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
    },
    'Express, its body parsed': () => expressServer(true),
    'Express, its body not read': () => expressServer(false),
    async Fastify() {
      const app = Fastify()
      app.addContentTypeParser('application/cloudevents+json', { parseAs: 'string' }, (_request, body, done) =>
        done(null, body),
      )
      app.post('/', async (request, reply) => {
        try {
          return await parseQodEvent(request, { token: TOKEN })
        } catch (error) {
          return reply.code((error as QodEventError).status).send()
        }
      })
      return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
    },
  }

  async function expressServer(parsed: boolean) {
    const app = express()
    if (parsed) app.use(express.json({ type: 'application/cloudevents+json' }))
    app.post('/', async (request, response) => {
      try {
        response.json(await parseQodEvent(request, { token: TOKEN }))
      } catch (error) {
        response.status((error as QodEventError).status).end()
      }
    })
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
  }

  it.each(Object.keys(servers))('is read from a request to %s, and refused without its token', async (name) => {
    const { url, close } = await (servers[name] as (typeof servers)[string])()
    onTestFinished(async () => void (await close()))
    const taken = await fetch(qodEventRequest({ ...ENDED, url }))
    expect(await taken.json()).toEqual(JSON.parse(JSON.stringify(PARSED)))
    const refused = await fetch(qodEventRequest({ ...ENDED, url, token: 'another' }))
    expect(refused.status).toBe(401)
  })

  it.each([undefined, 'another', TOKEN.slice(0, -1), `${TOKEN}x`, ''])(
    'is refused with the token %j',
    async (token) => {
      expect(await refusalOf(qodEventRequest({ ...ENDED, token }))).toMatchObject({ status: 401 })
    },
  )

  it('may carry either token while one is being changed', async () => {
    expect(await parseQodEvent(qodEventRequest(ENDED), { token: ['next', TOKEN] })).toEqual(PARSED)
    expect(await refusalOf(qodEventRequest(ENDED), ['next', 'after'])).toMatchObject({ status: 401 })
    expect(await refusalOf(qodEventRequest(ENDED), [])).toMatchObject({ status: 401 })
  })

  it('is never accepted for an empty secret', async () => {
    expect(await refusalOf(qodEventRequest({ ...ENDED, token: '' }), '')).toMatchObject({ status: 401 })
    expect(await refusalOf(qodEventRequest({ ...ENDED, token: undefined }), '')).toMatchObject({ status: 401 })
  })

  it('may come from any sender only if the caller says so', async () => {
    expect(await parseQodEvent(qodEventRequest({ ...ENDED, token: undefined }), { token: null })).toEqual(PARSED)
  })

  const withBody = (body: string) =>
    new Request('https://sink.example', { method: 'POST', body, headers: { authorization: `Bearer ${TOKEN}` } })

  const event = {
    ...(JSON.parse(JSON.stringify({ specversion: '1.0', ...PARSED })) as object),
    data: { sessionId: ID, qosStatus: 'AVAILABLE' },
  }

  it.each([
    ['no JSON', '{', 'the body is not JSON'],
    ['nothing', '', 'the body is not JSON'],
    ['a list', '[]', 'the body is not a CloudEvent 1.0 about a session'],
    ['null', 'null', 'the body is not a CloudEvent 1.0'],
    ['another version', JSON.stringify({ ...event, specversion: '0.3' }), 'the body is not a CloudEvent 1.0'],
    [
      'of another type',
      JSON.stringify({ ...event, type: 'org.camaraproject.sim-swap.v1.swapped' }),
      'not a CloudEvent',
    ],
    ['without an id', JSON.stringify({ ...event, id: '' }), 'the body is not a CloudEvent 1.0'],
    ['without a time', JSON.stringify({ ...event, time: 'now' }), 'the body is not a CloudEvent 1.0'],
    ['without a session', JSON.stringify({ ...event, data: { qosStatus: 'AVAILABLE' } }), 'not a CloudEvent 1.0'],
    [
      'of no status',
      JSON.stringify({ ...event, data: { sessionId: ID, qosStatus: 'FINE' } }),
      'data.qosStatus must be',
    ],
  ])('is refused if it is %s', async (_what, body, message) => {
    const error = await refusalOf(withBody(body))
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining(message) as unknown })
  })

  const headers = { authorization: `Bearer ${TOKEN}` }

  it.each([
    ['a class', Object.assign(new (class Body {})(), event)],
    ['no prototype', Object.assign(Object.create(null) as object, event)],
    ['another realm', runInNewContext(`(${JSON.stringify(event)})`) as object],
    ['bytes', new TextEncoder().encode(JSON.stringify(event))],
    ['a Buffer', Buffer.from(JSON.stringify(event))],
    ['a Node stream of text', Readable.from([JSON.stringify(event)])],
    ['a web stream', new Response(JSON.stringify(event)).body],
  ])('is read from a body that is an object of %s', async (_what, body) => {
    expect(await parseQodEvent({ headers, body }, { token: TOKEN })).toMatchObject({ sessionId: ID })
  })

  it.each([[[]], [[event]], [7], [true], [{}], [new Map()], [null], [undefined]])(
    'is refused in words if its body is %o',
    async (body) => {
      expect(await refusalOf({ headers, body })).toMatchObject({ status: 400 })
    },
  )

  it('is refused with a message if its Request was already read, or is being read', async () => {
    const read = withBody('{}')
    await read.text()
    const locked = withBody('{}')
    locked.body?.getReader()
    for (const request of [read, locked]) {
      const message = 'the body was already read, or the connection broke off'
      expect(await refusalOf(request)).toMatchObject({ status: 400, message })
    }
  })

  it('is refused with a message if the stream of its request has ended and the body was not kept', async () => {
    const stream = Readable.from(['{}'])
    for await (const _ of stream);
    for (const body of [undefined, {}]) {
      const request = Object.assign(stream, { headers, body })
      expect(await refusalOf(request)).toMatchObject({ status: 400 })
    }
  })

  it('is refused with a message if its sender disconnects', async () => {
    const stream = new Readable({ read: () => void stream.destroy(new Error('aborted')) })
    expect(await refusalOf(Object.assign(stream, { headers }))).toMatchObject({ status: 400 })
  })

  it("is read from a request, not from a framework's context", async () => {
    await expect(parseQodEvent({ raw: withBody('{}') } as never, { token: TOKEN })).rejects.toThrow('c.req.raw')
  })

  it('may have headers of any class with the methods of Headers', async () => {
    const others = { get: (name: string) => (name === 'authorization' ? `Bearer ${TOKEN}` : null) }
    const request = { headers: others as never, body: event }
    expect(await parseQodEvent(request, { token: TOKEN })).toMatchObject({ sessionId: ID })
  })

  it('is not read beyond the limit', async () => {
    expect(await refusalOf(withBody('x'.repeat(70_000)))).toMatchObject({ status: 413 })
  })

  it.each(['org.camaraproject.quality-on-demand.v0.qos-status-changed', 'org.camaraproject.qod.v0.qos-status-changed'])(
    'may be of an older version: %s',
    async (type) => {
      expect(await parseQodEvent(withBody(JSON.stringify({ ...event, type })), { token: TOKEN })).toMatchObject({
        type,
      })
    },
  )
})

describe('a signed event [Standard Webhooks]', () => {
  const secret = newSigningSecret()

  /** Signed by the gateway's own code. */
  async function signed(changes: { id?: string; ageS?: number; body?: (text: string) => string } = {}) {
    const request = qodEventRequest(ENDED)
    const text = await request.text()
    const { id = PARSED.id, ageS = 0, body = (same: string) => same } = changes
    const headers = signatureHeaders({ id, now: Date.now() - ageS * 1000, body: text }, [secret])
    return new Request(request.url, {
      method: 'POST',
      headers: { ...Object.fromEntries(request.headers), ...headers },
      body: body(text),
    })
  }
  const parse = async (request: Parameters<typeof parseQodEvent>[0], secrets: string | string[] = secret) =>
    parseQodEvent(request, { token: TOKEN, secret: secrets })

  it('is read if the signature fits', async () => {
    expect(await parse(await signed())).toEqual(PARSED)
    expect(await parseQodEvent(await signed(), { token: null, secret })).toEqual(PARSED)
  })

  it('is read with either secret while one is being changed', async () => {
    expect(await parse(await signed(), [newSigningSecret(), secret])).toEqual(PARSED)
  })

  it('still needs the token as well', async () => {
    const request = await signed()
    request.headers.delete('authorization')
    await expect(parse(request)).rejects.toMatchObject({ status: 401 })
  })

  it.each<[string, Parameters<typeof signed>[0]]>([
    ['its body was changed', { body: (text) => text.replace('NETWORK_TERMINATED', 'DURATION_EXPIRED') }],
    ['its body was only spelled anew', { body: (text) => `${text} ` }],
    ['it was signed as another event', { id: `${ID}-1` }],
    ['it is older than five minutes', { ageS: 301 }],
    ['it is from the future', { ageS: -302 }],
  ])('is refused if %s', async (_what, changes) => {
    await expect(parse(await signed(changes))).rejects.toMatchObject({ name: 'QodEventError', status: 401 })
  })

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('is refused without %s', async (name) => {
    const request = await signed()
    request.headers.delete(name)
    await expect(parse(request)).rejects.toMatchObject({ name: 'QodEventError', status: 401 })
  })

  it.each([newSigningSecret(), []])('is refused if the secret is another, or there is none', async (other) => {
    await expect(parse(await signed(), other)).rejects.toMatchObject({ name: 'QodEventError', status: 401 })
  })

  it.each(['v1,', 'v1,%%', 'v2,AAAA', 'nonsense'])('is refused with the signature %s', async (signature) => {
    const request = await signed()
    request.headers.set('webhook-signature', signature)
    await expect(parse(request)).rejects.toMatchObject({ name: 'QodEventError', status: 401 })
  })

  it('needs the bytes of the body: a framework that parsed it must have kept them', async () => {
    const request = await signed()
    const headers = Object.fromEntries(request.headers)
    const rawBody = await request.text()
    const body: unknown = JSON.parse(rawBody)
    expect(await parse({ headers, body, rawBody })).toEqual(PARSED)
    await expect(parse({ headers, body })).rejects.toMatchObject({ name: 'QodArgumentError' })
  })

  it('is refused with a message if the secret is malformed', async () => {
    for (const none of ['', 'whsec_', 'whsec_%']) {
      await expect(parse(await signed(), none)).rejects.toMatchObject({ name: 'QodArgumentError' })
    }
  })
})

describe('a request for tests of a sink', () => {
  it('looks like one from a gateway, and is a repeat only of itself', async () => {
    const request = qodEventRequest({ token: TOKEN, url: 'https://app.example/events' })
    expect(request.headers.get('content-type')).toBe('application/cloudevents+json')
    expect(request.url).toBe('https://app.example/events')
    const first = await parseQodEvent(request, { token: TOKEN })
    const second = await parseQodEvent(qodEventRequest({ token: TOKEN }), { token: TOKEN })
    expect(first).toMatchObject({ status: 'AVAILABLE', statusInfo: undefined, id: `${first.sessionId}-1` })
    expect(first.id).not.toBe(second.id)
  })
})
