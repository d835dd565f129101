// Reads server-sent events (HTML standard, section 9.2.6). Only `id` and `data` are used here.

import { QodConnectionError } from './errors.js'
import { realTime } from './time.js'

export interface ServerSentEvent {
  readonly id: string | undefined
  readonly data: string
}

/** A gateway sends a comment every 15 s. A stream that is silent for longer than this is broken. */
const SILENCE_MS = 45_000

/** @throws {QodConnectionError} the stream broke off, or was silent for too long */
export async function* serverSentEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let id: string | undefined
  let data: string[] = []
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await heard(reader)
      if (done) return
      // A chunk may end between the CR and the LF of a line. An incomplete line stays in the buffer.
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() as string
      for (const line of lines) {
        const [, field, text] = /^([^:]*):? ?(.*)$/.exec(line) as unknown as [string, string, string]
        if (line === '') {
          if (data.length > 0) yield { id, data: data.join('\n') }
          data = []
        } else if (field === 'id') id = text
        else if (field === 'data') data.push(text)
      }
    }
  } finally {
    // A consumer that stops reading also closes the connection.
    await reader.cancel().catch(() => undefined)
  }
}

async function heard(reader: ReadableStreamDefaultReader<Uint8Array>) {
  const answered = new AbortController()
  const silence = realTime.sleep(SILENCE_MS, answered.signal, true).then(() => {
    throw new Error(`no data for ${SILENCE_MS} ms`)
  })
  // Each chunk of data restarts this timeout.
  silence.catch(() => undefined)
  try {
    return await Promise.race([reader.read(), silence])
  } catch (error) {
    throw new QodConnectionError('the event stream broke off', 'CONNECTION_LOST', 'none', undefined, error)
  } finally {
    answered.abort()
  }
}
