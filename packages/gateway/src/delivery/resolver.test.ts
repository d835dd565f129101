import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { networkResolver } from './resolver.js'

const TYPE_A = 1
const NXDOMAIN = 3

let server: Socket | undefined

afterEach(() => server?.close())

/** A name server for IPv4 on loopback; undefined: it does not answer, []: there is no such name. */
async function nameServer(addressOf: (name: string) => string[] | undefined): Promise<string> {
  const socket = createSocket('udp4')
  server = socket
  socket.on('message', (query, { port, address }) => {
    const { name, end, type } = question(query)
    const addresses = addressOf(name)
    if (addresses === undefined) return
    const shown = type === TYPE_A ? addresses : []
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180 | (addresses.length === 0 ? NXDOMAIN : 0), 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(shown.length, 6)
    header.fill(0, 8)
    // A pointer to the question's name, type A, class IN, 60 s, 4 bytes.
    const records = shown.map((each) =>
      Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...each.split('.').map(Number)]),
    )
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return `127.0.0.1:${(socket.address() as AddressInfo).port}`
}

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

describe('names to addresses', () => {
  it('gives every address that the network knows of a name', async () => {
    const servers = [await nameServer(() => ['192.0.2.1', '192.0.2.2'])]
    expect(await networkResolver({ timeoutMs: 5_000, servers })('sink.example')).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  it('asks the system for what the network does not know, such as the names of /etc/hosts', async () => {
    const servers = [await nameServer(() => [])]
    const addresses = await networkResolver({ timeoutMs: 5_000, servers })('localhost')
    expect(addresses.every((address) => address === '127.0.0.1' || address === '::1')).toBe(true)
    expect(addresses).not.toEqual([])
  })

  it('rejects a name that nobody knows', async () => {
    const servers = [await nameServer(() => [])]
    await expect(networkResolver({ timeoutMs: 5_000, servers })('nobody.invalid')).rejects.toThrow()
  })

  it('lets no name wait for others whose servers never answer', async () => {
    const servers = [await nameServer((name) => (name.startsWith('dead') ? undefined : ['192.0.2.1']))]
    const resolve = networkResolver({ timeoutMs: 600, servers })
    let givenUp = 0
    const dead = Array.from({ length: 50 }, (_, n) => resolve(`dead${n}.example`).catch(() => givenUp++))
    expect(await resolve('sink.example')).toEqual(['192.0.2.1'])
    expect(givenUp).toBe(0)
    await Promise.all(dead)
    expect(givenUp).toBe(50)
  })
})
