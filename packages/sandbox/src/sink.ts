// A server on this machine's loopback that keeps the requests it receives, and answers as configured.

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A received request. */
export interface Captured {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The body as received. */
  readonly text: string
}

/** A status, or a function that sends the answer itself. */
export type SinkAnswer = number | ((response: ServerResponse) => void)

export interface SinkOptions<T> {
  /** PEM: makes it an https sink. Default: http. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /**
   * Decides what to keep of a request, and how to answer it. If it throws, the answer is 500.
   * @param next the next answer of {@link CapturingSink.answerNext}
   */
  readonly take: (captured: Captured, next: () => SinkAnswer | undefined) => Taken<T> | Promise<Taken<T>>
}

/** The sink's handling of a request. */
export interface Taken<T> {
  /** Absent: nothing is kept. */
  readonly kept?: T
  /** Default: 204. */
  readonly answer?: SinkAnswer | undefined
}

export class CapturingSink<T> {
  /** Every path below it is accepted. */
  readonly url: string
  readonly #server: ReturnType<typeof createServer>
  readonly #take: SinkOptions<T>['take']
  readonly #kept: T[] = []
  readonly #answers: SinkAnswer[] = []
  readonly #waiting = new Set<() => void>()

  private constructor(server: ReturnType<typeof createServer>, { tls, take }: SinkOptions<T>) {
    this.#server = server
    this.#take = take
    this.url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async open<T>(options: SinkOptions<T>): Promise<CapturingSink<T>> {
    const server = options.tls === undefined ? createServer() : createHttpsServer(options.tls)
    // A client that pauses finds its connection still open.
    server.keepAliveTimeout = 60_000
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const sink = new CapturingSink(server, options)
    server.on('request', (request, response) => {
      sink.#hear(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
    })
    return sink
  }

  /** The kept values, in order. */
  get kept(): readonly T[] {
    return this.#kept
  }

  /** Answers for the next requests; afterwards 204. */
  answerNext(...answers: readonly SinkAnswer[]): void {
    this.#answers.push(...answers)
  }

  /** Resolves once `count` have been kept in all. */
  async count(count: number): Promise<void> {
    while (this.#kept.length < count) await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const captured = { path: request.url ?? '', headers: request.headers, text: await text(request) }
    const { kept, answer = 204 } = await this.#take(captured, () => this.#answers.shift())
    if (kept !== undefined) this.#kept.push(kept)
    if (typeof answer === 'function') answer(response)
    else response.writeHead(answer).end()
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
