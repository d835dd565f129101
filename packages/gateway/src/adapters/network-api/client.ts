// How an API is asked. What an answer means to a network is the door's to say, but for what means the same at all of
// them: that nobody answered, or that nobody knows what was done.

import { Agent, type Dispatcher, request } from 'undici'
import { NetworkUnreachable } from '../../ports/network.js'
import { NetworkInDoubt, NetworkRefusal } from './door.js'
import { NotSent } from './not-sent.js'

/** Gives what an API wants to see in `Authorization`. */
export interface Authorization {
  /** @throws {NotSent} there is none now */
  get(): Promise<string>
  /** It was refused: it is not used again. @returns whether another may be had */
  refused(authorization: string): boolean
}

export interface ApiClientOptions {
  /** What is asked, for messages. */
  readonly name: string
  /** Without a slash at the end. */
  readonly baseUrl: string
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number
  /** PEM. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** Default: none. */
  readonly authorization?: Authorization
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Behind the base URL. */
  readonly path: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** How long the answer may be. Default: 1 MiB. */
  readonly maxAnswerBytes?: number
}

export interface ApiAnswer {
  readonly status: number
  /** The header of that name. */
  readonly location?: string
  /** As JSON; undefined if it is none. */
  readonly body: unknown
}

const MAX_ANSWER_BYTES = 1_048_576
/** Connections at once: more would only wait at the other end. */
const CONNECTIONS = 64
const CONNECT_MS = 3_000

/** Nobody has heard the request: nothing but a connection was tried. */
const NOT_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/
/** Nobody has looked at the request, or not for long: ask again. */
const UNREACHABLE: readonly number[] = [408, 429, 502, 503, 504]

export class ApiClient {
  readonly #options: ApiClientOptions
  readonly #agent: Dispatcher

  constructor(options: ApiClientOptions) {
    this.#options = options
    this.#agent = new Agent({
      connections: CONNECTIONS,
      connect: { timeout: CONNECT_MS, ...options.tls },
    })
  }

  /**
   * Asks. Redirects are not followed: they could lead anywhere.
   * @throws {NetworkUnreachable} {@link NotSent} where nobody has heard it
   * @throws {NetworkInDoubt} it answered, and whether it did something is not known
   */
  async ask(asked: ApiRequest): Promise<ApiAnswer> {
    const { authorization, name } = this.#options
    const proof = await authorization?.get()
    const answer = await this.#send(asked, proof)
    if (answer.status !== 401 || proof === undefined || !authorization?.refused(proof)) return answer
    const again = await this.#send(asked, await authorization.get())
    if (again.status === 401) throw new NetworkRefusal(`${name} refuses who asks: it answered 401`)
    return again
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }

  async #send(
    { method, path, body, headers, maxAnswerBytes }: ApiRequest,
    authorization: string | undefined,
  ): Promise<ApiAnswer> {
    const { name, baseUrl, timeoutMs } = this.#options
    let response: Dispatcher.ResponseData
    let text: string
    try {
      response = await request(`${baseUrl}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...(body && { 'content-type': 'application/json' }),
          ...(authorization !== undefined && { authorization }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(timeoutMs),
      })
      text = await textOf(response.body, maxAnswerBytes)
    } catch (error) {
      throw unreachable(name, error as Error, timeoutMs)
    }
    const { statusCode: status } = response
    if (UNREACHABLE.includes(status)) {
      const retryAfterMs = retryAfter(response.headers['retry-after'])
      throw new NetworkUnreachable(`${name} answered ${status}`, retryAfterMs === undefined ? {} : { retryAfterMs })
    }
    if (status >= 500) throw new NetworkInDoubt(`${name} answered ${status}`)
    const { location } = response.headers
    return { status, body: parsed(text), ...(typeof location === 'string' && { location }) }
  }
}

/** What it said of a refusal, shortened: for operators. */
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
  if (code !== undefined && NOT_CONNECTED.test(code)) {
    return new NotSent(`no connection to ${name}: ${code}`, { cause: error })
  }
  const why = error.name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : (code ?? error.message)
  return new NetworkUnreachable(`${name} was not reached: ${why}`, { cause: error })
}

async function textOf(body: Dispatcher.ResponseData['body'], maxBytes = MAX_ANSWER_BYTES): Promise<string> {
  let text = ''
  body.setEncoding('utf8')
  for await (const chunk of body) {
    text += chunk as string
    if (text.length > maxBytes) throw new Error('the answer is too long')
  }
  return text
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Some answer in HTML, or with nothing.
    return undefined
  }
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfter(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header[0] : header
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
