// The transport to an API: HTTP/1.1, which most use, or HTTP/2, which the functions of a 5G core use (TS 29.500 section
// 5.2), over TLS or with prior knowledge.

import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { Agent, type Dispatcher, request } from 'undici'
import { NotSent } from './not-sent.js'

/** PEM. */
export interface TransportTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  readonly maxBytes: number
  /** Sent over this connection or not at all. */
  readonly connection?: number
}

export interface TransportAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

export interface Transport {
  /** @throws {Error} with a `code` if there is one */
  send(request: TransportRequest): Promise<TransportAnswer>
  /** The number of the connection, from 1. A new one is made if there is none. */
  connection(): Promise<number>
  close(): Promise<void>
}

/** Connections at once: more would only queue at the other end. */
const CONNECTIONS = 64
const CONNECT_MS = 3_000

export class Http1Transport implements Transport {
  readonly #agent: Dispatcher

  constructor(tls: TransportTls) {
    this.#agent = new Agent({ connections: CONNECTIONS, connect: { timeout: CONNECT_MS, ...tls } })
  }

  async send({ method, url, headers, body, timeoutMs, maxBytes }: TransportRequest): Promise<TransportAnswer> {
    const response = await request(url, {
      ...{ method, headers, body: body ?? null, dispatcher: this.#agent },
      signal: AbortSignal.timeout(timeoutMs),
    })
    const { statusCode: status } = response
    return { status, headers: response.headers, text: await textOf(response.body, maxBytes) }
  }

  /** One of many: no facts are learnt over it. */
  connection(): Promise<number> {
    return Promise.reject(new Error('HTTP/1.1 has no one connection'))
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }
}

interface Connection {
  readonly number: number
  readonly session: ClientHttp2Session
}

/** One connection that all requests share, until it ends. */
export class Http2Transport implements Transport {
  readonly #origin: string
  readonly #tls: TransportTls
  #connecting: Promise<Connection> | undefined
  #connections = 0
  #closed = false

  constructor(origin: string, tls: TransportTls) {
    this.#origin = origin
    this.#tls = tls
  }

  async send(asked: TransportRequest): Promise<TransportAnswer> {
    const { method, url, headers, body, timeoutMs, maxBytes } = asked
    const { session, number } = await this.#connect()
    if (asked.connection !== undefined && asked.connection !== number) {
      throw new NotSent(`the connection to ${this.#origin} has ended meanwhile`)
    }
    const { pathname, search } = new URL(url)
    const signal = AbortSignal.timeout(timeoutMs)
    const stream = session.request(
      { ':method': method, ':path': pathname + search, ...headers },
      { signal, endStream: body === undefined },
    )
    if (body !== undefined) stream.end(body)
    try {
      const answered = await responseOf(stream)
      const text = await textOf(stream.setEncoding('utf8'), maxBytes)
      const { ':status': status = 0, ...rest } = answered
      return { status, headers: rest as TransportAnswer['headers'], text }
    } catch (error) {
      if (!signal.aborted) throw error
      // A later answer is ignored.
      session.close()
      throw signal.reason
    } finally {
      stream.destroy()
    }
  }

  async connection(): Promise<number> {
    return (await this.#connect()).number
  }

  async close(): Promise<void> {
    this.#closed = true
    const connection = await this.#connecting?.catch(() => undefined)
    connection?.session.destroy()
  }

  async #connect(): Promise<Connection> {
    for (;;) {
      if (this.#closed) throw new NotSent(`the client of ${this.#origin} is closed`)
      this.#connecting ??= this.#open().catch((error: unknown) => {
        this.#connecting = undefined
        throw error
      })
      const connecting = this.#connecting
      const connection = await connecting
      if (!connection.session.closed && !connection.session.destroyed) return connection
      if (this.#connecting === connecting) this.#connecting = undefined
    }
  }

  async #open(): Promise<Connection> {
    const session = connect(this.#origin, { ...this.#tls })
    // Each of its streams reports it as well, and so does every caller.
    session.on('error', () => undefined)
    session.on('goaway', () => session.close())
    try {
      // The server begins with its SETTINGS frame (RFC 9113 section 3.4): before that, it has processed nothing of
      // ours.
      const closed = once(session, 'close').then(() => Promise.reject(new Error('it was closed at once')))
      await Promise.race([once(session, 'remoteSettings', { signal: AbortSignal.timeout(CONNECT_MS) }), closed])
    } catch (error) {
      session.destroy()
      const { code, name, message } = error as NodeJS.ErrnoException
      const why = name === 'AbortError' ? `no answer within ${CONNECT_MS} ms` : (code ?? message)
      throw new NotSent(`no connection to ${this.#origin}: ${why}`, { cause: error })
    }
    // An idle connection does not keep Node running.
    session.unref()
    this.#connections++
    return { number: this.#connections, session }
  }
}

type Http2Headers = Readonly<Record<string, string | string[] | undefined>> & { readonly ':status'?: number }

/** @throws {Error} it ends without an answer */
async function responseOf(stream: ClientHttp2Stream): Promise<Http2Headers> {
  // A connection that ends without an error ends its streams without one.
  const closed = once(stream, 'close').then(() => [undefined])
  const [headers] = (await Promise.race([once(stream, 'response'), closed])) as [Http2Headers | undefined]
  if (headers === undefined) throw new Error('the connection ended')
  return headers
}

/** @throws {Error} it is longer than `maxBytes` */
async function textOf(body: AsyncIterable<unknown>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    const part = Buffer.from(chunk as string | Buffer)
    bytes += part.length
    if (bytes > maxBytes) throw new Error('the answer is too long')
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString('utf8')
}
