import { once } from 'node:events'
import { createServer, type Http2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { type AddressInfo, createServer as createTcp, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../../../test/support/waiting.js'
import { NotSent } from './not-sent.js'
import { Http2Transport, type TransportRequest } from './transport.js'

type Answer = (request: Http2ServerRequest, response: Http2ServerResponse) => void

let server: Http2Server
let transport: Http2Transport
let origin: string
let answer: Answer
const sockets = new Set<Socket>()
const seen: string[] = []

beforeEach(async () => {
  seen.length = 0
  answer = (_, response) => response.writeHead(201, { location: '/x' }).end('{"a":1}')
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${request.headers['x-y']} ${Buffer.concat(chunks).toString()}`)
      answer(request, response)
    })
  })
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  transport = new Http2Transport(origin, {})
})
afterEach(async () => {
  await transport.close()
  for (const socket of sockets) socket.destroy()
  server.close()
})

const send = (more: Partial<TransportRequest> = {}) =>
  transport.send({
    ...{ method: 'POST', url: `${origin}/a/b?c=d`, headers: { 'x-y': 'z' }, body: '{}', timeoutMs: 5_000 },
    ...{ maxBytes: 1_000, ...more },
  })
const cut = () => {
  for (const socket of sockets) socket.destroy()
}

describe('HTTP/2 with prior knowledge', () => {
  it('sends all concurrent requests over one connection', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send()))
    expect(answers[0]).toMatchObject({ status: 201, headers: { location: '/x' }, text: '{"a":1}' })
    expect(new Set(seen)).toEqual(new Set(['POST /a/b?c=d z {}']))
    expect(sockets.size).toBe(1)
    expect(await transport.connection()).toBe(1)
  })

  it('opens a new connection when the old one has ended, and reports it', async () => {
    await send()
    cut()
    await until(async () => (await transport.connection()) === 2)
    expect(await send()).toMatchObject({ status: 201 })
    expect(await send({ connection: 2 })).toMatchObject({ status: 201 })
    await expect(send({ connection: 1 })).rejects.toThrow(NotSent)
    expect(seen).toHaveLength(3)
  })

  it('gets no answer if the connection ends meanwhile: the request may have been received', async () => {
    answer = cut
    const error = await send().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(NotSent)
  })

  it('waits until its timeout, and does not hold up other requests', async () => {
    answer = (request, response) => {
      if (request.url !== '/slow') response.end('quick')
    }
    const slow = send({ url: `${origin}/slow`, timeoutMs: 100 })
    expect(await send()).toMatchObject({ text: 'quick' })
    await expect(slow).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(await send()).toMatchObject({ text: 'quick' })
  })

  it('reads no more than its limit', async () => {
    answer = (_, response) => response.end('x'.repeat(1_001))
    await expect(send()).rejects.toThrow('the answer is too long')
  })

  it('has sent nothing if nobody listens, or the server does not speak HTTP/2', async () => {
    const closing = createTcp((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(closing, 'listening')
    const { port } = closing.address() as AddressInfo
    const other = new Http2Transport(`http://127.0.0.1:${port}`, {})
    const ask = { method: 'GET', url: `http://127.0.0.1:${port}/`, headers: {}, timeoutMs: 1_000, maxBytes: 9 } as const
    await expect(other.send(ask)).rejects.toThrow(NotSent)
    closing.close()
    await once(closing, 'close')
    await expect(other.send(ask)).rejects.toThrow('ECONNREFUSED')
    await other.close()
    await expect(other.send(ask)).rejects.toThrow('is closed')
  })
})
