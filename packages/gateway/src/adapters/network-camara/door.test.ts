import type { SessionId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { reservation } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import { at, NOON } from '../../domain/session.fixture.js'
import type { Reservation } from '../../ports/network.js'
import type { ApiAnswer, ApiRequest } from '../network-api/client.js'
import { NetworkInDoubt, NetworkRefusal } from '../network-api/door.js'
import { CamaraDoor, type CamaraDoorOptions } from './door.js'

const AVAILABLE = {
  sessionId: 's1' as SessionId,
  qosStatus: 'AVAILABLE',
  startedAt: new Date(NOON).toISOString(),
  expiresAt: new Date(at(60)).toISOString(),
}

function open(answers: readonly Partial<ApiAnswer>[] = [], more: Partial<CamaraDoorOptions> = {}) {
  const asked: ApiRequest[] = []
  const door = new CamaraDoor({
    name: 'the endpoint',
    client: {
      async ask(request) {
        asked.push(request)
        return { status: 200, body: undefined, ...answers[asked.length - 1] }
      },
      close: async () => undefined,
    },
    clock: { now: () => NOON } as CamaraDoorOptions['clock'],
    realNow: () => NOON,
    profiles: { QOS_L: 'PREMIUM' },
    identifiers: ['phoneNumber', 'ipv4Address', 'ipv6Address'],
    addressLists: false,
    attemptOf: (sink) => (sink.startsWith('https://gw/') ? Number(sink.slice(-1)) : undefined),
    ...more,
  })
  return { door, asked }
}

const ATTEMPT = { number: 1, key: 'rsv.1', callbackUrl: 'https://gw/1', callbackToken: 't0k3n' }
const WISH = reservation(1)
const flow = (more: Partial<Reservation['flow']>) => reservation(1, { flow: { ...WISH.flow, ...more } })

describe('a CAMARA endpoint', () => {
  it('gets a request for a session under its own names', async () => {
    const { door, asked } = open([{ status: 201, body: AVAILABLE }])
    expect(await door.ask(WISH, undefined, ATTEMPT)).toEqual({
      remoteId: 's1',
      standing: { state: 'granted', at: NOON, until: at(60) },
    })
    expect(asked).toEqual([
      {
        method: 'POST',
        path: '/sessions',
        headers: { 'idempotency-key': 'rsv.1', 'x-correlator': WISH.id },
        body: {
          device: { ipv4Address: { publicAddress: '10.0.0.1', privateAddress: '10.0.0.1' } },
          applicationServer: { ipv4Address: '198.51.100.7' },
          applicationServerPorts: { ports: [443] },
          qosProfile: 'PREMIUM',
          duration: 60,
          sink: 'https://gw/1',
          sinkCredential: {
            credentialType: 'ACCESSTOKEN',
            accessToken: 't0k3n',
            accessTokenExpiresUtc: new Date(at(90_000)).toISOString(),
            accessTokenType: 'bearer',
          },
        },
      },
    ])
  })

  it.each(['', '.', '..', '\ud800'])('has created no session if its id is %j: no path has it', async (sessionId) => {
    const { door } = open([{ status: 201, body: { ...AVAILABLE, sessionId } }])
    await expect(door.ask(WISH, undefined, ATTEMPT)).rejects.toThrow(NetworkInDoubt)
  })

  it('is asked for the remaining time, in whole seconds, and for no events without a listener', async () => {
    const { door, asked } = open([{ status: 201, body: AVAILABLE }])
    await door.ask(reservation(1, { profile: 'OTHER' }), at(30.2), { number: 1, key: 'k' })
    expect(asked[0]?.body).toMatchObject({ duration: 31, qosProfile: 'OTHER' })
    expect(asked[0]?.body).not.toHaveProperty('sink')
    expect(asked[0]?.body).not.toHaveProperty('sinkCredential')
  })

  it('gets ports and prefixes as they were requested', async () => {
    const { door, asked } = open([{ status: 201, body: AVAILABLE }])
    const server = ['198.51.100.0/24', '2001:db8::1/128'] as Prefix[]
    await door.ask(
      flow({
        server,
        devicePorts: [
          [1, 9],
          [20, 20],
        ],
        serverPorts: [[80, 80]],
      }),
      undefined,
      ATTEMPT,
    )
    expect(asked[0]?.body).toMatchObject({
      applicationServer: { ipv4Address: '198.51.100.0/24', ipv6Address: '2001:db8::1' },
      devicePorts: { ranges: [{ from: 1, to: 9 }], ports: [20] },
      applicationServerPorts: { ports: [80] },
    })
  })

  it('gets the device identifier that it prefers, of those with an address family of the flow', async () => {
    const dual = flow({ device: { ipv4: '10.0.0.1/32' as Prefix, ipv6: '2001:db8:1::/64' as Prefix } })
    const device = async (wish: Reservation, identifiers: CamaraDoorOptions['identifiers']) => {
      const { door, asked } = open([{ status: 201, body: AVAILABLE }], { identifiers })
      await door.ask(wish, undefined, ATTEMPT)
      return (asked[0] as { body: { device: unknown } }).body.device
    }
    const known = { ...dual, subscriber: { phoneNumber: '+15550001' } }
    expect(await device(known, ['phoneNumber', 'ipv4Address'])).toEqual({ phoneNumber: '+15550001' })
    expect(await device(known, ['ipv4Address', 'phoneNumber'])).toHaveProperty('ipv4Address')
    const v6 = { ...dual, flow: { ...dual.flow, server: ['2001:db8::1/128' as Prefix] } }
    expect(await device(v6, ['ipv4Address', 'ipv6Address'])).toEqual({ ipv6Address: '2001:db8:1::' })
    expect(await device({ ...known, flow: { ...known.flow, device: {} } }, ['phoneNumber'])).toEqual({
      phoneNumber: '+15550001',
    })
  })

  it('names what it does not support', () => {
    const { door } = open()
    const two = ['192.0.2.1/32', '192.0.2.2/32'] as Prefix[]
    expect(door.objection(WISH)).toBeUndefined()
    expect(door.objection(flow({ server: two }))).toContain('no list of addresses')
    const lists = open([], { addressLists: true }).door
    expect(lists.objection(flow({ server: two }))).toBeUndefined()
    expect(lists.objection(flow({ server: ['192.0.2.0/24', '192.0.3.0/24'] as Prefix[] }))).toContain(
      'no list of prefixes',
    )
    expect(door.objection(flow({ server: ['2001:db8::1/128' as Prefix] }))).toBe(
      'device and server have no address family in common',
    )
    expect(open([], { identifiers: ['phoneNumber'] }).door.objection(WISH)).toContain('knows devices by phoneNumber')
  })

  it.each([
    [{ ...AVAILABLE, qosStatus: 'REQUESTED' }, { state: 'pending' }],
    [
      { ...AVAILABLE, qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' },
      { state: 'ended', reason: 'NETWORK_TERMINATED', expired: false },
    ],
    [
      { ...AVAILABLE, qosStatus: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' },
      { state: 'ended', reason: 'DURATION_EXPIRED', expired: true, at: NOON },
    ],
    [{ sessionId: 's1', qosStatus: 'AVAILABLE', startedAt: 'now' }, { state: 'granted' }],
  ])('is read as it answers: %j', async (body, standing) => {
    expect(await open([{ body }]).door.look('s1')).toEqual(standing)
  })

  it('refuses with its own words, and reports whether there is a conflict', async () => {
    const ask = (status: number, code: string) =>
      open([{ status, body: { status, code, message: 'no' } }]).door.ask(WISH, undefined, ATTEMPT)
    await expect(ask(409, 'CONFLICT')).rejects.toMatchObject({
      message: 'the endpoint answered 409 CONFLICT: no',
      conflict: true,
    })
    await expect(ask(403, 'PERMISSION_DENIED')).rejects.toMatchObject({ conflict: false })
    await expect(ask(302, 'X')).rejects.toThrow(NetworkRefusal)
    await expect(open([{ status: 201, body: {} }]).door.ask(WISH, undefined, ATTEMPT)).rejects.toThrow(NetworkInDoubt)
  })

  it('finds our session by the sink, or else by the flow', async () => {
    const like = {
      qosProfile: 'PREMIUM',
      applicationServerPorts: { ports: [443] },
      applicationServer: { ipv4Address: '198.51.100.7' },
    }
    const sessions = [
      { ...AVAILABLE, ...like, sessionId: 'ours', sink: 'https://gw/2' },
      { ...AVAILABLE, ...like, sessionId: 'theirs', sink: 'https://else/2' },
      { ...AVAILABLE, ...like, sessionId: 'like' },
      { ...AVAILABLE, ...like, sessionId: 'ended', qosStatus: 'UNAVAILABLE' },
      { ...AVAILABLE, ...like, sessionId: 'unlike', qosProfile: 'QOS_L' },
      'no session',
    ]
    const { door, asked } = open([{ body: sessions }])
    expect(await door.find(WISH)).toMatchObject([{ remoteId: 'ours', attempt: 2 }, { remoteId: 'like' }])
    expect(asked).toMatchObject([{ method: 'POST', path: '/retrieve-sessions' }])
    expect(await open([{ status: 404 }]).door.find(WISH)).toEqual([])
    await expect(open([{ status: 403 }]).door.find(WISH)).rejects.toThrow(NetworkRefusal)
  })

  it('is asked for the missing time, and looked up if it extends nothing', async () => {
    const { door, asked } = open([{ body: AVAILABLE }])
    expect(await door.move('s/1', at(60), at(90.5))).toMatchObject({ state: 'granted' })
    expect(asked).toEqual([
      { method: 'POST', path: '/sessions/s%2F1/extend', body: { requestedAdditionalDuration: 31 } },
    ])
    const ended = { body: { ...AVAILABLE, qosStatus: 'UNAVAILABLE' } }
    expect(await open([{ status: 409 }, ended]).door.move('s1', at(60), at(90))).toMatchObject({ state: 'ended' })
    await expect(open([{ status: 409 }, { body: AVAILABLE }]).door.move('s1', at(60), at(90))).rejects.toThrow('409')
    expect(await open([{ status: 404 }, { status: 404 }]).door.move('s1', at(60), at(90))).toMatchObject({
      state: 'ended',
    })
  })

  it('has released a session if it answers so, or does not know it', async () => {
    for (const status of [204, 200, 404, 410]) await open([{ status }]).door.end('s1')
    await expect(open([{ status: 403 }]).door.end('s1')).rejects.toThrow(NetworkRefusal)
  })

  it('counts as reachable if it answers that there is no such session', async () => {
    await open([{ status: 404 }]).door.ping()
    await expect(open([{ status: 403 }]).door.ping()).rejects.toThrow(NetworkRefusal)
  })

  it('reports an end by an event at once, and a start as a reason for a look-up', () => {
    const { door } = open()
    const type = 'org.camaraproject.quality-on-demand.v1.qos-status-changed'
    const event = (data: object, of = type) => door.read({ type: of, data: { sessionId: 's1', ...data } })
    expect(event({ qosStatus: 'AVAILABLE' })).toEqual({ remoteId: 's1' })
    expect(event({ qosStatus: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' })).toEqual({
      remoteId: 's1',
      standing: { state: 'ended', reason: 'DELETE_REQUESTED', expired: false },
    })
    expect(event({ qosStatus: 'AVAILABLE' }, 'org.example.other')).toBeUndefined()
    expect(door.read(null)).toBeUndefined()
    expect(door.read({ type, data: { sessionId: 1 } })).toBeUndefined()
  })
})
