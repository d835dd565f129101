// Sinks in a separate process: https servers that answer 204, and before them one that accepts every event and
// answers none. Told what to do by the parent (`SinkOrder`), it answers each order with a `SinkReport`.

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { EventQosStatusChanged } from '@rightofway/camara'

export interface SinkStart {
  readonly cert: string
  readonly key: string
  /** That answer. */
  readonly sinks: number
}

/** Reset the counts, or report them. */
export type SinkOrder = 'count' | 'report'

export interface SinkReport {
  /** Milliseconds between the change that an event tells of and its first arrival, at sinks that answer. */
  readonly latenessMs: readonly number[]
  /** How many different events came to them, except to the first one. */
  readonly ofNine: number
}

process.once('message', ({ cert, key, sinks }: SinkStart) => {
  let latenessMs: number[] = []
  let ofNine = 0
  let seen = new Set<string>()
  const servers = Array.from({ length: sinks + 1 }, (_, index) =>
    createServer({ cert, key, keepAliveTimeout: 60_000 }, (request, response) => {
      let text = ''
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => {
        text += chunk
      })
      request.on('end', () => {
        if (index === 0) return
        const now = Date.now()
        response.writeHead(204).end()
        const { id, time } = JSON.parse(text) as EventQosStatusChanged
        if (seen.has(id)) return
        seen.add(id)
        latenessMs.push(now - Date.parse(time))
        if (index > 1) ofNine++
      })
    }).listen(0, '127.0.0.1'),
  )
  process.on('message', (order: SinkOrder) => {
    process.send?.({ latenessMs, ofNine } satisfies SinkReport)
    if (order === 'report') return
    latenessMs = []
    ofNine = 0
    seen = new Set()
  })
  Promise.all(servers.map((server) => once(server, 'listening'))).then(
    () => process.send?.({ ports: servers.map((server) => (server.address() as AddressInfo).port) }),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})
