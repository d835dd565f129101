// Serves a simulated network over HTTP: several gateways can share it, like a real one.

import type { RequestListener, ServerResponse } from 'node:http'
import type { ReservationId } from '@rightofway/camara'
import { type DeviceReservation, type Network, NetworkUnreachable, type Reservation } from '../../ports/network.js'

/** The methods, called by POST to `/` and the name; the body has the arguments in their order. */
export type Question = 'reserve' | 'assign' | 'release' | 'list'

/** Serves `network` over HTTP. Its events are sent at `GET /events`, one JSON text a line. */
export function networkFace(network: Required<Pick<Network, Question | 'watch'>>): RequestListener {
  const questions: Record<Question, (args: never) => Promise<unknown>> = {
    reserve: ([reservation]: [Reservation]) => network.reserve(reservation),
    assign: ([reservation]: [DeviceReservation]) => network.assign(reservation),
    release: ([id, version]: [ReservationId, number]) => network.release(id, version),
    list: ([after, limit]: [ReservationId | null, number]) => network.list(after ?? undefined, limit),
  }
  return (request, response) => {
    const name = request.url?.slice(1)
    if (request.method === 'GET' && name === 'events') return tellEvents(network, response)
    const question = request.method === 'POST' ? questions[name as Question] : undefined
    if (question === undefined) return void response.writeHead(404).end()
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      text += chunk
    })
    request.on('end', () => {
      question(JSON.parse(text) as never).then(
        (answer) => response.writeHead(200).end(JSON.stringify(answer)),
        (error: unknown) => response.writeHead(error instanceof NetworkUnreachable ? 503 : 500).end(String(error)),
      )
    })
  }
}

function tellEvents(network: Pick<Network, 'watch'>, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
  const stop = network.watch((event) => response.write(`${JSON.stringify(event)}\n`))
  response.on('close', stop)
}
