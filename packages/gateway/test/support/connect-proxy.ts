// An egress proxy on loopback, as operators have one: it does what CONNECT asks, and remembers it.

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

export interface ConnectProxy {
  readonly url: string
  /** What was asked, in order. */
  readonly asked: readonly { readonly authority: string; readonly headers: IncomingHttpHeaders }[]
  close(): Promise<void>
}

/** @param allow whether it does what is asked; else it answers 403 */
export async function startConnectProxy(allow: (authority: string) => boolean = () => true): Promise<ConnectProxy> {
  const asked: { authority: string; headers: IncomingHttpHeaders }[] = []
  const server = createServer()
  server.on('connect', ({ url: authority = '', headers }, client) => {
    asked.push({ authority, headers })
    if (!allow(authority)) {
      client.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
      return
    }
    const target = new URL(`tcp://${authority}`)
    const upstream = connect(Number(target.port), target.hostname.replace(/^\[|\]$/g, ''), () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
