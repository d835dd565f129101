// One port for HTTP/2 with prior knowledge, as network functions use it (TS 29.500 section 5.2), and for HTTP/1.1, as
// most northbound APIs and curl users do. The first bytes of a connection tell them apart.

import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'

export type RawRequest = IncomingMessage | Http2ServerRequest
export type RawResponse = ServerResponse | Http2ServerResponse

/** The connection preface of HTTP/2 (RFC 9113 section 3.4). HTTP/1.1 has no method `PRI`. */
const PREFACE = Buffer.from('PRI * HTTP/2.0')

export interface Listener {
  readonly host: string
  readonly port: number
  /** Ends all connections at once except the one from that port: requests in progress get no answer. */
  dropConnections(exceptPort?: number): void
  close(): Promise<void>
}

/**
 * Listens on one port of loopback; 0 takes a free one.
 * @throws {Error} naming the port: it cannot be used
 */
export async function listen(
  port: number,
  answer: (request: RawRequest, response: RawResponse) => void,
): Promise<Listener> {
  const host = '127.0.0.1'
  const http1 = createHttpServer(answer)
  const http2 = createHttp2Server(answer)
  const sockets = new Set<Socket>()
  const tcp = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A broken connection is the other side's concern: there is nobody to report it to.
    socket.on('error', () => socket.destroy())
    whichProtocol(socket, (isHttp2) => (isHttp2 ? http2 : http1).emit('connection', socket))
  })
  tcp.listen(port, host)
  await once(tcp, 'listening').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.code ?? error.message})`
    throw new Error(`port ${port} ${why}`, { cause: error })
  })
  const dropConnections = (exceptPort?: number) => {
    for (const socket of sockets) if (socket.remotePort !== exceptPort) socket.destroy()
  }
  return {
    host,
    port: (tcp.address() as AddressInfo).port,
    dropConnections,
    async close() {
      const closed = once(tcp, 'close')
      tcp.close()
      dropConnections()
      await closed
    },
  }
}

/** Peeks at the first bytes of a connection. */
function whichProtocol(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let seen = Buffer.alloc(0)
  const look = () => {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) return
    seen = Buffer.concat([seen, chunk])
    const length = Math.min(seen.length, PREFACE.length)
    const mayBeHttp2 = seen.subarray(0, length).equals(PREFACE.subarray(0, length))
    if (mayBeHttp2 && length < PREFACE.length) return
    socket.off('readable', look)
    socket.unshift(seen)
    decide(mayBeHttp2)
  }
  socket.on('readable', look)
}
