// A name server on loopback, for IPv4 alone.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

const TYPE_A = 1
const NXDOMAIN = 3

export interface NameServer {
  /** `127.0.0.1:port`. */
  readonly address: string
  close(): void
}

/** @param addressesOf undefined: it does not answer; []: there is no such name. Asked with every question for IPv4 */
export async function startNameServer(addressesOf: (name: string) => string[] | undefined): Promise<NameServer> {
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const { name, end, type } = question(query)
    const addresses = type === TYPE_A ? addressesOf(name) : NOTHING
    if (addresses === undefined) return
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180 | (addresses.length === 0 && type === TYPE_A ? NXDOMAIN : 0), 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(addresses.length, 6)
    header.fill(0, 8)
    // A pointer to the question's name, type A, class IN, 60 s, 4 bytes.
    const records = addresses.map((each) =>
      Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...each.split('.').map(Number)]),
    )
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { address: `127.0.0.1:${(socket.address() as AddressInfo).port}`, close: () => socket.close() }
}

const NOTHING: string[] = []

/** RFC 1035 section 4.1.2. */
function question(query: Buffer): { name: string; end: number; type: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5, type: query.readUInt16BE(at + 1) }
}
