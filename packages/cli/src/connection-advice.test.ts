import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { cli, startWorld } from './world.fixture.js'

describe('a URL that leads to no gateway', () => {
  it('is named, with what to try: TLS asked of a plain port', async () => {
    const { gateway } = await startWorld()
    const { host } = new URL(gateway.url)
    const { code, err } = await cli('sessions', 'get', crypto.randomUUID(), '--url', `https://${host}`)
    expect(code).toBe(3)
    expect(err).toContain(`It does not speak TLS: try --url http://${host}`)
  })

  it('is named, with what to try: a path that is none of a gateway', async () => {
    const { gateway } = await startWorld()
    const { code, err } = await cli('sessions', 'get', crypto.randomUUID(), '--url', `${gateway.url}/elsewhere`)
    expect(code).toBe(3)
    expect(err).toContain(`Asked was ${gateway.url}/elsewhere/`)
    expect(err).toContain('must be its base URL')
  })

  it('is named, with what to try: a server of somebody else', async () => {
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
    expect(err).toContain(`Asked was ${url}/`)
  })

  it('is a session that is not there where the gateway says so', async () => {
    await startWorld()
    expect((await cli('sessions', 'get', crypto.randomUUID())).code).toBe(5)
  })
})
