// Sends notifications to application functions. A callback is sent once: none of the simulated cores repeats one.

import { request as httpRequest, type IncomingMessage } from 'node:http'
import { type ClientHttp2Session, connect } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import type { Exchanges } from '../exchanges.js'
import type { Notification } from './answer.js'

/** Timeout of a callback. */
const TIMEOUT_MS = 10_000

interface Told {
  readonly status: number
  readonly httpVersion: string
  readonly text: string
}

export class Notifier {
  readonly #exchanges: Exchanges
  readonly #timeoutMs: number
  /** The callbacks in progress of each resource. */
  readonly #turns = new Map<string, Promise<void>>()
  readonly #abort = new AbortController()

  /** @param timeoutMs default: 10 s */
  constructor(exchanges: Exchanges, timeoutMs = TIMEOUT_MS) {
    this.#exchanges = exchanges
    this.#timeoutMs = timeoutMs
  }

  /** Sends callbacks, those of one resource one after the other. Resolves when all were answered or have failed. */
  async tell(notifications: readonly Notification[]): Promise<void> {
    await Promise.all(notifications.map((notification) => this.#inTurn(notification)))
  }

  async #inTurn(notification: Notification): Promise<void> {
    const key = `${notification.door} ${notification.id}`
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(() => this.#send(notification))
    this.#turns.set(key, turn)
    await turn
    if (this.#turns.get(key) === turn) this.#turns.delete(key)
  }

  async #send({ door, url, body, protocol }: Notification): Promise<void> {
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(this.#timeoutMs)])
    const exchange = { kind: 'notification', door, method: 'POST', url, body } as const
    try {
      const send = protocol === 'h2c' ? overHttp2 : overHttp1
      const { status, httpVersion, text } = await send(new URL(url), JSON.stringify(body), signal)
      this.#exchanges.add({ ...exchange, httpVersion, status, ...(text !== '' && { answer: text }) })
    } catch (error) {
      // The network of an operator continues when a customer cannot be reached; so does this one.
      this.#exchanges.add({ ...exchange, error: reasonOf(error, signal) })
    }
  }

  /** Aborts callbacks in progress. */
  close(): void {
    this.#abort.abort()
  }
}

function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer'
  // A stream is cancelled if its connection could not be made.
  const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
  return code ?? message
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, application/problem+json' }

function overHttp1(url: URL, text: string, signal: AbortSignal): Promise<Told> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const length = { 'content-length': Buffer.byteLength(text) }
    const request = send(url, { method: 'POST', headers: { ...HEADERS, ...length }, signal, agent: false })
    request.on('error', reject)
    request.on('response', (response: IncomingMessage) => {
      textOf(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, httpVersion: response.httpVersion, text }),
        reject,
      )
    })
    request.end(text)
  })
}

function overHttp2(url: URL, text: string, signal: AbortSignal): Promise<Told> {
  return new Promise((resolve, reject) => {
    const session: ClientHttp2Session = connect(url.origin)
    const end = () => session.destroy(new Error('no answer'))
    signal.addEventListener('abort', end)
    session.on('close', () => signal.removeEventListener('abort', end))
    session.on('error', reject)
    const stream = session.request({ ':method': 'POST', ':path': url.pathname + url.search, ...HEADERS })
    stream.on('error', reject)
    stream.on('response', (headers) => {
      textOf(stream)
        .then((text) => resolve({ status: headers[':status'] ?? 0, httpVersion: '2.0', text }), reject)
        .finally(() => session.close())
    })
    stream.end(text)
  })
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
