import { describe, expect, it } from 'vitest'
import { reservation } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import { at, NOON } from '../../domain/session.fixture.js'
import type { Reservation } from '../../ports/network.js'
import type { ApiAnswer, ApiRequest } from '../network-api/client.js'
import { NetworkInDoubt, NetworkRefusal } from '../network-api/door.js'
import { NotSent } from '../network-api/not-sent.js'
import { NefDoor, type NefDoorOptions } from './door.js'

const SELF = 'https://nef.example/3gpp-as-session-with-qos/v1/gateway/subscriptions/s1'

function open(answers: readonly Partial<ApiAnswer>[] = [], more: Partial<NefDoorOptions> = {}) {
  const asked: ApiRequest[] = []
  const door = new NefDoor({
    name: 'the NEF',
    client: {
      async ask(request) {
        asked.push(request)
        return { status: 201, location: SELF, body: undefined, ...answers[asked.length - 1] }
      },
      close: async () => undefined,
    },
    clock: { now: () => NOON } as NefDoorOptions['clock'],
    monotonicNow: () => 0,
    ...{ dialect: 'release17', scsAsId: 'gate way', grant: 'onCreated', portRanges: false },
    qosReferences: { QOS_L: 'qod_l' },
    attemptOf: (url) => (url.startsWith('https://gw/') ? Number(url.slice(-1)) : undefined),
    ...more,
  })
  return { door, asked }
}

const ATTEMPT = { number: 1, key: 'rsv.1', callbackUrl: 'https://gw/1' }
const WISH = reservation(1)
const flow = (more: Partial<Reservation['flow']>) => reservation(1, { flow: { ...WISH.flow, ...more } })
const BOTH = flow({
  device: { ipv4: '10.45.0.2/32' as Prefix, ipv6: '2001:db8:cafe::/64' as Prefix },
  server: ['198.51.100.7/32', '2001:db8::1/128'] as Prefix[],
})
const COLLECTION = '/3gpp-as-session-with-qos/v1/gate%20way/subscriptions'

describe('a NEF of Release 17', () => {
  it('gets a request for a subscription: uplink is in, downlink is out', async () => {
    const { door, asked } = open()
    expect(await door.ask(WISH, undefined, ATTEMPT)).toEqual({ remoteId: 's1', standing: { state: 'granted' } })
    expect(asked).toEqual([
      {
        method: 'POST',
        path: COLLECTION,
        body: {
          notificationDestination: 'https://gw/1',
          supportedFeatures: '2',
          requestTestNotification: true,
          ueIpv4Addr: '10.0.0.1',
          qosReference: 'qod_l',
          flowInfo: [
            {
              flowId: 65537,
              flowDescriptions: [
                'permit in ip from 10.0.0.1/32 to 198.51.100.7/32 443',
                'permit out ip from 198.51.100.7/32 443 to 10.0.0.1/32',
              ],
            },
          ],
        },
      },
    ])
  })

  it('gets the PDU session as configured', async () => {
    const { door, asked } = open([], { dnn: 'internet', snssai: { sst: 1, sd: '00000a' }, ipDomain: 'north' })
    await door.ask(WISH, undefined, ATTEMPT)
    expect(asked[0]?.body).toMatchObject({ dnn: 'internet', snssai: { sst: 1, sd: '00000a' }, ipDomain: 'north' })
  })

  it('gets a flow for each server and each port, with two descriptions in it', async () => {
    const { door, asked } = open()
    const server = ['198.51.100.7/32', '203.0.113.0/24'] as Prefix[]
    const wish = flow({
      ...{ server, devicePorts: [[5, 5]] },
      serverPorts: [
        [80, 80],
        [443, 443],
      ],
    })
    await door.ask(wish, undefined, ATTEMPT)
    const body = asked[0]?.body as { flowInfo: { flowId: number; flowDescriptions: string[] }[] } | undefined
    expect(body?.flowInfo.map(({ flowId }) => flowId)).toEqual([65537, 65538, 65539, 65540])
    expect(body?.flowInfo[3]?.flowDescriptions).toEqual([
      'permit in ip from 10.0.0.1/32 5 to 203.0.113.0/24 443',
      'permit out ip from 203.0.113.0/24 443 to 10.0.0.1/32 5',
    ])
  })

  it('gets a request for one subscription of each address family, which are one reservation here', async () => {
    const { door, asked } = open([{ location: 'https://nef/s/a b' }, { location: 'https://nef/s/6' }])
    const { remoteId } = await door.ask(BOTH, undefined, ATTEMPT)
    expect(asked.map(({ body }) => body)).toMatchObject([
      { ueIpv4Addr: '10.45.0.2' },
      { ueIpv6Addr: '2001:db8:cafe::', flowInfo: [{ flowDescriptions: [/2001:db8:cafe::\/64 to/, /2001/] }] },
    ])
    expect(asked[0]?.body).not.toHaveProperty('ueIpv6Addr')
    expect(door.parts.of(remoteId)).toHaveLength(2)
    await door.end(remoteId)
    expect(asked.slice(2).map(({ path }) => path)).toEqual([`${COLLECTION}/a%20b`, `${COLLECTION}/6`])
  })

  it('has the first family released when it refuses the second', async () => {
    const { door, asked } = open([{}, { status: 403, body: { cause: 'NO' } }, { status: 204 }])
    await expect(door.ask(BOTH, undefined, ATTEMPT)).rejects.toThrow(NetworkRefusal)
    expect(asked.map(({ method }) => method)).toEqual(['POST', 'POST', 'DELETE'])
  })

  it('lists by address, and the subscriptions of each attempt are found, complete or not', async () => {
    const document = (id: string, attempt: number) => ({
      self: `x/${id}`,
      notificationDestination: `https://gw/${attempt}`,
    })
    const all = { status: 200, body: [document('a', 1), document('b', 2), document('c', 2), { self: 'x/stranger' }] }
    const { door, asked } = open([all, all])
    expect(await door.find?.(BOTH, ATTEMPT)).toEqual([
      { remoteId: 'a', standing: { state: 'granted' }, attempt: 0 },
      { remoteId: 'b c', standing: { state: 'granted' }, attempt: 2 },
    ])
    const queries = asked.map(({ path }) => new URL(path, 'http://x').searchParams.get('ip-addrs'))
    expect(queries).toEqual(['[{"ipv4Addr":"10.45.0.2"}]', '[{"ipv6Addr":"2001:db8:cafe::"}]'])
  })

  it('is not followed to its location: only the last segment is used', async () => {
    for (const location of ['http://169.254.169.254/a/s%2F9', '/relative/s%2F9', 's%2F9', 'http://h/s%2F9?x=/y']) {
      const { door, asked } = open([{ location }, { status: 204 }])
      await door.end((await door.ask(WISH, undefined, ATTEMPT)).remoteId)
      expect(asked[1]?.path).toBe(`${COLLECTION}/s%2F9`)
    }
  })

  it('leaves the outcome open if it answers 201 without a location', async () => {
    const { door } = open([{ location: undefined as never, body: {} }])
    await expect(door.ask(WISH, undefined, ATTEMPT)).rejects.toThrow(NetworkInDoubt)
  })

  it('gets no request without a listener', async () => {
    const { door, asked } = open()
    await expect(door.ask(WISH, undefined, { number: 1, key: 'k' })).rejects.toThrow(NotSent)
    expect(asked).toEqual([])
  })

  it.each([400, 403, 404, 422])('refuses with %i, in its words', async (status) => {
    const { door } = open([{ status, body: { title: 'Forbidden', detail: 'no such reference' } }])
    await expect(door.ask(WISH, undefined, ATTEMPT)).rejects.toThrow(`the NEF answered ${status} no such reference`)
  })

  it('reports with 409 that something of ours may conflict', async () => {
    const { door } = open([{ status: 409 }])
    await expect(door.ask(WISH, undefined, ATTEMPT)).rejects.toMatchObject({ conflict: true })
  })

  it.each([
    ['a range of ports', flow({ serverPorts: [[1, 9]] }), 'takes single ports, and no ranges of ports'],
    ['no family in common', flow({ server: ['2001:db8::1/128' as Prefix] }), 'no address family in common'],
  ])('refuses %s before it is asked', (_, wish, reason) => {
    expect(open().door.objection(wish)).toContain(reason)
  })

  it('accepts port ranges if configured', async () => {
    const { door, asked } = open([], { portRanges: true })
    const wish = flow({ serverPorts: [[1, 9]] })
    expect(door.objection(wish)).toBeUndefined()
    await door.ask(wish, undefined, ATTEMPT)
    expect(JSON.stringify(asked[0]?.body)).toContain('to 198.51.100.7/32 1-9')
  })

  it('has released what it no longer knows', async () => {
    const { door } = open([{ status: 404 }, { status: 404 }])
    expect(await door.look?.('s1')).toMatchObject({ state: 'ended' })
    await door.end('s1')
  })

  it('is reachable with any answer except one about authentication', async () => {
    await open([{ status: 404 }]).door.ping()
    await open([{ status: 405 }]).door.ping()
    await expect(open([{ status: 403 }]).door.ping()).rejects.toThrow(NetworkRefusal)
  })
})

describe('a notification of a NEF', () => {
  const report = (...events: string[]) => ({ transaction: SELF, eventReports: events.map((event) => ({ event })) })

  it.each(['SESSION_TERMINATION', 'LOSS_OF_BEARER', 'RELEASE_OF_BEARER', 'FAILED_RESOURCES_ALLOCATION'])(
    'is the end with %s, and the remaining subscription is to be deleted',
    (event) => {
      expect(open().door.read(report('USAGE_REPORT', event), '')).toEqual({
        remoteId: 's1',
        standing: { state: 'ended', reason: event, remains: true },
      })
    },
  )

  it('is a grant with SUCCESSFUL_RESOURCES_ALLOCATION if configured so', () => {
    const success = report('SUCCESSFUL_RESOURCES_ALLOCATION')
    expect(open([], { grant: 'onAllocated' }).door.read(success, '')).toEqual({
      remoteId: 's1',
      standing: { state: 'granted' },
    })
    expect(open().door.read(success, '')).toEqual({ remoteId: 's1', confirms: true })
  })

  it('with other events, and a test, only confirms that the subscription exists', () => {
    const { door } = open()
    expect(door.read(report('QOS_NOT_GUARANTEED'), '')).toEqual({ remoteId: 's1', confirms: true })
    expect(door.read({ subscription: SELF }, '')).toEqual({ remoteId: 's1', confirms: true })
  })

  it('may have the form of N5, whose id is not the NEF’s', () => {
    const body = { termCause: 'PDU_SESSION_TERMINATION', resUri: 'http://pcf/app-sessions/7' }
    expect(open().door.read(body, '/terminate')).toEqual({
      standing: { state: 'ended', reason: 'PDU_SESSION_TERMINATION', remains: true },
    })
  })

  it.each([[{}], [null], ['x'], [{ eventReports: {} }], [[]]])('is nothing with %j', (body) => {
    expect(open().door.read(body, '')).toBeUndefined()
  })

  it('has no words in it that could do harm in a log', () => {
    const body = { termCause: '<script>\n', resUri: '' }
    expect(open().door.read(body, '/terminate')?.standing).toMatchObject({ reason: 'the network gave no reason' })
  })

  it('is missed if a test notification was negotiated', async () => {
    let now = 0
    const promised = [{ body: { supportedFeatures: '2' } }]
    const { door } = open(promised, { monotonicNow: () => now })
    await door.ask(WISH, undefined, ATTEMPT)
    now = 29_999
    expect(door.trouble).toBeUndefined()
    now = 30_000
    expect(door.trouble).toContain('no message of the NEF arrives')
    door.read({ subscription: SELF }, '')
    expect(door.trouble).toBeUndefined()
  })
})

describe('dialects', () => {
  it('release18 expires half a minute after us, and later when it is moved', async () => {
    const { door, asked } = open([{}, { status: 200 }], { dialect: 'release18' })
    const until = at(90)
    expect(await door.ask(WISH, until, ATTEMPT)).toMatchObject({ standing: { until: at(120) } })
    expect(asked[0]?.body).toMatchObject({ qosDuration: 120 })
    expect(await door.move?.('s1', until, at(190))).toEqual({ state: 'granted', until: at(220) })
    expect(asked[1]).toMatchObject({
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { qosDuration: 220 },
    })
  })

  it('ericsson expires at a date, and has its state in the document', async () => {
    const { door, asked } = open(
      [
        { body: { status: 'PENDING' } },
        { status: 200, body: { status: 'ACTIVE' } },
        { status: 200, body: { status: 'FAILED' } },
      ],
      { dialect: 'ericsson', grant: 'onAllocated' },
    )
    expect(await door.ask(WISH, undefined, ATTEMPT)).toMatchObject({ standing: { state: 'pending', until: at(90) } })
    expect(asked[0]?.body).toMatchObject({ expirationTime: new Date(at(90)).toISOString() })
    expect(asked[0]?.body).not.toHaveProperty('requestTestNotification')
    expect(await door.look?.('s1')).toMatchObject({ state: 'granted' })
    expect(await door.look?.('s1')).toMatchObject({ state: 'ended', remains: true })
    expect(door.find).toBeUndefined()
  })

  it('oracle supports only creating and deleting', () => {
    const { door } = open([], { dialect: 'oracle' })
    expect([door.find, door.look, door.move]).toEqual([undefined, undefined, undefined])
  })

  it('eurecom identifies a subscription by its id alone', async () => {
    const { door } = open([{ location: undefined as never, body: { self: 's7' } }], { dialect: 'eurecom' })
    expect(await door.ask(WISH, undefined, ATTEMPT)).toMatchObject({ remoteId: 's7' })
  })

  it('medianetlab has all addresses of a device and a number for the QoS, and does not support flows', async () => {
    const { door, asked } = open([{ body: { link: SELF }, location: undefined as never }], {
      dialect: 'medianetlab',
      qosReferences: { QOS_L: '82' },
    })
    expect(await door.ask(BOTH, undefined, ATTEMPT)).toMatchObject({ remoteId: 's1' })
    expect(asked).toHaveLength(1)
    expect(asked[0]?.body).toEqual({
      notificationDestination: 'https://gw/1',
      ...{ ipv4Addr: '10.45.0.2', ipv6Addr: '2001:db8:cafe::' },
      qosReference: 82,
    })
    expect(door.objection(reservation(1, { profile: 'QOS_S' }))).toContain('is a 5QI, a number')
  })
})
