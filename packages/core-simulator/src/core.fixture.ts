// A core for tests: a client over HTTP/2 with prior knowledge, as gateways use it, and an application function for
// callbacks.

import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { type Exchange, type ServeCoreOptions, serveCore } from './index.js'
import type { PccRule } from './pcf/rules.js'
import { listen, type RawRequest, type RawResponse } from './transport/listener.js'

export interface Answered<T> {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: T
}

export interface Asked {
  readonly type?: string
  readonly authorization?: string
  /** Aborts the request. */
  readonly signal?: AbortSignal
}

/** Sends requests over one connection, and over a new one once that has ended. */
class H2Client {
  readonly #origin: string
  #session: ClientHttp2Session | undefined

  constructor(origin: string) {
    this.#origin = origin
  }

  /** @throws {Error} there was no answer */
  async ask<T>(method: string, path: string, body?: unknown, asked: Asked = {}): Promise<Answered<T>> {
    const { type = 'application/json', authorization, signal } = asked
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const stream = this.#open().request(
      {
        ':method': method,
        ':path': path,
        ...(text !== undefined && { 'content-type': type }),
        ...(authorization && { authorization }),
      },
      signal && { signal },
    )
    stream.end(text)
    // A connection that ends without an error ends its streams without one.
    const closed = once(stream, 'close').then(() => [undefined])
    const [headers] = (await Promise.race([once(stream, 'response'), closed])) as [Record<string, unknown> | undefined]
    if (headers === undefined) throw new Error('no answer')
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    const answer = Buffer.concat(chunks).toString()
    return { status: Number(headers[':status']), headers, body: (answer === '' ? undefined : JSON.parse(answer)) as T }
  }

  #open(): ClientHttp2Session {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(this.#origin)
      // Each of its streams reports the error as well.
      this.#session.on('error', () => undefined)
    }
    return this.#session
  }

  close(): void {
    this.#session?.destroy()
  }
}

export interface Heard<T = unknown> {
  readonly path: string
  readonly httpVersion: string
  readonly body: T
}

/** An application function that receives callbacks. */
export async function startAf(answer: (request: RawRequest, response: RawResponse) => void = noContent) {
  const heard: Heard[] = []
  const waiting: ((heard: Heard) => void)[] = []
  const listener = await listen(0, (request, response) => {
    void textOf(request).then((text) => {
      const entry = { path: request.url ?? '', httpVersion: request.httpVersion, body: JSON.parse(text) as unknown }
      answer(request, response)
      const next = waiting.shift()
      if (next === undefined) heard.push(entry)
      else next(entry)
    })
  })
  return {
    url: `http://${listener.host}:${listener.port}`,
    /** Callbacks that were received and not yet read. */
    heard,
    next<T = unknown>(): Promise<Heard<T>> {
      const entry = heard.shift() as Heard<T> | undefined
      if (entry !== undefined) return Promise.resolve(entry)
      return new Promise((resolve) => waiting.push((heard) => resolve(heard as Heard<T>)))
    },
    close: () => listener.close(),
  }
}

const noContent = (_: RawRequest, response: RawResponse) => {
  response.writeHead(204)
  response.end()
}

async function textOf(request: RawRequest): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

export async function startCore(options: Partial<ServeCoreOptions> = {}) {
  const core = await serveCore({ file: ':memory:', port: 0, ...options })
  const exchanges: Exchange[] = []
  core.watch((exchange) => exchanges.push(exchange))
  const client = new H2Client(core.url)
  return {
    ...core,
    exchanges,
    ask: <T = unknown>(method: string, path: string, body?: unknown, asked?: Asked) =>
      client.ask<T>(method, path, body, asked),
    /** The next request takes a new connection. */
    disconnect: () => client.close(),
    close() {
      client.close()
      return core.close()
    },
    /** Resolves with the next exchange that matches. */
    exchange: (isIt: (exchange: Exchange) => boolean): Promise<Exchange> =>
      new Promise((resolve) => {
        const stop = core.watch((exchange) => {
          if (!isIt(exchange)) return
          stop()
          resolve(exchange)
        })
      }),
  }
}
export type TestCore = Awaited<ReturnType<typeof startCore>>

/** The operator's view. */
export interface Overview {
  readonly core: string
  readonly pcf: { readonly instanceId: string }
  readonly held: { readonly pcf: number; readonly nef: number }
  readonly overlaps: number
}
export interface HeldList {
  readonly pcf: readonly { readonly id: string; readonly pccRules: readonly PccRule[] }[]
  readonly nef: readonly { readonly id: string; readonly document: Readonly<Record<string, unknown>> }[]
}

export const APP_SESSIONS = '/npcf-policyauthorization/v1/app-sessions'

/** A request of a gateway for one flow of 20 Mbit/s in both directions. */
export const contextOf = (notifUri: string, more: object = {}, component: object = {}) => ({
  ascReqData: {
    suppFeat: '0',
    notifUri,
    ueIpv4: '10.45.0.2',
    dnn: 'internet',
    medComponents: {
      '1': {
        medCompN: 1,
        qosReference: 'qod_l',
        medType: 'VIDEO',
        fStatus: 'ENABLED',
        marBwDl: '20000 Kbps',
        marBwUl: '20000 Kbps',
        mirBwDl: '20000 Kbps',
        mirBwUl: '20000 Kbps',
        medSubComps: {
          '1': {
            fNum: 1,
            flowUsage: 'NO_INFO',
            fDescs: [
              'permit out ip from 198.51.100.7/32 443 to 10.45.0.2/32',
              'permit in ip from 10.45.0.2/32 to 198.51.100.7/32 443',
            ],
          },
        },
        ...component,
      },
    },
    ...more,
  },
})
