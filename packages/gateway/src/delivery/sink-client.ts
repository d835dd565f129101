// One POST to a sink, and its result. Only the status and Retry-After of the answer count. Its body is read, up to a
// limit, so that the connection can be used again.

import { type Dispatcher, errors } from 'undici'
import { AddressRefused, ProxyRefused } from './dialler.js'

export interface SinkRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type SinkAnswer =
  | {
      readonly status: number
      /** `Retry-After`, as it came. */
      readonly retryAfter: string | undefined
    }
  /** There was no answer, or it was not HTTP: the reason, in words that can be logged. */
  | { readonly failure: string }

/** Sends events to sinks. */
export interface SinkClient {
  /** Never rejects. */
  send(request: SinkRequest): Promise<SinkAnswer>
  /** Gives up what is under way. */
  close(): Promise<void>
}

export interface HttpSinkClientOptions {
  /** Dials sinks (see dialler.ts). */
  readonly agent: Dispatcher
  /** Milliseconds of real time from looking up the name to the first line of the answer. */
  readonly timeoutMs: number
}

/** So much of an answer's body is read; then the connection is cut. */
const MAX_ANSWER_BYTES = 16 * 1024

export class HttpSinkClient implements SinkClient {
  readonly #options: HttpSinkClientOptions

  constructor(options: HttpSinkClientOptions) {
    this.#options = options
  }

  send({ url, headers, body }: SinkRequest): Promise<SinkAnswer> {
    const { agent, timeoutMs } = this.#options
    const { origin, pathname, search } = new URL(url)
    return new Promise((resolve) => {
      agent.dispatch(
        { origin, path: pathname + search, method: 'POST', headers, body },
        new Exchange(timeoutMs, resolve),
      )
    })
  }

  close(): Promise<void> {
    return this.#options.agent.destroy()
  }
}

/** The time that a sink has is over. */
class TooLate extends Error {
  override readonly name = 'TooLate'
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (reply: SinkAnswer) => void
  readonly #timer: NodeJS.Timeout
  #controller: Dispatcher.DispatchController | undefined
  #tooLate: TooLate | undefined
  #bytes = 0

  constructor(timeoutMs: number, resolve: (reply: SinkAnswer) => void) {
    this.#resolve = resolve
    this.#timer = setTimeout(() => {
      this.#tooLate = new TooLate(`no answer within ${timeoutMs} ms`)
      this.#controller?.abort(this.#tooLate)
      resolve({ failure: this.#tooLate.message })
    }, timeoutMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // The time went by before there was a connection.
    if (this.#tooLate !== undefined) controller.abort(this.#tooLate)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 1xx says that an answer will follow.
    if (status < 200) return
    const retryAfter = headers['retry-after']
    this.#resolve({ status, retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > MAX_ANSWER_BYTES) controller.abort(new Error('the answer is too long'))
  }

  onResponseEnd(): void {
    clearTimeout(this.#timer)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#timer)
    // After an answer this says nothing new, and a promise resolves once.
    this.#resolve({ failure: reasonOf(error) })
  }
}

/** Why nobody answered: a code, never an address or a URL, for it ends up in logs. */
export function reasonOf(error: Error): string {
  if (error instanceof AddressRefused || error instanceof ProxyRefused || error instanceof TooLate) return error.message
  if (error instanceof errors.HTTPParserError) return "the sink's answer is not HTTP"
  const { code, name } = error as NodeJS.ErrnoException
  return `not reached: ${code ?? name}`
}
