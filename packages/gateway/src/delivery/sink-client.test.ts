import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { Agent } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../../test/support/free-port.js'
import { HttpSinkClient, type SinkAnswer } from './sink-client.js'

const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

/** Sends an event to an HTTP server, and returns the result. */
async function sendTo(answer: RequestListener, timeoutMs = 5_000): Promise<SinkAnswer> {
  const server = createHttpServer((incoming, response) => {
    incoming.resume().on('end', () => answer(incoming, response))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push({
    close() {
      server.closeAllConnections()
      server.close()
    },
  })
  return send(`http://127.0.0.1:${(server.address() as AddressInfo).port}/events?a=1`, timeoutMs)
}

/** Sends an event to a TCP server; `says` is called when the whole request has arrived. */
async function sendToSocket(says: (socket: Socket) => void, timeoutMs = 5_000): Promise<SinkAnswer> {
  const server = createTcpServer((socket) => {
    let heard = ''
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        heard += chunk.toString()
        if (heard.endsWith('}')) says(socket)
      })
    opened.push({ close: () => socket.destroy() })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push({ close: () => server.close() })
  return send(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, timeoutMs)
}

function send(url: string, timeoutMs: number): Promise<SinkAnswer> {
  const agent = new Agent()
  opened.push({ close: () => agent.destroy() })
  return new HttpSinkClient({ agent, timeoutMs }).send({ url, headers: { 'x-test': 'yes' }, body: '{"event":1}' })
}

describe('one attempt', () => {
  it('posts the request, and returns the status of the answer', async () => {
    let seen: unknown
    const reply = await sendTo(({ method, url, headers }, response) => {
      seen = { method, url, test: headers['x-test'], length: headers['content-length'] }
      response.writeHead(204).end()
    })
    expect(seen).toEqual({ method: 'POST', url: '/events?a=1', test: 'yes', length: '11' })
    expect(reply).toEqual({ status: 204, retryAfter: undefined })
  })

  it('passes Retry-After on', async () => {
    const reply = await sendTo((_incoming, response) => response.writeHead(503, { 'retry-after': '120' }).end())
    expect(reply).toEqual({ status: 503, retryAfter: '120' })
  })

  it('takes a redirect for an answer, and does not follow it', async () => {
    let asked = 0
    const reply = await sendTo((_incoming, response) => {
      asked++
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    expect(reply).toMatchObject({ status: 307 })
    expect(asked).toBe(1)
  })

  it('waits for the answer that follows a 1xx', async () => {
    const reply = await sendToSocket((socket) =>
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n'),
    )
    expect(reply).toMatchObject({ status: 202 })
  })

  it('does not wait for a body that comes by halves, or never ends', async () => {
    const half = await sendToSocket((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'))
    expect(half).toMatchObject({ status: 200 })
  })

  it('cuts an answer off that is longer than anyone needs', async () => {
    let cut: Promise<unknown> | undefined
    const reply = await sendTo((_incoming, response) => {
      response.writeHead(200)
      const more = () => {
        while (response.write(Buffer.alloc(64 * 1024)));
      }
      response.on('drain', more)
      cut = once(response, 'close')
      more()
    })
    expect(reply).toMatchObject({ status: 200 })
    await cut
  })

  it.each<[string, (socket: Socket) => void, string]>([
    ['resets the connection', (socket) => socket.resetAndDestroy(), 'not reached: ECONNRESET'],
    ['hangs up', (socket) => socket.end(), 'not reached: UND_ERR_SOCKET'],
    ['answers what is not HTTP', (socket) => socket.write('hello\r\n\r\n'), "the sink's answer is not HTTP"],
    [
      'answers half a header, and hangs up',
      (socket) => socket.end('HTTP/1.1 204 No Con'),
      'not reached: UND_ERR_SOCKET',
    ],
  ])('says that nobody was reached where a sink %s', async (_what, says, failure) => {
    expect(await sendToSocket(says)).toEqual({ failure })
  })

  it.each<[string, (socket: Socket) => void]>([
    ['never', () => undefined],
    ['by halves', (socket) => socket.write('HTTP/1.1 204 No Con')],
    ['with 1xx for ever', (socket) => socket.write('HTTP/1.1 102 Processing\r\n\r\n')],
  ])('gives up a sink that answers %s, and hangs up', async (_how, says) => {
    let gone: Promise<unknown> | undefined
    const reply = await sendToSocket((socket) => {
      gone = once(socket, 'close')
      says(socket)
    }, 100)
    expect(reply).toEqual({ failure: 'no answer within 100 ms' })
    await gone
  })

  it('says that nobody was reached where nobody listens, and names no address', async () => {
    expect(await send(`http://127.0.0.1:${await freePort()}/`, 5_000)).toEqual({ failure: 'not reached: ECONNREFUSED' })
  })
})
