import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { NetworkId } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAuthority } from '../../../test/support/certificates.js'
import { reservationId } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import type { Callback } from '../../ports/store/remote-reservations.js'
import { CallbackUrls } from './callback-urls.js'
import {
  type CallbackListener,
  type CallbackListenerOptions,
  listenForCallbacks,
  type MessageResult,
} from './listener.js'

const CORE = 'core' as NetworkId
const PARTNER = 'partner one' as NetworkId
const ID = reservationId(1)

let listener: CallbackListener
let kept: Callback[]
let results: MessageResult[]
let failing: boolean
const mac = (...parts: string[]) => Buffer.from(parts.join()).toString('base64url').slice(-43).padStart(43, '0')
const urls = new CallbackUrls({ baseUrl: () => `http://127.0.0.1:${listener.port}/proxied`, mac })

const listen = async (more: Partial<CallbackListenerOptions> = {}) => {
  listener = await listenForCallbacks({
    ...{ host: '127.0.0.1', port: 0, urls, log: { info: () => {}, warn: () => {}, error: () => {} } },
    records: {
      async addCallback(callback) {
        if (failing) throw new Error('the store is away')
        kept.push(callback)
      },
    },
    networks: new Map([
      [CORE, { token: false }],
      [PARTNER, { token: true }],
    ]),
    onMessage: (result) => void results.push(result),
    ...more,
  })
}
beforeEach(() => {
  kept = []
  results = []
  failing = false
})
afterEach(() => listener.close())

const url = (suffix = '') => `${urls.url(CORE, ID, 3)}${suffix}`
const post = async (to: string, { body = '{"a":1}', method = 'POST', headers = {} } = {}): Promise<number> =>
  (await fetch(to, { method, headers, ...(method === 'POST' && { body }) })).status

describe('the listener for messages of networks', () => {
  it('stores a message to a URL that a network was given, with the contents of the URL, and answers then', async () => {
    await listen()
    expect(await post(url('/terminate'), { body: '{"termCause":"X"}' })).toBe(204)
    expect(kept).toEqual([
      { network: CORE, reservation: ID, attempt: 3, suffix: '/terminate', body: '{"termCause":"X"}' },
    ])
    expect(await post(url())).toBe(204)
    expect(results).toEqual(['kept', 'kept'])
  })

  it('refuses what no network can have sent', async () => {
    await listen()
    const forged = [
      url().replace('/3/', '/4/'),
      url().replace(ID, reservationId(2)),
      url().replace('/core/', '/partner%20one/'),
      url().slice(0, -1),
      `${url().slice(0, -1)}!`,
      url('/%2e%2e'),
      `http://127.0.0.1:${listener.port}/`,
      `http://127.0.0.1:${listener.port}/callbacks/%ff/${ID}/3/${'0'.repeat(43)}`,
      urls.url('unknown' as NetworkId, ID, 1),
    ]
    for (const each of forged) expect(await post(each), each).toBe(404)
    expect(kept).toEqual([])
    expect(results).toEqual(forged.map(() => 'forged'))
  })

  it('requires the token besides the URL if the network was given one', async () => {
    await listen()
    const to = urls.url(PARTNER, ID, 1)
    const by = (token: string) => post(to, { headers: { authorization: `Bearer ${token}` } })
    expect(await post(to)).toBe(401)
    expect(await by(urls.token(PARTNER, ID, 2))).toBe(401)
    expect(await by(urls.token(PARTNER, ID, 1))).toBe(204)
    expect(kept).toMatchObject([{ network: PARTNER }])
  })

  it('accepts POST, and JSON that is not too long', async () => {
    await listen()
    expect(await post(url(), { method: 'GET' })).toBe(405)
    expect(await post(url(), { body: 'text' })).toBe(400)
    expect(await post(url(), { body: JSON.stringify('x'.repeat(70_000)) })).toBe(413)
    expect(results).toEqual(['malformed', 'malformed', 'malformed'])
    expect(kept).toEqual([])
  })

  it('asks for the message again if it could not be stored', async () => {
    await listen()
    failing = true
    expect(await post(url())).toBe(503)
    expect(results).toEqual(['failed'])
  })

  it('accepts messages from allowed addresses', async () => {
    await listen({ allow: ['192.0.2.0/24' as Prefix] })
    expect(await post(url())).toBe(403)
    await listener.close()
    await listen({ allow: ['127.0.0.0/8' as Prefix] })
    expect(await post(url())).toBe(204)
  })

  it('speaks HTTP/1.1, and HTTP/2 with prior knowledge, on one port', async () => {
    await listen()
    const agent = connectHttp2(`http://127.0.0.1:${listener.port}`)
    for (const suffix of ['/notify', '/terminate']) {
      const stream = agent.request({ ':method': 'POST', ':path': new URL(url(suffix)).pathname })
      stream.end('{}')
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
      expect(headers[':status']).toBe(204)
      await text(stream)
    }
    expect(await post(url())).toBe(204)
    expect(kept.map(({ suffix }) => suffix)).toEqual(['/notify', '/terminate', ''])
    agent.close()
  })

  it('accepts a request whose first bytes come one by one', async () => {
    await listen()
    const socket = connect(listener.port, '127.0.0.1').setNoDelay(true)
    const request = `POST ${new URL(url()).pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`
    await once(socket, 'connect')
    for (const char of request) {
      socket.write(char)
      for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate)
    }
    expect(await text(socket)).toMatch(/^HTTP\/1.1 204 /)
  })

  it('speaks TLS, and requires a certificate if a CA is configured', async () => {
    const authority = createAuthority()
    const ours = authority.issue('127.0.0.1')
    const theirs = authority.issue('core.example')
    const stranger = createAuthority().issue('core.example')
    await listen({ tls: { ...ours, clientCa: authority.cert } })
    const path = new URL(url()).pathname
    const ask = async (more: object): Promise<number | string> => {
      const request = httpsRequest({
        ...{ host: '127.0.0.1', port: listener.port, path, method: 'POST', ca: authority.cert, agent: false },
        ...more,
      })
      request.end('{}')
      try {
        const [response] = (await once(request, 'response')) as [IncomingMessage]
        response.resume()
        return response.statusCode ?? 0
      } catch {
        return 'refused'
      }
    }
    expect(await ask({ cert: theirs.cert, key: theirs.key })).toBe(204)
    expect(await ask({})).toBe('refused')
    expect(await ask({ cert: stranger.cert, key: stranger.key })).toBe('refused')
    expect(kept).toHaveLength(1)
  })

  it('names the setting to change if it cannot listen', async () => {
    await listen()
    const second = listenForCallbacks({
      ...{ host: '127.0.0.1', port: listener.port, urls, networks: new Map() },
      log: { info: () => {}, warn: () => {}, error: () => {} },
      records: { addCallback: async () => undefined },
    })
    await expect(second).rejects.toThrow(`port ${listener.port} of 127.0.0.1 cannot be opened: EADDRINUSE`)
    await expect(second).rejects.toThrow('callbacks.listen.port')
  })

  it('closes its connections when it stops', async () => {
    await listen()
    const request = httpRequest(url(), { method: 'POST' })
    request.on('error', () => undefined)
    request.write('{')
    await once(request, 'socket')
    await listener.close()
  })
})

describe('the URLs', () => {
  it('contain the attempt of a reservation, whatever path a proxy put before', async () => {
    await listen()
    expect(urls.attemptOf(url(), CORE, ID)).toBe(3)
    expect(urls.attemptOf(url().replace('http://', 'https://'), CORE, ID)).toBe(3)
    expect(urls.attemptOf(url(), PARTNER, ID)).toBeUndefined()
    expect(urls.attemptOf(url(), CORE, reservationId(2))).toBeUndefined()
    expect(urls.attemptOf('no url', CORE, ID)).toBeUndefined()
    expect(urls.attemptOf('https://app.example/sink', CORE, ID)).toBeUndefined()
  })
})
