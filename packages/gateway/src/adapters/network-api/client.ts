// The HTTP client of an API. The door interprets the answers, except for those with one meaning at all networks: no
// answer, or an unknown outcome.

import { NetworkUnreachable } from '../../ports/network.js'
import { NetworkInDoubt, NetworkRefusal } from './door.js'
import { NotSent } from './not-sent.js'
import { Http1Transport, Http2Transport, type Transport, type TransportAnswer, type TransportTls } from './transport.js'

/** Provides the `Authorization` header for an API. */
export interface Authorization {
  /** @throws {NotSent} there is no token now */
  get(): Promise<string>
  /** The header was refused: it is not used again. @returns whether another one may be obtained */
  refused(authorization: string): boolean
}

export interface ApiClientOptions {
  /** The name of the API in messages. */
  readonly name: string
  /** Base URL without a trailing slash. */
  readonly baseUrl: string
  /** Timeout of an answer in milliseconds. */
  readonly timeoutMs: number
  readonly tls?: TransportTls
  /** Whether it speaks only HTTP/2, with prior knowledge if the URL is http (h2c). Default: no, HTTP/1.1. */
  readonly http2?: boolean
  /** Default: none. */
  readonly authorization?: Authorization
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path below the base URL. */
  readonly path: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** The longest answer. Default: 1 MiB. */
  readonly maxAnswerBytes?: number
  /** Sent over this connection or not at all; see {@link ApiClient.connection}. */
  readonly connection?: number
}

export interface ApiAnswer {
  readonly status: number
  /** The header of that name. */
  readonly location?: string
  /** The body as JSON; undefined if it is not JSON. */
  readonly body: unknown
}

const MAX_ANSWER_BYTES = 1_048_576

/** Nobody has received the request: only a connection was attempted. */
const NOT_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/
/** The request was not processed: it can be sent again. */
const UNREACHABLE: readonly number[] = [408, 429, 502, 503, 504]

export class ApiClient {
  readonly #options: ApiClientOptions
  readonly #transport: Transport

  constructor(options: ApiClientOptions) {
    this.#options = options
    const { baseUrl, tls = {}, http2 = false } = options
    this.#transport = http2 ? new Http2Transport(new URL(baseUrl).origin, tls) : new Http1Transport(tls)
  }

  /**
   * The number of the current connection, or of a new one. Facts learnt over it hold while it lasts.
   * @throws {NotSent} there is no connection
   */
  async connection(): Promise<number> {
    const { name, timeoutMs } = this.#options
    try {
      return await this.#transport.connection()
    } catch (error) {
      throw unreachable(name, error as Error, timeoutMs)
    }
  }

  /**
   * Sends a request. Redirects are not followed: they could lead anywhere.
   * @throws {NetworkUnreachable} {@link NotSent} if nobody has received it
   * @throws {NetworkInDoubt} it answered, and the outcome is unknown
   */
  async ask(asked: ApiRequest): Promise<ApiAnswer> {
    const { authorization, name } = this.#options
    const credential = await authorization?.get()
    const answer = await this.#send(asked, credential)
    if (answer.status !== 401 || credential === undefined || !authorization?.refused(credential)) return answer
    const again = await this.#send(asked, await authorization.get())
    if (again.status === 401) throw new NetworkRefusal(`${name} refuses who asks: it answered 401`)
    return again
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  async #send(asked: ApiRequest, authorization: string | undefined): Promise<ApiAnswer> {
    const { name, baseUrl, timeoutMs } = this.#options
    const { method, path, body, headers, connection, maxAnswerBytes: maxBytes = MAX_ANSWER_BYTES } = asked
    let answer: TransportAnswer
    try {
      answer = await this.#transport.send({
        method,
        url: `${baseUrl}${path}`,
        headers: {
          accept: 'application/json',
          ...(body && { 'content-type': 'application/json' }),
          ...(authorization !== undefined && { authorization }),
          ...headers,
        },
        ...(body && { body: JSON.stringify(body) }),
        ...(connection !== undefined && { connection }),
        ...{ timeoutMs, maxBytes },
      })
    } catch (error) {
      throw unreachable(name, error as Error, timeoutMs)
    }
    const { status, text } = answer
    if (UNREACHABLE.includes(status)) {
      const retryAfterMs = retryAfter(answer.headers['retry-after'])
      throw new NetworkUnreachable(`${name} answered ${status}`, retryAfterMs === undefined ? {} : { retryAfterMs })
    }
    const { location } = answer.headers
    const read = { status, body: parsed(text), ...(typeof location === 'string' && { location }) }
    if (status >= 500) throw new NetworkInDoubt(`${name} answered ${status}`, { answer: read })
    return read
  }
}

/** The network's words about a refusal, shortened: for operators. */
export function refusal(
  name: string,
  { status, body }: ApiAnswer,
  options: { conflict?: boolean } = {},
): NetworkRefusal {
  const { code, message, cause, detail, title } = (typeof body === 'object' && body !== null ? body : {}) as Partial<
    Record<'code' | 'message' | 'cause' | 'detail' | 'title', unknown>
  >
  const said = [code ?? cause, message ?? detail ?? title, body].filter((text) => typeof text === 'string')
  const words = said.join(': ').replaceAll(/[^\x20-\x7e]/g, ' ')
  return new NetworkRefusal(`${name} answered ${status}${words === '' ? '' : ` ${words.slice(0, MAX_WORDS)}`}`, options)
}

const MAX_WORDS = 200

function unreachable(name: string, error: Error, timeoutMs: number): NetworkUnreachable {
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof NotSent) return error
  if (code !== undefined && NOT_CONNECTED.test(code)) {
    return new NotSent(`no connection to ${name}: ${code}`, { cause: error })
  }
  const why = error.name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : (code ?? error.message)
  return new NetworkUnreachable(`${name} was not reached: ${why}`, { cause: error })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Some answer with HTML, or with an empty body.
    return undefined
  }
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfter(header: string | readonly string[] | undefined): number | undefined {
  const text = typeof header === 'string' ? header : header?.[0]
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
