import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Asked, type HeldList, startAf, startCore, type TestCore } from '../core.fixture.js'
import { DIALECTS, type DialectName } from '../index.js'

let core: TestCore
let af: Awaited<ReturnType<typeof startAf>>
beforeEach(async () => {
  core = await startCore()
  af = await startAf()
})
afterEach(async () => {
  vi.useRealTimers()
  await core.close()
  await af.close()
})

const ROOT = '/3gpp-as-session-with-qos/v1'
const AT = `${ROOT}/gateway/subscriptions`
const speak = (dialect: DialectName, more: object = {}) => core.ask('PATCH', '/admin/v1/settings', { dialect, ...more })

/** A request of a gateway for one flow. */
const subscription = (more: object = {}) => ({
  notificationDestination: `${af.url}/nef/1`,
  supportedFeatures: '2',
  ueIpv4Addr: '10.45.0.2',
  qosReference: 'qod_l',
  flowInfo: [
    {
      flowId: 65537,
      flowDescriptions: [
        'permit in ip from 10.45.0.2/32 to 198.51.100.7/32 443',
        'permit out ip from 198.51.100.7/32 443 to 10.45.0.2/32',
      ],
    },
  ],
  ...more,
})
/** The form of the medianetlab emulator. */
const emulated = (more: object = {}) => ({
  notificationDestination: `${af.url}/nef/1`,
  ipv4Addr: '10.45.0.2',
  qosReference: 82,
  ...more,
})
const bodyFor = (dialect: DialectName, more: object = {}) =>
  dialect === 'medianetlab' ? emulated(more) : subscription(more)

interface Document {
  readonly self?: string
  readonly link?: string
  readonly supportedFeatures?: string
  readonly status?: string
}
const create = (body: unknown = subscription(), at = AT) => core.ask<Document>('POST', at, body)
const held = async () => (await core.ask<HeldList>('GET', '/admin/v1/held')).body.nef
/** The path of a created resource, from the last segment of its URL, as a gateway builds it. */
const pathOf = ({ headers }: { headers: Readonly<Record<string, unknown>> }) =>
  `${AT}/${String(headers['location']).split('/').at(-1)}`
const MERGE: Asked = { type: 'application/merge-patch+json' }

describe.each(DIALECTS)('the dialect %s', (dialect) => {
  const status = {
    list: { eurecom: 501, ericsson: 405, oracle: 405 } as Partial<Record<DialectName, number>>,
    read: { oracle: 405 } as Partial<Record<DialectName, number>>,
    replace: { eurecom: 501 } as Partial<Record<DialectName, number>>,
    modify: { eurecom: 501, oracle: 405, medianetlab: 405 } as Partial<Record<DialectName, number>>,
    remove: { medianetlab: 200 } as Partial<Record<DialectName, number>>,
  }
  beforeEach(() => speak(dialect))

  it('creates, lists, reads, replaces, modifies and deletes like its model', async () => {
    const created = await create(bodyFor(dialect))
    expect(created.status).toBe(201)
    const at = pathOf(created)
    expect((await core.ask('GET', AT)).status).toBe(status.list[dialect] ?? 200)
    expect((await core.ask('GET', at)).status).toBe(status.read[dialect] ?? 200)
    expect((await core.ask('PUT', at, bodyFor(dialect))).status).toBe(status.replace[dialect] ?? 200)
    const patched = await core.ask('PATCH', at, { qosReference: 'qod_e' }, MERGE)
    expect(patched.status).toBe(status.modify[dialect] ?? 200)
    expect((await core.ask('DELETE', at)).status).toBe(status.remove[dialect] ?? 204)
    expect((await core.ask('DELETE', at)).status).toBe(404)
    expect(await held()).toEqual([])
  })

  it('refuses a device without a PDU session, an unknown reference, and no device at all', async () => {
    const lacking = dialect === 'medianetlab' ? { ipv4Addr: '192.0.2.1' } : { ueIpv4Addr: '192.0.2.1' }
    const reference = { qosReference: dialect === 'medianetlab' ? 200 : 'gold' }
    const nobody = dialect === 'medianetlab' ? { ipv4Addr: undefined } : { ueIpv4Addr: undefined }
    const statuses = []
    for (const more of [lacking, reference, nobody]) statuses.push((await create(bodyFor(dialect, more))).status)
    const expected: Partial<Record<DialectName, number[]>> = {
      eurecom: [500, 500, 400],
      medianetlab: [404, 400, 400],
      iavcoelho: [404, 400, 400],
    }
    expect(statuses).toEqual(expected[dialect] ?? [404, 403, 400])
    expect(await held()).toEqual([])
  })
})

describe('a NEF of Release 17', () => {
  it('has its own location, notifies of the outcome after the answer, and of a test before it', async () => {
    const created = await create(subscription({ requestTestNotification: true, supportedFeatures: 'f' }))
    const self = `${core.url}${pathOf(created)}`
    expect(created.headers['location']).toBe(self)
    expect(created.body).toMatchObject({ self, supportedFeatures: '2' })
    expect(await af.next()).toEqual({ path: '/nef/1', httpVersion: '1.1', body: { subscription: self } })
    expect(await af.next()).toMatchObject({
      body: { transaction: self, eventReports: [{ event: 'SUCCESSFUL_RESOURCES_ALLOCATION', appliedQosRef: 'qod_l' }] },
    })
  })

  it('sends no test notification where none was negotiated', async () => {
    await create(subscription({ requestTestNotification: true, supportedFeatures: '1' }))
    expect(await af.next()).toMatchObject({ body: { eventReports: [{}] } })
  })

  it('keeps a failed subscription', async () => {
    await core.ask('POST', '/admin/v1/faults', { kind: 'outcome', outcome: 'failed' })
    await create()
    expect(await af.next()).toMatchObject({ body: { eventReports: [{ event: 'FAILED_RESOURCES_ALLOCATION' }] } })
    expect(await held()).toHaveLength(1)
  })

  it('notifies of the requested events, and always of the end', async () => {
    await speak('release17', { outcome: 'none' })
    const { id } = await create(subscription({ events: ['LOSS_OF_BEARER'] })).then(
      async () => (await held())[0] ?? { id: '' },
    )
    const happen = (event: string) => core.ask('POST', `/admin/v1/held/nef/${id}/events`, { event })
    expect(await happen('guaranteed')).toMatchObject({ status: 202, body: { told: [] } })
    await happen('lost')
    expect(await af.next()).toMatchObject({ body: { eventReports: [{ event: 'LOSS_OF_BEARER' }] } })
    await core.ask('DELETE', '/admin/v1/pdu-sessions/10.45.0.2')
    expect(await af.next()).toMatchObject({ body: { eventReports: [{ event: 'SESSION_TERMINATION' }] } })
    expect(await held()).toHaveLength(1)
  })

  it('keeps the subscriptions of each scsAsId apart, and finds them by address', async () => {
    const created = await create()
    await create(subscription({ ueIpv4Addr: '10.45.0.3' }))
    expect((await core.ask('GET', `${ROOT}/other/subscriptions`)).body).toEqual([])
    expect((await core.ask('DELETE', pathOf(created).replace('gateway', 'other'))).status).toBe(404)
    const query = encodeURIComponent(JSON.stringify([{ ipv4Addr: '10.45.0.3' }]))
    expect((await core.ask('GET', `${AT}?ip-addrs=${query}`)).body).toMatchObject([{ ueIpv4Addr: '10.45.0.3' }])
  })

  it('takes several subscriptions for one device, and drops an answer like the PCF', async () => {
    await create()
    await core.ask('POST', '/admin/v1/faults', { kind: 'drop', door: 'nef' })
    await expect(create()).rejects.toThrow()
    expect(await held()).toHaveLength(2)
  })

  it('merges a patch, and ignores members that cannot be patched', async () => {
    const at = pathOf(await create(subscription({ usageThreshold: { duration: 60, totalVolume: 7 } })))
    const patch = { qosReference: 'qod_e', ueIpv4Addr: '10.45.0.9', usageThreshold: { duration: null } }
    const { body } = await core.ask('PATCH', at, patch, MERGE)
    expect(body).toMatchObject({ qosReference: 'qod_e', ueIpv4Addr: '10.45.0.2', usageThreshold: { totalVolume: 7 } })
    expect((await core.ask('PATCH', at, patch)).status).toBe(415)
  })
})

describe('expiry', () => {
  it.each([
    ['release18', { qosDuration: 60 }],
    ['ericsson', { expirationTime: '2030-01-01T00:01:00Z' }],
  ] as const)('ends a subscription of %s, with a notification', async (dialect, until) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.parse('2030-01-01T00:00:00Z') })
    await speak(dialect, { outcome: 'none' })
    await create(subscription(until))
    vi.advanceTimersByTime(59_999)
    expect(await held()).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(await held()).toEqual([])
    expect(await af.next()).toMatchObject({ body: { eventReports: [{ event: 'SESSION_TERMINATION' }] } })
  })

  it('moves when the subscription is changed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 })
    await speak('release18', { outcome: 'none' })
    const at = pathOf(await create(subscription({ qosDuration: 60 })))
    vi.advanceTimersByTime(30_000)
    expect((await core.ask('PATCH', at, { qosDuration: 90 }, MERGE)).status).toBe(200)
    vi.advanceTimersByTime(89_999)
    expect(await held()).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(await held()).toEqual([])
  })

  it('does not exist in Release 17', async () => {
    await speak('release17', { outcome: 'none' })
    await create(subscription({ qosDuration: 1 }))
    const [{ document } = { document: undefined }] = await held()
    expect(document).toMatchObject({ qosDuration: 1 })
    expect((await core.ask<{ nef: object[] }>('GET', '/admin/v1/held')).body.nef[0]).not.toHaveProperty('expiresAt')
  })
})

describe('the other dialects', () => {
  it('release18: identifies a device by its GPSI', async () => {
    await speak('release18', { outcome: 'none' })
    await core.ask('PUT', '/admin/v1/pdu-sessions/imsi-999700000000001', {
      ipv4: '10.45.0.7',
      gpsi: 'msisdn-36721601234567',
    })
    const body = subscription({ ueIpv4Addr: undefined, gpsi: 'msisdn-36721601234567' })
    expect((await create(body)).status).toBe(201)
    expect(await held()).toMatchObject([{ device: '10.45.0.7' }])
  })

  it('ericsson: has its state in the document, notifies of no failure, and names a host of its own', async () => {
    await speak('ericsson', { outcome: 'failed' })
    const created = await create()
    expect(created.body).toMatchObject({ status: 'FAILED' })
    expect(created.body.self).toMatch(/^http:\/\/scef\.internal\.example/)
    const [{ id } = { id: '' }] = await held()
    await core.ask('POST', `/admin/v1/held/nef/${id}/events`, { event: 'allocated' })
    expect(await af.next()).toMatchObject({ body: { eventReports: [{ event: 'SUCCESSFUL_RESOURCES_ALLOCATION' }] } })
    expect((await core.ask<Document>('GET', pathOf(created))).body.status).toBe('ACTIVE')
  })

  it('eurecom: hands the URL to the PCF, refuses unknown members, and returns errors as texts', async () => {
    await speak('eurecom')
    const created = await create()
    expect(created.body.self).toBe(pathOf(created).split('/').at(-1))
    await core.ask('DELETE', '/admin/v1/pdu-sessions/10.45.0.2')
    expect(await af.next()).toMatchObject({
      path: '/nef/1/terminate',
      httpVersion: '2.0',
      body: { termCause: 'PDU_SESSION_TERMINATION' },
    })
    expect(await held()).toEqual([])
    const refused = await create(subscription({ qosDuration: 60 }))
    expect(refused).toMatchObject({ status: 400, headers: { 'content-type': 'application/json' } })
    expect(typeof refused.body).toBe('string')
    expect(typeof (await create(subscription({ ueIpv4Addr: '192.0.2.1' }))).body).toBe('string')
  })

  it('medianetlab: 404 for an empty list, one for each device, no scsAsId, and QoS events on movement', async () => {
    await speak('medianetlab')
    expect((await core.ask('GET', AT)).status).toBe(404)
    const created = await create(emulated())
    expect(created.body.link).toBe(core.url + pathOf(created))
    expect((await create(emulated())).status).toBe(409)
    expect((await core.ask('GET', `${ROOT}/other/subscriptions`)).body).toHaveLength(1)
    const [{ id } = { id: '' }] = await held()
    await core.ask('POST', `/admin/v1/held/nef/${id}/events`, { event: 'not-guaranteed' })
    expect(await af.next()).toMatchObject({ body: { eventReports: [{ event: 'QOS_NOT_GUARANTEED' }] } })
    expect((await core.ask('POST', `/admin/v1/held/nef/${id}/events`, { event: 'allocated' })).status).toBe(409)
  })

  it("iavcoelho: requires exactly one device, and deletes another's", async () => {
    await speak('iavcoelho')
    for (const more of [{ dnn: 'internet' }, { snssai: { sst: 1 } }, { ueIpv6Addr: '2001:db8:cafe::2' }]) {
      expect(await create(subscription(more))).toMatchObject({
        status: 400,
        body: { detail: expect.any(String) as string },
      })
    }
    const created = await create()
    expect((await create()).status).toBe(409)
    expect((await core.ask('GET', pathOf(created).replace('gateway', 'other'))).status).toBe(404)
    expect((await core.ask('DELETE', pathOf(created).replace('gateway', 'other'))).status).toBe(204)
  })
})

describe('UE address retrieval', () => {
  const retrieve = (gpsi: unknown) => core.ask('POST', '/3gpp-ue-address/v1/retrieve', { afId: 'gateway', gpsi })

  it('knows the addresses of listed devices, and of those of the pools', async () => {
    await core.ask('PUT', '/admin/v1/pdu-sessions/imsi-999700000000001', {
      ipv4: '10.99.0.7',
      ipv6Prefix: '2001:db8:cafe:7::/64',
      gpsi: 'msisdn-36721601234567',
    })
    expect(await retrieve('msisdn-36721601234567')).toMatchObject({
      status: 200,
      body: { ueIpAddrs: [{ ipv4Addr: '10.99.0.7' }, { ipv6Prefix: '2001:db8:cafe:7::/64' }] },
    })
    expect((await retrieve('msisdn-36000000000')).status).toBe(404)
    expect((await retrieve(7)).status).toBe(400)
    const { body } = await core
      .ask<{ gpsi: string }>('PATCH', '/admin/v1/settings', { core: 'standard' })
      .then(() => core.ask<{ gpsi: string }>('GET', '/nbsf-management/v1/pcfBindings?ipv4Addr=10.45.0.2'))
    expect((await retrieve(body.gpsi)).body).toEqual({ ueIpAddrs: [{ ipv4Addr: '10.45.0.2' }] })
    await core.ask('DELETE', '/admin/v1/pdu-sessions/10.45.0.2')
    expect((await retrieve(body.gpsi)).status).toBe(404)
  })
})
