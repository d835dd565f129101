import { once } from 'node:events'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type Dispatcher, request } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { createAuthority } from '../../test/support/certificates.js'
import { startConnectProxy } from '../../test/support/connect-proxy.js'
import type { Prefix } from '../domain/address.js'
import { AddressGuard } from './address-guard.js'
import { AddressRefused, ConnectTimeout, type DiallerOptions, guardedAgent, ProxyRefused } from './dialler.js'

const authority = createAuthority()
const LOOPBACK = ['127.0.0.1/32', '::1/128'] as Prefix[]
const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

/** An agent that knows no name, and may dial 127.0.0.1, unless told otherwise. */
function agentWith({ allow = LOOPBACK, ...options }: Partial<DiallerOptions> & { allow?: Prefix[] } = {}): Dispatcher {
  const agent = guardedAgent({
    guard: new AddressGuard({ allow }),
    resolve: async (hostname) => {
      throw new Error(`${hostname} was asked for`)
    },
    connectTimeoutMs: 5_000,
    connectionsPerHost: 4,
    ca: authority.cert,
    ...options,
  })
  opened.push({ close: () => agent.destroy() })
  return agent
}

interface Heard {
  readonly host: string | undefined
  readonly servername: string | false | undefined
}

async function listening<S extends TcpServer | Server>(server: S, host = '127.0.0.1'): Promise<S & { port: number }> {
  server.listen(0, host)
  await once(server, 'listening')
  opened.push({
    async close() {
      if ('closeAllConnections' in server) server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
  return Object.assign(server, { port: (server.address() as AddressInfo).port })
}

/** An https server for sink.example and 127.0.0.1 that remembers who was meant. */
async function httpsServer(...names: string[]) {
  const heard: Heard[] = []
  const { key, cert } = authority.issue(...(names.length > 0 ? names : ['sink.example', '127.0.0.1']))
  const server = createHttpsServer({ key, cert }, (incoming, answer) => {
    heard.push({
      host: incoming.headers.host,
      servername: (incoming.socket as TLSSocket & { servername?: string }).servername,
    })
    answer.writeHead(204).end()
  })
  return { heard, port: (await listening(server)).port }
}

/** A TCP server that never answers, and keeps what it receives. */
async function silentServer() {
  const heard: Buffer[] = []
  let connections = 0
  const gone: Promise<unknown>[] = []
  const server = createTcpServer((socket) => {
    connections++
    gone.push(once(socket, 'close'))
    socket.on('data', (chunk) => heard.push(chunk)).on('error', () => undefined)
    opened.push({ close: () => socket.destroy() })
  })
  const { port } = await listening(server)
  return { port, heard: () => Buffer.concat(heard), connections: () => connections, gone: () => Promise.all(gone) }
}

const get = async (dispatcher: Dispatcher, url: string) => {
  const { statusCode, body } = await request(url, { dispatcher })
  await body.dump()
  return statusCode
}

describe('connecting for callers', () => {
  it('resolves a name itself, connects to the checked address, and keeps Host and SNI', async () => {
    const { heard, port } = await httpsServer()
    const agent = agentWith({ resolve: async () => ['127.0.0.1'] })
    expect(await get(agent, `https://sink.example:${port}/`)).toBe(204)
    expect(heard).toEqual([{ host: `sink.example:${port}`, servername: 'sink.example' }])
  })

  it('connects to a literal address without a name server, and checks it against the certificate', async () => {
    const { port } = await httpsServer()
    expect(await get(agentWith(), `https://127.0.0.1:${port}/`)).toBe(204)
    const { port: other } = await httpsServer('sink.example')
    await expect(get(agentWith(), `https://127.0.0.1:${other}/`)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  it('refuses certificates of untrusted authorities', async () => {
    const { port } = await httpsServer()
    const agent = agentWith({ ca: createAuthority('another').cert })
    await expect(get(agent, `https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    })
  })

  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '127.0.0.1.',
    '１２７.0.0.1',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[2002:7f00:1::]',
    '[::1]',
    '0',
  ])('refuses this machine in every spelling: %s', async (host) => {
    const { port, connections } = await silentServer()
    await expect(get(agentWith({ allow: [] }), `http://${host}:${port}/`)).rejects.toThrow(AddressRefused)
    expect(connections()).toBe(0)
  })

  it('refuses a name with a single address that is not allowed among others that are', async () => {
    const { port, connections } = await silentServer()
    const agent = agentWith({ resolve: async () => ['127.0.0.1', '10.0.0.1'] })
    await expect(get(agent, `http://sink.example:${port}/`)).rejects.toThrow(AddressRefused)
    expect(connections()).toBe(0)
  })

  it.each([[[]], [['']], [['localhost']], [['127.0.0.1%lo']], [['fe80::1%eth0']], [['127.0.0.1/32']]])(
    'refuses a resolver that answers with what is no address: %j',
    async (answer) => {
      const agent = agentWith({ resolve: async () => answer })
      await expect(get(agent, 'http://sink.example/')).rejects.toThrow(AddressRefused)
    },
  )

  it('asks a resolver with changing answers only once, and connects to the checked address', async () => {
    const { port } = await httpsServer()
    const answers = [['127.0.0.1'], ['10.0.0.1']]
    const asked: string[] = []
    const agent = agentWith({
      resolve: async (hostname) => {
        asked.push(hostname)
        return answers.shift() ?? []
      },
    })
    expect(await get(agent, `https://sink.example:${port}/`)).toBe(204)
    expect(asked).toEqual(['sink.example'])
  })

  it('checks the address of the peer before the first byte', async () => {
    const { port, heard, connections, gone } = await silentServer()
    const agent = agentWith({
      allow: ['192.0.2.1/32' as Prefix],
      resolve: async () => ['192.0.2.1'],
      // A system that connects to another address than it was told.
      open: () => connect(port, '127.0.0.1'),
    })
    await expect(get(agent, `https://sink.example:${port}/`)).rejects.toThrow(AddressRefused)
    await expect.poll(connections).toBe(1)
    await gone()
    expect(heard()).toHaveLength(0)
  })

  it('tries the next address of a name if the first does not answer [RFC 8305]', async () => {
    const { port } = await httpsServer()
    const agent = agentWith({
      allow: ['127.0.0.0/8', '::1/128'] as Prefix[],
      resolve: async () => ['::1', '127.0.0.2', '127.0.0.1'],
    })
    expect(await get(agent, `https://sink.example:${port}/`)).toBe(204)
  })

  it('follows no redirect', async () => {
    const paths: (string | undefined)[] = []
    const { port } = await listening(
      createHttpServer(({ url }, answer) => {
        paths.push(url)
        answer.writeHead(302, { location: '/elsewhere' }).end()
      }),
    )
    expect(await get(agentWith(), `http://127.0.0.1:${port}/here`)).toBe(302)
    expect(paths).toEqual(['/here'])
  })

  it('gives up a name that does not resolve, a connection that is not accepted, and a handshake that is not answered', async () => {
    const { port, gone } = await silentServer()
    const never = () => new Promise<never>(() => undefined)
    const unresolved = agentWith({ connectTimeoutMs: 50, resolve: never })
    await expect(get(unresolved, 'https://sink.example/')).rejects.toThrow(ConnectTimeout)
    const silent = agentWith({ connectTimeoutMs: 50 })
    await expect(get(silent, `https://127.0.0.1:${port}/`)).rejects.toThrow(ConnectTimeout)
    await gone()
  })
})

describe('connecting through an egress proxy', () => {
  const proxied = async (allow?: (authority: string) => boolean) => {
    const proxy = await startConnectProxy(allow)
    opened.push(proxy)
    return proxy
  }

  it('asks it for the address that was checked, and keeps Host and SNI', async () => {
    const { heard, port } = await httpsServer()
    const proxy = await proxied()
    const agent = agentWith({ proxy: proxy.url, resolve: async () => ['127.0.0.1'] })
    expect(await get(agent, `https://sink.example:${port}/`)).toBe(204)
    expect(proxy.asked.map(({ authority }) => authority)).toEqual([`127.0.0.1:${port}`])
    expect(heard).toEqual([{ host: `sink.example:${port}`, servername: 'sink.example' }])
  })

  it('never asks it for an address that is not allowed', async () => {
    const proxy = await proxied()
    const agent = agentWith({ proxy: proxy.url, resolve: async () => ['10.0.0.1'] })
    await expect(get(agent, 'https://sink.example/')).rejects.toThrow(AddressRefused)
    await expect(get(agent, 'https://169.254.169.254/')).rejects.toThrow(AddressRefused)
    expect(proxy.asked).toEqual([])
  })

  it('sends the user and the password of its URL to it alone', async () => {
    const { port } = await httpsServer()
    const proxy = await proxied()
    const url = proxy.url.replace('//', '//egress:s%40cret@')
    expect(await get(agentWith({ proxy: url }), `https://127.0.0.1:${port}/`)).toBe(204)
    const shown = proxy.asked[0]?.headers['proxy-authorization']
    expect(Buffer.from(String(shown).replace('Basic ', ''), 'base64').toString()).toBe('egress:s@cret')
  })

  it('tries the next address if it cannot reach the first', async () => {
    const { port } = await httpsServer()
    const proxy = await proxied((authority) => !authority.startsWith('[::1]'))
    const agent = agentWith({ proxy: proxy.url, resolve: async () => ['::1', '127.0.0.1'] })
    expect(await get(agent, `https://sink.example:${port}/`)).toBe(204)
    expect(proxy.asked.map(({ authority }) => authority)).toEqual([`[::1]:${port}`, `127.0.0.1:${port}`])
  })

  it('reports that the proxy refuses', async () => {
    const proxy = await proxied(() => false)
    const failure = get(agentWith({ proxy: proxy.url }), 'https://127.0.0.1:1/')
    await expect(failure).rejects.toThrow(ProxyRefused)
    await expect(failure).rejects.toThrow('the egress proxy answered 403')
  })
})
