import { join } from 'node:path'
import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { listenAtPort, listenAtSocket } from './listen.js'

describe('what cannot be listened at', () => {
  it('is a port that is taken, and the setting that says which', async () => {
    const [first, second] = [Fastify(), Fastify()]
    const { port } = new URL(await listenAtPort(first, '127.0.0.1', 0))
    await expect(listenAtPort(second, '127.0.0.1', Number(port))).rejects.toThrow(
      `port ${port} of 127.0.0.1 is taken: another program listens there. Stop that one, or set listen.port`,
    )
    await first.close()
  })

  it('is an address of another machine', async () => {
    await expect(listenAtPort(Fastify(), '192.0.2.1', 0)).rejects.toThrow(
      'listen.host is 192.0.2.1, which is no address of this machine (EADDRNOTAVAIL).',
    )
  })

  it('is a socket whose path is longer than the kernel takes, or whose folder is not there', async () => {
    const long = `/tmp/${'a'.repeat(103)}`
    await expect(listenAtSocket(Fastify(), long)).rejects.toThrow(
      `the admin socket ${long} cannot be made: its path has 108 bytes, and at most 107 are allowed. Set admin.socket`,
    )
    const nowhere = join('/tmp', 'rightofway-nowhere', 'a.sock')
    await expect(listenAtSocket(Fastify(), nowhere)).rejects.toThrow(`the admin socket ${nowhere} cannot be made: `)
  })
})
