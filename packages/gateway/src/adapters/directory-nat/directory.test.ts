import { describe, expect, it } from 'vitest'
import { parsePrefix } from '../../domain/address.js'
import type { Identifier } from '../../domain/device.js'
import { OpenDirectory } from '../directory-open/directory.js'
import { type InsideAddress, NatDirectory } from './directory.js'

const INSIDE = new OpenDirectory({ prefixes: [parsePrefix('10.0.0.0/8', 'ipv4', 'test')] })
const byPublic = (publicPort?: number): Identifier => ({
  kind: 'ipv4Address',
  publicAddress: '203.0.113.1',
  ...(publicPort !== undefined && { publicPort }),
})
const resolve = (inside: InsideAddress, name: Identifier) => new NatDirectory(INSIDE, inside).resolve(name)
const never: InsideAddress = () => Promise.reject(new Error('asked'))

describe('a directory with NAT', () => {
  it('finds a device by the public address and port of one of its connections', async () => {
    const asked: unknown[] = []
    const inside: InsideAddress = async (...args) => {
      asked.push(args)
      return '10.0.0.7'
    }
    expect(await resolve(inside, byPublic(4242))).toEqual({
      id: 'open:10.0.0.7/32',
      addresses: { ipv4: '10.0.0.7/32' },
    })
    expect(asked).toEqual([['203.0.113.1', 4242]])
  })

  it('does not ask the NAT for a device that is known, an address without a port, or no IPv4 address', async () => {
    const own: Identifier = { kind: 'ipv4Address', publicAddress: '10.0.0.9', publicPort: 80 }
    expect((await resolve(never, own))?.id).toBe('open:10.0.0.9/32')
    expect(await resolve(never, byPublic())).toBeUndefined()
    expect(await resolve(never, { kind: 'phoneNumber', phoneNumber: '+36721601234567' })).toBeUndefined()
  })

  it('finds no device without such a connection, or if the connection is of an unknown device', async () => {
    expect(await resolve(async () => undefined, byPublic(1))).toBeUndefined()
    expect(await resolve(async () => '192.0.2.9', byPublic(1))).toBeUndefined()
  })

  it('reports that the NAT does not answer [UNAVAILABLE]', async () => {
    await expect(resolve(never, byPublic(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})
