// Streams of server-sent events, read as they come.

import type { EventQosStatusChanged } from '@rightofway/camara'
import { QOD, type TestGateway } from './gateway.js'

export interface ServerSentEvent {
  readonly id: string
  readonly event: EventQosStatusChanged
}

export interface EventStream {
  readonly response: Response
  /** The next block, a comment too; undefined once the stream has ended. */
  block(): Promise<string | undefined>
  /** The next event. */
  next(): Promise<ServerSentEvent | undefined>
  /** All events until the stream ends. */
  rest(): Promise<ServerSentEvent[]>
  leave(): void
}

/** A stream of server-sent events, as an EventSource reads it (HTML standard, section 9.2.6). */
export async function followEvents(
  { url, key: mine }: TestGateway,
  path: string,
  lastEventId?: string,
  key: string = mine,
): Promise<EventStream> {
  const leaving = new AbortController()
  const response = await fetch(`${url}${QOD}${path}`, {
    headers: { authorization: `Bearer ${key}`, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
    signal: leaving.signal,
  })
  const reader = (response.body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream()).getReader()
  let text = ''

  async function block(): Promise<string | undefined> {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end >= 0) {
        const read = text.slice(0, end)
        text = text.slice(end + 2)
        return read
      }
      const { done, value } = await reader.read()
      if (done) return undefined
      text += value
    }
  }

  async function next(): Promise<ServerSentEvent | undefined> {
    for (let read = await block(); read !== undefined; read = await block()) {
      const fields = new Map(read.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]))
      const data = fields.get('data')
      if (data === undefined) continue
      return { id: fields.get('id') ?? '', event: JSON.parse(data) as EventQosStatusChanged }
    }
    return undefined
  }

  async function rest(): Promise<ServerSentEvent[]> {
    const events: ServerSentEvent[] = []
    for (let event = await next(); event !== undefined; event = await next()) events.push(event)
    return events
  }

  return { response, block, next, rest, leave: () => leaving.abort() }
}
