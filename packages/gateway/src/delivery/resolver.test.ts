import { afterEach, describe, expect, it } from 'vitest'
import { type NameServer, startNameServer } from '../../test/support/name-server.js'
import { networkResolver } from './resolver.js'

let server: NameServer | undefined

afterEach(() => server?.close())

async function nameServer(addressesOf: Parameters<typeof startNameServer>[0]): Promise<string> {
  server = await startNameServer(addressesOf)
  return server.address
}

describe('the resolver', () => {
  it('returns every address of a name that the name servers know', async () => {
    const servers = [await nameServer(() => ['192.0.2.1', '192.0.2.2'])]
    expect(await networkResolver({ timeoutMs: 5_000, servers })('sink.example')).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  it('asks the system for names that the name servers do not know, such as those of /etc/hosts', async () => {
    const servers = [await nameServer(() => [])]
    const addresses = await networkResolver({ timeoutMs: 5_000, servers })('localhost')
    expect(addresses.every((address) => address === '127.0.0.1' || address === '::1')).toBe(true)
    expect(addresses).not.toEqual([])
  })

  it('rejects an unknown name', async () => {
    const servers = [await nameServer(() => [])]
    await expect(networkResolver({ timeoutMs: 5_000, servers })('nobody.invalid')).rejects.toThrow()
  })

  it('does not let a name wait for others whose servers never answer', async () => {
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
