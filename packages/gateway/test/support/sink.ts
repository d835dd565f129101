// A sink on loopback that keeps what it gets, and answers as it is told.

import type { EventQosStatusChanged } from '@rightofway/camara'
import { type Captured, CapturingSink, type SinkAnswer } from '../../../sandbox/src/sink.js'
import type { Certificate } from './certificates.js'

export interface Received extends Captured {
  readonly event: EventQosStatusChanged
}

export interface SinkServer {
  /** Base URL; every path below it is taken. */
  readonly url: string
  /** Everything that came, in order, refused attempts too. */
  readonly received: readonly Received[]
  /** What the next attempts are answered with; afterwards 204. A function answers by itself. */
  answer(...answers: readonly SinkAnswer[]): void
  /** Resolves once `count` attempts have come in all. */
  count(count: number): Promise<void>
  close(): Promise<void>
}

/** @param tls an https sink: its certificate. Default: plain http, as only sandboxes take it */
export async function startSink(tls?: Certificate): Promise<SinkServer> {
  const sink = await CapturingSink.open<Received>({
    ...(tls && { tls }),
    take: (captured, next) => ({ kept: { ...captured, event: eventIn(captured) }, answer: next() }),
  })
  return {
    url: sink.url,
    received: sink.kept,
    answer: (...answers) => sink.answerNext(...answers),
    count: (count) => sink.count(count),
    close: () => sink.close(),
  }
}

/** The event that was posted. */
export const eventIn = ({ text }: Captured): EventQosStatusChanged => JSON.parse(text) as EventQosStatusChanged
