import { serveCore } from '@rightofway/core-simulator'
import { describe, expect, it } from 'vitest'
import { withGateway } from '../../../test/support/gateway.js'
import type { Prefix } from '../../domain/address.js'
import type { IdentifierKind } from '../../domain/device.js'
import { NetworkUnreachable } from '../../ports/network.js'
import { OpenDirectory } from '../directory-open/directory.js'
import type { ApiAnswer, ApiRequest } from '../network-api/client.js'
import { NefDirectory } from './directory.js'

const NUMBER = '+36721601234567'
const found = (...ueIpAddrs: unknown[]) => ({ status: 200, body: { ueIpAddrs } })

function open(
  answers: readonly (ApiAnswer | Error)[],
  { cacheMs = 60_000, identifiers = ['phoneNumber', 'networkAccessIdentifier'] as readonly IdentifierKind[] } = {},
) {
  const asked: ApiRequest[] = []
  let now = 0
  const prefixes = ['10.45.0.0/16', '2001:db8::/32'] as Prefix[]
  const directory = new NefDirectory({
    ...{ name: 'the NEF', afId: 'gateway', cacheMs, monotonicNow: () => now },
    identifiers: new Set(identifiers),
    inner: new OpenDirectory({ prefixes }),
    client: {
      async ask(request) {
        asked.push(request)
        const answer = answers[Math.min(asked.length, answers.length) - 1]
        if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer')
        return answer
      },
    },
  })
  const resolve = (phoneNumber = NUMBER) => directory.resolve({ kind: 'phoneNumber', phoneNumber })
  return { directory, asked, resolve, pass: (ms: number) => (now += ms) }
}

describe('a directory at a NEF', () => {
  it('requests the addresses of a number: the first one is the device', async () => {
    const { resolve, asked } = open([found({ ipv4Addr: '10.45.0.2' }, { ipv6Prefix: '2001:db8:cafe:1::/64' })])
    expect(await resolve()).toEqual({
      id: 'open:10.45.0.2/32',
      addresses: { ipv4: '10.45.0.2/32', ipv6: '2001:db8:cafe:1::/64' },
      phoneNumber: NUMBER,
    })
    expect(asked).toEqual([
      {
        method: 'POST',
        path: '/3gpp-ue-address/v1/retrieve',
        body: { afId: 'gateway', gpsi: 'msisdn-36721601234567' },
      },
    ])
  })

  it('requests the addresses of a network access identifier, as an external identifier', async () => {
    const { directory, asked } = open([found({ ipv4Addr: '10.45.0.2' })])
    const device = await directory.resolve({ kind: 'networkAccessIdentifier', nai: 'robot-7@factory.example' })
    expect(device).toEqual({ id: 'open:10.45.0.2/32', addresses: { ipv4: '10.45.0.2/32' } })
    expect(asked.map(({ body }) => body)).toEqual([{ afId: 'gateway', gpsi: 'extid-robot-7@factory.example' }])
    const numbers = open([], { identifiers: ['phoneNumber'] }).directory
    expect(await numbers.resolve({ kind: 'networkAccessIdentifier', nai: 'robot-7@factory.example' })).toBeUndefined()
  })

  it('knows addresses, and the devices that it has identified, without a request', async () => {
    const { directory, asked } = open([])
    const named = await directory.resolve({ kind: 'ipv4Address', publicAddress: '10.45.0.2' })
    expect(named).toMatchObject({ id: 'open:10.45.0.2/32' })
    expect(await directory.resolve({ kind: 'id', id: 'open:10.45.0.2/32' as never })).toEqual(named)
    expect(asked).toEqual([])
  })

  it.each([
    [{ status: 404, body: { title: 'Not Found' } }],
    [found()],
    [found({ ipv4Addr: '192.0.2.1' })],
    [found({ ipv4Addr: 'x' }, { ipv6Addr: 'y' }, {}, null, 7)],
  ])('knows nobody by %j', async (answer) => {
    expect(await open([answer]).resolve()).toBeUndefined()
  })

  it.each([
    [{ status: 403, body: {} }],
    [{ status: 200, body: {} }],
    [new NetworkUnreachable('no answer within 10 ms')],
  ])('cannot say with %j, and asks again', async (answer) => {
    const { resolve, asked } = open([answer, found({ ipv4Addr: '10.45.0.2' })])
    await expect(resolve()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await resolve()).toMatchObject({ id: 'open:10.45.0.2/32' })
    expect(asked).toHaveLength(2)
  })

  it('caches an answer for its lifetime, even a negative one, and sends one request for many callers', async () => {
    const { resolve, asked, pass } = open([{ status: 404, body: {} }, found({ ipv4Addr: '10.45.0.2' })])
    await Promise.all([resolve(), resolve(), resolve()])
    pass(59_999)
    expect(await resolve()).toBeUndefined()
    expect(asked).toHaveLength(1)
    pass(1)
    expect(await resolve()).toMatchObject({ id: 'open:10.45.0.2/32' })
    expect(asked).toHaveLength(2)
  })

  it('supports no numbers if they are not among its identifiers', async () => {
    const { directory, resolve, asked } = open([], { identifiers: [] as never })
    expect([...directory.supports]).toEqual(['ipv4Address', 'ipv6Address'])
    expect(await resolve()).toBeUndefined()
    expect(asked).toEqual([])
  })
})

it("creates a session for a phone number, with an operator's configuration", async () => {
  const core = await serveCore({
    ...{ file: ':memory:', port: 0, devices: [{ address: '10.45.0.7', phoneNumber: NUMBER }] },
    settings: { authorization: ['nef', 'ue-address'], clients: [{ id: 'gateway', secret: 's3cret' }] },
  })
  try {
    await withGateway(
      async (gateway) => {
        const create = (phoneNumber: string) =>
          gateway.call<{ qosStatus?: string; code?: string }>('POST', '/quality-on-demand/v1/sessions', {
            body: {
              ...{ device: { phoneNumber }, applicationServer: { ipv4Address: '198.51.100.7' } },
              ...{ qosProfile: 'QOS_L', duration: 60 },
            },
          })
        expect((await create(NUMBER)).body).toMatchObject({ qosStatus: 'AVAILABLE' })
        expect(await create('+36721609999999')).toMatchObject({ status: 404, body: { code: 'IDENTIFIER_NOT_FOUND' } })
        const response = await fetch(`${core.url}/admin/v1/held`)
        const { nef } = (await response.json()) as { nef: { device: string }[] }
        expect(nef.map(({ device }) => device)).toEqual(['10.45.0.7'])
      },
      {
        settings: {
          'directory.kind': 'nef',
          'directory.prefixes': ['10.45.0.0/16'],
          'directory.network': 'core',
          'callbacks.listen.port': 0,
        },
        networks: [
          {
            ...{ kind: 'nef', id: 'core', url: core.url, scsAsId: 'gateway', qosReferences: { QOS_L: 'qod_l' } },
            ...{ tokenUrl: `${core.url}/oauth2/token`, clientId: 'gateway', clientSecret: 's3cret' },
          },
        ],
      },
    )
  } finally {
    await core.close()
  }
})
