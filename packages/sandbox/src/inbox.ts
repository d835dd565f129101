import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseQodEvent, type QodEvent, QodEventError, type QodOptionalArgs } from '@rightofway/sdk'

/** A sink on a free port of this machine, without a sandbox: for a gateway that runs elsewhere on it. */
export const openInbox = (): Promise<Inbox> => Inbox.open()

/** A sink on this machine that keeps what it gets. */
export class Inbox {
  /** What it takes events at. */
  readonly url: string
  /** The bearer token that it expects. */
  readonly token = randomBytes(16).toString('hex')
  readonly #server: Server
  readonly #events: QodEvent[] = []
  readonly #answers: number[] = []
  #taken = 0
  #arrived: () => void = () => undefined

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`
  }

  /** @internal */
  static async open(): Promise<Inbox> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const inbox = new Inbox(server)
    server.on('request', (request, response) => {
      inbox.#take(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
    })
    return inbox
  }

  /**
   * `sink` and `sinkCredential` for a session whose events shall come here.
   * @example
   * await device.createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2', ...sandbox.inbox.sink })
   */
  get sink(): Required<Pick<QodOptionalArgs, 'sink' | 'sinkCredential'>> {
    return {
      sink: this.url,
      sinkCredential: {
        credentialType: 'ACCESSTOKEN',
        accessTokenType: 'bearer',
        accessToken: this.token,
        // The sandbox's clock may be far ahead of this one.
        accessTokenExpiresUtc: '2999-12-31T00:00:00Z',
      },
    }
  }

  /** What came, in order; a repeat of an event is not kept again. */
  get events(): readonly QodEvent[] {
    return this.#events
  }

  /** The next event that no `next` has given yet, as soon as it is there. */
  async next(): Promise<QodEvent> {
    const index = this.#taken++
    for (;;) {
      const event = this.#events[index]
      if (event !== undefined) return event
      await new Promise<void>((resolve) => {
        const others = this.#arrived
        this.#arrived = () => {
          others()
          resolve()
        }
      })
    }
  }

  /** The next attempts are answered with these statuses instead of 204, and are not kept: they will come again. */
  answerNext(...statuses: number[]): void {
    this.#answers.push(...statuses)
  }

  /** Closes the port. (A sandbox closes its own.) */
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const event = await parseQodEvent(request, { token: this.token })
      const status = this.#answers.shift()
      if (status !== undefined) return void response.writeHead(status).end()
      if (!this.#events.some(({ id }) => id === event.id)) this.#events.push(event)
      response.writeHead(204).end()
      const arrived = this.#arrived
      this.#arrived = () => undefined
      arrived()
    } catch (error) {
      if (!(error instanceof QodEventError)) throw error
      response.writeHead(error.status).end(error.message)
    }
  }
}
