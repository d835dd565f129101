import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { cli, startWorld } from './world.fixture.js'

describe('a URL without a gateway', () => {
  it('is named, with advice: https to a port without TLS', async () => {
    const { gateway } = await startWorld()
    const { host } = new URL(gateway.url)
    const { code, err } = await cli('sessions', 'get', crypto.randomUUID(), '--url', `https://${host}`)
    expect(code).toBe(3)
    expect(err).toContain(`It does not speak TLS: try --url http://${host}`)
  })

  it('is named, with advice: a wrong path', async () => {
    const { gateway } = await startWorld()
    const { code, err } = await cli('sessions', 'get', crypto.randomUUID(), '--url', `${gateway.url}/elsewhere`)
    expect(code).toBe(3)
    expect(err).toContain(`There is no gateway at ${gateway.url}/elsewhere/`)
    expect(err).toContain('must be its base URL')
  })

  it('is named, with advice: another server', async () => {
    vi.stubEnv('RIGHTOFWAY_KEY', 'row_test')
    const server = createServer((_request, response) => response.writeHead(404).end('<h1>Not found</h1>'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      vi.unstubAllEnvs()
      server.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, err } = await cli('sessions', 'get', crypto.randomUUID(), '--url', url)
    expect(code).toBe(3)
    expect(err).toContain(`There is no gateway at ${url}/`)
  })

  it('is not assumed if the gateway answers that there is no such session', async () => {
    await startWorld()
    expect((await cli('sessions', 'get', crypto.randomUUID())).code).toBe(5)
  })
})
