import type { BitsPerSecond } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { guarantee, reservation } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import { NetworkUnreachable, type Reservation } from '../../ports/network.js'
import type { ApiAnswer, ApiRequest } from '../network-api/client.js'
import { NetworkInDoubt, NetworkRefusal } from '../network-api/door.js'
import { NotSent } from '../network-api/not-sent.js'
import { PcfDoor, type PcfDoorOptions } from './door.js'
import { Bsf, Nrf } from './functions.js'

const PCF = 'http://127.0.0.13:7777'
const ROOT = '/npcf-policyauthorization/v1/app-sessions'

type Say = Partial<ApiAnswer> | Error

/** A client with these answers, one after the other; afterwards 201 with the context 7. */
function scripted(answers: readonly Say[], asked: (ApiRequest & { url?: string })[], url?: string) {
  return {
    async ask(request: ApiRequest): Promise<ApiAnswer> {
      asked.push({ ...request, ...(url && { url }) })
      const answer = answers[asked.length - 1] ?? {}
      if (answer instanceof Error) throw answer
      return { status: 201, location: `http://elsewhere${ROOT}/7`, body: undefined, ...answer }
    },
    connection: async () => 1,
    close: async () => undefined,
  }
}

function open(answers: readonly Say[] = [], more: Partial<PcfDoorOptions> = {}) {
  const asked: (ApiRequest & { url?: string })[] = []
  const door = new PcfDoor({
    ...{ name: 'the PCF', core: 'open5gs', pcf: { url: PCF }, grant: 'onCreated', portRanges: false },
    clientOf: (url) => scripted(answers, asked, url),
    profiles: { QOS_L: { qosReference: 'qod_l' } },
    ...more,
  })
  return { door, asked }
}

const ATTEMPT = { number: 1, key: 'rsv.1', callbackUrl: 'http://gw/1' }
const QOS = guarantee(20_000_000)
const WISH = reservation(1, { qos: QOS })
const flow = (more: Partial<Reservation['flow']>) => reservation(1, { qos: QOS, flow: { ...WISH.flow, ...more } })
const SERVERS = ['198.51.100.7/32', '198.51.100.8/32', '198.51.100.9/32', '198.51.100.10/32'] as Prefix[]

interface Component {
  readonly medType: string
  readonly marBwDl?: string
  readonly medSubComps: Readonly<Record<string, { readonly fNum: number; readonly fDescs: readonly string[] }>>
}
const componentsIn = (request: ApiRequest | undefined) => {
  const body = request?.body as { ascReqData: { medComponents: Readonly<Record<string, Component>> } } | undefined
  return body?.ascReqData.medComponents ?? {}
}

describe('Open5GS', () => {
  it('gets one component with both directions, as it is known to accept', async () => {
    const { door, asked } = open()
    const { standing } = await door.ask(WISH, undefined, ATTEMPT)
    expect(standing).toEqual({ state: 'granted' })
    expect(asked).toEqual([
      {
        url: PCF,
        method: 'POST',
        path: ROOT,
        body: {
          ascReqData: {
            suppFeat: '0',
            notifUri: 'http://gw/1',
            ueIpv4: '10.0.0.1',
            medComponents: {
              1: {
                medCompN: 1,
                ...{ qosReference: 'qod_l', medType: 'VIDEO', fStatus: 'ENABLED' },
                ...{ marBwDl: '20000 Kbps', mirBwDl: '20000 Kbps', marBwUl: '20000 Kbps', mirBwUl: '20000 Kbps' },
                medSubComps: {
                  1: {
                    ...{ fNum: 1, flowUsage: 'NO_INFO' },
                    fDescs: [
                      'permit out ip from 198.51.100.7/32 443 to 10.0.0.1/32',
                      'permit in ip from 10.0.0.1/32 to 198.51.100.7/32 443',
                    ],
                  },
                },
              },
            },
          },
        },
      },
    ])
  })

  it('gets the rate divided by the number of flows, because it adds them up', async () => {
    const { door, asked } = open()
    await door.ask(flow({ server: SERVERS.slice(0, 3) }), undefined, ATTEMPT)
    expect(componentsIn(asked[0])['1']?.marBwDl).toBe('6667 Kbps')
  })

  it('gets at most seven flow descriptions', () => {
    const { door } = open()
    expect(door.objection(flow({ server: SERVERS.slice(0, 3) }))).toBeUndefined()
    expect(door.objection(flow({ server: SERVERS }))).toContain('needs 8 flow descriptions')
  })

  it('answers 405 about an existing context, and 404 about a missing one', async () => {
    const { remoteId } = await open().door.ask(WISH, undefined, ATTEMPT)
    expect(await open([{ status: 405 }]).door.look(remoteId)).toEqual({ state: 'granted' })
    expect(await open([{ status: 404 }]).door.look(remoteId)).toMatchObject({ state: 'ended' })
  })

  it('gets a delete with a body, below the configured URL', async () => {
    const { door, asked } = open([{}, { status: 204 }])
    const { remoteId } = await door.ask(WISH, undefined, ATTEMPT)
    await door.end(remoteId)
    expect(asked[1]).toEqual({ url: PCF, method: 'POST', path: `${ROOT}/7/delete`, body: {} })
  })
})

describe('free5GC', () => {
  it('gets one sub-component for each flow, and one component for each direction', async () => {
    const { door, asked } = open([], { core: 'free5gc' })
    await door.ask(flow({ server: SERVERS.slice(0, 2) }), undefined, ATTEMPT)
    const { 1: down, 2: up } = componentsIn(asked[0])
    expect(Object.values(down?.medSubComps ?? {}).map(({ fDescs }) => fDescs)).toEqual([
      ['permit out ip from 198.51.100.7/32 443 to 10.0.0.1/32'],
      ['permit out ip from 198.51.100.8/32 443 to 10.0.0.1/32'],
    ])
    expect(Object.values(up?.medSubComps ?? {}).map(({ fNum, fDescs }) => [fNum, fDescs[0]?.slice(0, 9)])).toEqual([
      [1, 'permit in'],
      [2, 'permit in'],
    ])
    expect(down).toMatchObject({ marBwDl: '10000 Kbps', mirBwDl: '10000 Kbps' })
    expect(down).not.toHaveProperty('marBwUl')
    expect(up).toMatchObject({ marBwUl: '10000 Kbps' })
  })

  it('selects the QoS by the media type: one with a guaranteed rate, or one without', async () => {
    const { door, asked } = open([], { core: 'free5gc', profiles: { VOICE: { medType: 'AUDIO' } } })
    for (const wish of [WISH, reservation(1), reservation(1, { profile: 'VOICE' })]) {
      await door.ask(wish, undefined, ATTEMPT)
    }
    expect(asked.map((request) => componentsIn(request)['1']?.medType)).toEqual(['VIDEO', 'DATA', 'AUDIO'])
  })
})

describe('a PCF that follows the specification', () => {
  it('gets a subscription to the events of the resources, and a delete without a body', async () => {
    const { door, asked } = open([{}, { status: 204 }], { core: 'standard', grant: 'onAllocated' })
    const { remoteId, standing } = await door.ask(WISH, undefined, ATTEMPT)
    expect(standing).toEqual({ state: 'pending' })
    expect(asked[0]?.body).toMatchObject({
      ascReqData: {
        evSubsc: {
          notifUri: 'http://gw/1',
          events: [{ event: 'FAILED_RESOURCES_ALLOCATION' }, { event: 'SUCCESSFUL_RESOURCES_ALLOCATION' }],
        },
      },
    })
    await door.end(remoteId)
    expect(asked[1]).not.toHaveProperty('body')
  })

  it('gets a maximum besides each guarantee, and no rate where there is none', async () => {
    const { door, asked } = open([], { core: 'standard' })
    const qos = {
      downlink: { guaranteed: 1, maximum: 5_000_000 as BitsPerSecond },
      uplink: { guaranteed: 0 },
      priority: 1,
    }
    await door.ask(reservation(1, { qos: qos as Reservation['qos'] }), undefined, ATTEMPT)
    expect(componentsIn(asked[0])['1']).toMatchObject({ marBwDl: '5000 Kbps', mirBwDl: '1 Kbps' })
    expect(componentsIn(asked[0])['1']).not.toHaveProperty('marBwUl')
  })

  it('gets one context of each address family, with the configured PDU session', async () => {
    const { door, asked } = open([], { core: 'standard', dnn: 'ims', snssai: { sst: 2 }, ipDomain: 'north' })
    const device = { ipv4: '10.45.0.2/32' as Prefix, ipv6: '2001:db8:cafe::5/128' as Prefix }
    await door.ask(flow({ device, server: ['198.51.100.7/32', '2001:db8::1/128'] as Prefix[] }), undefined, ATTEMPT)
    const about = { dnn: 'ims', sliceInfo: { sst: 2 }, ipDomain: 'north' }
    expect(asked.map(({ body }) => body)).toMatchObject([
      { ascReqData: { ueIpv4: '10.45.0.2', ...about } },
      { ascReqData: { ueIpv6: '2001:db8:cafe::5', ...about } },
    ])
  })

  it.each([400, 403, 404])('refuses with %i, in its words', async (status) => {
    const { door } = open([{ status, body: { detail: 'Unknown qosReference' } }])
    await expect(door.ask(WISH, undefined, ATTEMPT)).rejects.toThrow(`the PCF answered ${status} Unknown qosReference`)
  })

  it('refuses with a 500 about a missing PDU session, and leaves the outcome open with another one', async () => {
    const doubt = (cause: string) => new NetworkInDoubt('it answered 500', { answer: { status: 500, body: { cause } } })
    const { door } = open([doubt('PDU_SESSION_NOT_AVAILABLE'), doubt('SYSTEM_FAILURE')])
    await expect(door.ask(WISH, undefined, ATTEMPT)).rejects.toThrow(NetworkRefusal)
    await expect(door.ask(WISH, undefined, ATTEMPT)).rejects.toThrow(NetworkInDoubt)
  })

  it.each([
    ['a range of ports', flow({ serverPorts: [[1, 9]] }), 'no ranges of ports'],
    ['no family in common', flow({ server: ['2001:db8::1/128' as Prefix] }), 'no address family in common'],
  ])('refuses %s before it is asked', (_, wish, reason) => {
    expect(open().door.objection(wish)).toContain(reason)
  })

  it('gets no request without a listener', async () => {
    await expect(open().door.ask(WISH, undefined, { number: 1, key: 'k' })).rejects.toThrow(NotSent)
  })
})

describe('a notification of a PCF', () => {
  const context = async (door: PcfDoor) => (await door.ask(WISH, undefined, ATTEMPT)).remoteId
  const sameAs = (door: PcfDoor, one: string | undefined, other: string) =>
    expect(door.parts.of(one ?? '')).toEqual(door.parts.of(other))

  it('is the end with a termination', async () => {
    const { door } = open()
    const resUri = `http://10.9.9.9${ROOT}/7`
    const message = door.read({ termCause: 'PDU_SESSION_TERMINATION', resUri }, '/terminate')
    expect(message?.standing).toEqual({ state: 'ended', reason: 'PDU_SESSION_TERMINATION', remains: true })
    sameAs(door, message?.remoteId, await context(door))
  })

  it('is the end with FAILED_RESOURCES_ALLOCATION, and a grant with the other event if configured so', async () => {
    const { door } = open([], { core: 'standard', grant: 'onAllocated' })
    const notify = (event: string) =>
      door.read({ evSubsUri: `${PCF}${ROOT}/7/events-subscription`, evNotifs: [{ event }] }, '/notify')
    expect(notify('FAILED_RESOURCES_ALLOCATION')).toMatchObject({ standing: { state: 'ended', remains: true } })
    const granted = notify('SUCCESSFUL_RESOURCES_ALLOCATION')
    expect(granted?.standing).toEqual({ state: 'granted' })
    sameAs(door, granted?.remoteId, await context(door))
    expect(notify('QOS_NOTIF')).toMatchObject({ confirms: true })
  })

  it.each([
    [{}, '/notify'],
    [null, '/notify'],
    [{ evNotifs: [{ event: 'QOS_NOTIF' }] }, ''],
  ])('is nothing with %j at %j', (body, suffix) => {
    expect(open().door.read(body, suffix)).toBeUndefined()
  })
})

describe('a BSF', () => {
  const bsfWith = (...answers: Say[]) => {
    const asked: ApiRequest[] = []
    return {
      bsf: new Bsf({ name: 'the BSF', client: scripted(answers, asked), scheme: 'http', dnn: 'internet' }),
      asked,
    }
  }
  const found = (body: object) => ({ status: 200, body })

  it('returns for each address which PCF to ask, and the subscriber', async () => {
    const { bsf, asked } = bsfWith(
      found({ pcfIpEndPoints: [{ ipv4Address: '127.0.0.13', port: 7777 }], supi: 'imsi-999700000000001' }),
      found({ pcfIpEndPoints: [{ ipv6Address: '::1' }] }),
      found({ pcfFqdn: 'pcf.example' }),
    )
    const { door, asked: ofPcf } = open([], { pcf: { bsf } })
    for (let n = 0; n < 3; n++) await door.ask(WISH, undefined, ATTEMPT)
    expect(asked[0]?.path).toBe('/nbsf-management/v1/pcfBindings?ipv4Addr=10.0.0.1&dnn=internet')
    expect(ofPcf.map(({ url }) => url)).toEqual([PCF, 'http://[::1]', 'http://pcf.example'])
    expect(ofPcf[0]?.body).toMatchObject({ ascReqData: { supi: 'imsi-999700000000001' } })
  })

  it.each([204, 404])('answers %i for a device without a PDU session: that is a refusal', async (status) => {
    const { door, asked } = open([], { pcf: { bsf: bsfWith({ status }).bsf } })
    await expect(door.ask(WISH, undefined, ATTEMPT)).rejects.toThrow('the device has no PDU session')
    expect(asked).toEqual([])
  })

  it.each([[{}], [{ pcfIpEndPoints: [] }], [{ pcfFqdn: 'pcf.example/../x' }], [{ pcfFqdn: 'a@b' }], [null]])(
    'is refused if it answers %j',
    async (body) => {
      const { door, asked } = open([], { pcf: { bsf: bsfWith({ status: 200, body }).bsf } })
      await expect(door.ask(WISH, undefined, ATTEMPT)).rejects.toThrow('without an address of the PCF')
      expect(asked).toEqual([])
    },
  )
})

describe('an NRF', () => {
  const profile = (nfInstanceId: string, more: object = {}) => ({
    ...{ nfInstanceId, nfType: 'PCF', ipv4Addresses: ['127.0.0.13'], ...more },
  })
  const nrfWith = (nfInstances: readonly object[], answer: Partial<ApiAnswer> = {}) =>
    new Nrf('the NRF', scripted([{ status: 200, body: { nfInstances }, ...answer }], []))

  it('returns the PCF at an address: by its end points if it has them', async () => {
    const at = (ipv4Address: string, port: number) => ({ nfServices: [{ ipEndPoints: [{ ipv4Address, port }] }] })
    expect(await nrfWith([profile('a')]).instanceAt(PCF)).toBe('a')
    expect(await nrfWith([profile('a', at('127.0.0.13', 7777))]).instanceAt(PCF)).toBe('a')
    expect(await nrfWith([profile('a', at('127.0.0.13', 8888))]).instanceAt(PCF)).toBeUndefined()
    expect(await nrfWith([profile('a', { ipv4Addresses: ['127.0.0.14'] })]).instanceAt(PCF)).toBeUndefined()
    expect(await nrfWith([profile('a', { fqdn: 'pcf.example' })]).instanceAt('http://pcf.example')).toBe('a')
    expect(await nrfWith([profile('a', { nfStatus: 'SUSPENDED' }), profile('b')]).instanceAt(PCF)).toBe('b')
    expect(await nrfWith([], { status: 404 }).instanceAt(PCF)).toBeUndefined()
  })

  it('cannot tell while it knows two', async () => {
    await expect(nrfWith([profile('a'), profile('b')]).instanceAt(PCF)).rejects.toThrow(NetworkUnreachable)
  })
})

describe('the subscriber of a device', () => {
  const of = async (subscriber: Reservation['subscriber'], bound?: string, more: Partial<PcfDoorOptions> = {}) => {
    const bsf = new Bsf({
      ...{ name: 'the BSF', scheme: 'http' },
      client: scripted([{ status: 200, body: { pcfIpEndPoints: [{ ipv4Address: '127.0.0.13' }], supi: bound } }], []),
    })
    const { door, asked } = open([], { ...(bound !== undefined && { pcf: { bsf } }), ...more })
    await door.ask({ ...WISH, ...(subscriber && { subscriber }) }, undefined, ATTEMPT)
    const [request] = asked
    return (request?.body as { ascReqData: object } | undefined)?.ascReqData
  }
  const KNOWN = { phoneNumber: '+36721601234567', supi: 'imsi-001010000000001' }

  it('is identified by the SUPI of the directory or of the BSF', async () => {
    expect(await of(KNOWN)).toMatchObject({ supi: 'imsi-001010000000001' })
    expect(await of(undefined, 'imsi-001010000000002')).toMatchObject({ supi: 'imsi-001010000000002' })
    expect(await of(KNOWN, 'imsi-001010000000001')).not.toHaveProperty('gpsi')
  })

  it('is identified by the GPSI without a SUPI, at a PCF that supports it', async () => {
    const { supi: _, ...numbered } = KNOWN
    expect(await of(numbered, undefined, { core: 'standard' })).toMatchObject({ gpsi: 'msisdn-36721601234567' })
    expect(await of(numbered)).not.toHaveProperty('gpsi')
  })

  it('is refused with a message if the BSF has the address of another subscriber', async () => {
    await expect(of(KNOWN, 'imsi-001010000000002')).rejects.toThrow('the BSF knows another SUPI for the address')
  })
})
