import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkOpenFiles } from '../checks/open-files.js'
import { connectionsWithin } from '../observability/open-files.js'
import { boundConnections } from './connections.js'

describe('the connections of a server', () => {
  it('are bounded below the limit of open files, and the log counts the refused ones', async () => {
    const lines: string[] = []
    const log = pino({}, { write: (line) => void lines.push(line) })
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const bound = boundConnections(server, log, 40)
    const { port } = server.address() as AddressInfo
    const sockets = Array.from({ length: 30 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    await Promise.all(sockets.slice(20).map((socket) => once(socket, 'close')))
    bound.close()
    const refused = lines.map((line) => JSON.parse(line) as { refused: number; maxConnections: number })
    expect(refused.reduce((sum, line) => sum + line.refused, 0)).toBe(10)
    expect(refused[0]).toMatchObject({ maxConnections: 20, openFiles: 40 })
  })

  it.each([
    [256, 128, 'warning'],
    [1_024, 512, 'ok'],
    [1_048_576, 1_048_064, 'ok'],
  ])('are, of %d open files, %d: %s', (limit, connections, verdict) => {
    expect(connectionsWithin(limit)).toBe(connections)
    expect(checkOpenFiles(limit).verdict).toBe(verdict)
  })
})
