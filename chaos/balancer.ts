// A small load balancer: each request goes to the next gateway in turn that accepts connections. It repeats
// no request that a gateway may have received.

import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Time limit for a gateway to begin its answer. */
const TIMEOUT_MS = 4_000

export interface Balancer {
  readonly url: string
  /** How many requests were passed on to each. */
  readonly counts: ReadonlyMap<number, number>
  close(): Promise<void>
}

/** @param ports of the gateways, on loopback */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  let next = 0
  const counts = new Map(ports.map((port) => [port, 0]))

  function pass(incoming: IncomingMessage, body: Buffer, answer: ServerResponse, left: number): void {
    const port = ports[next++ % ports.length] as number
    let connected = false
    const { method, url: path, headers } = incoming
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, timeout: TIMEOUT_MS, agent: false })
    outgoing.on('socket', (socket) => {
      socket.on('connect', () => {
        connected = true
        counts.set(port, (counts.get(port) ?? 0) + 1)
      })
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')))
    outgoing.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
      response.on('error', () => answer.destroy())
    })
    outgoing.on('error', () => {
      if (answer.headersSent) answer.destroy()
      else if (!connected && left > 0) pass(incoming, body, answer, left - 1)
      else answer.writeHead(502).end()
    })
    outgoing.end(body)
  }

  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => void chunks.push(chunk))
    incoming.on('end', () => pass(incoming, Buffer.concat(chunks), answer, ports.length - 1))
    incoming.on('error', () => answer.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
