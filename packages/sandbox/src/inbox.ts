import { randomBytes } from 'node:crypto'
import { parseQodEvent, type QodEvent, QodEventError, type QodOptionalArgs } from '@rightofway/sdk'
import { type Captured, CapturingSink, type Taken } from './sink.js'

/** A sink on a free port of this machine, without a sandbox: for a gateway that runs elsewhere on it. */
export const openInbox = (): Promise<Inbox> => Inbox.open()

/** A sink on this machine that keeps the events it receives. */
export class Inbox {
  /** The URL at which it receives events. */
  readonly url: string
  /** The bearer token that it expects. */
  readonly token: string
  readonly #sink: CapturingSink<QodEvent>
  #taken = 0

  private constructor(sink: CapturingSink<QodEvent>, token: string) {
    this.#sink = sink
    this.token = token
    this.url = `${sink.url}/events`
  }

  /** @internal */
  static async open(): Promise<Inbox> {
    const token = randomBytes(16).toString('hex')
    const ids = new Set<string>()
    const sink = await CapturingSink.open<QodEvent>({
      async take(captured, next) {
        const event = await eventIn(captured, token)
        if (event instanceof QodEventError) return refuse(event)
        const status = next()
        if (status !== undefined) return { answer: status }
        if (ids.has(event.id)) return {}
        ids.add(event.id)
        return { kept: event }
      },
    })
    return new Inbox(sink, token)
  }

  /**
   * `sink` and `sinkCredential` for a session whose events go to this inbox.
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
        // The sandbox's clock may be far ahead of the real time.
        accessTokenExpiresUtc: '2999-12-31T00:00:00Z',
      },
    }
  }

  /** The received events, in order; a repeat of an event is not kept again. */
  get events(): readonly QodEvent[] {
    return this.#sink.kept
  }

  /** The next event that `next` has not returned yet, as soon as it arrives. */
  async next(): Promise<QodEvent> {
    const index = this.#taken++
    await this.#sink.count(index + 1)
    return this.#sink.kept[index] as QodEvent
  }

  /** Answers the next attempts with these statuses instead of 204 and does not keep them: they are retried. */
  answerNext(...statuses: number[]): void {
    this.#sink.answerNext(...statuses)
  }

  /** Closes the port. (A sandbox closes its own.) */
  close(): Promise<void> {
    return this.#sink.close()
  }
}

const eventIn = ({ headers, text }: Captured, token: string): Promise<QodEvent | QodEventError> =>
  parseQodEvent({ headers, body: text } as Parameters<typeof parseQodEvent>[0], { token }).catch((error: unknown) => {
    if (error instanceof QodEventError) return error
    throw error
  })

const refuse = ({ status, message }: QodEventError): Taken<QodEvent> => ({
  answer: (response) => response.writeHead(status).end(message),
})
