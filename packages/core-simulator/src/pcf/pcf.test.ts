import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  APP_SESSIONS,
  contextOf,
  type HeldList,
  type Overview,
  startAf,
  startCore,
  type TestCore,
} from '../core.fixture.js'

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

const context = (more: object = {}, component: object = {}) => contextOf(`${af.url}/n5/1`, more, component)
const create = (more: object = {}, component: object = {}) => core.ask('POST', APP_SESSIONS, context(more, component))
const held = async () => (await core.ask<HeldList>('GET', '/admin/v1/held')).body.pcf
const overview = async () => (await core.ask<Overview>('GET', '/admin/v1')).body
const ids = async () => (await held()).map(({ id }) => id)
const next = (fault: object) => core.ask('POST', '/admin/v1/faults', fault)
const happen = (id: string, event: string, cause?: string) =>
  core.ask('POST', `/admin/v1/held/pcf/${id}/events`, { event, ...(cause && { cause }) })

describe('Open5GS', () => {
  it('answers a create as Open5GS does, and gives the SMF a rule for both directions', async () => {
    const { status, headers, body } = await create()
    expect(status).toBe(201)
    expect(headers['location']).toBe(`${core.url}${APP_SESSIONS}/1`)
    expect(body).toEqual(context())
    expect(await held()).toMatchObject([
      {
        id: '1',
        device: '10.45.0.2',
        pccRules: [
          {
            fiveQi: 2,
            maxbrDlBps: 20_000_000,
            maxbrUlBps: 20_000_000,
            gbrDlBps: 20_000_000,
            gbrUlBps: 20_000_000,
            flows: [
              { description: 'permit out ip from 198.51.100.7/32 443 to 10.45.0.2/32', direction: 'DOWNLINK' },
              { description: 'permit out ip from 10.45.0.2/32 to 198.51.100.7/32 443', direction: 'UPLINK' },
            ],
          },
        ],
      },
    ])
  })

  it('speaks HTTP/1.1 on the same port', async () => {
    const response = await fetch(core.url + APP_SESSIONS, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(context()),
    })
    expect(response.status).toBe(201)
    expect(core.exchanges.at(-1)?.httpVersion).toBe('1.1')
    await core.ask('GET', `${APP_SESSIONS}/1`)
    expect(core.exchanges.at(-1)?.httpVersion).toBe('2.0')
  })

  it('adds up rates, once for each flow description, and without a guarantee guarantees the maximum', async () => {
    const fDescs = (n: number) => [
      `permit out ip from 198.51.100.${n} to 10.45.0.2`,
      `permit in ip from 10.45.0.2 to 198.51.100.${n}`,
    ]
    const medSubComps = { 1: { fNum: 1, fDescs: fDescs(1) }, 2: { fNum: 2, fDescs: fDescs(2) } }
    await create({}, { medSubComps, mirBwDl: undefined, mirBwUl: undefined })
    const pccRules = (await held())[0]?.pccRules ?? []
    expect(pccRules).toMatchObject([{ maxbrDlBps: 40_000_000, gbrDlBps: 40_000_000, gbrUlBps: 40_000_000 }])
  })

  it('refuses an unknown qosReference, a 5QI without a policy, more than 7 flows, and a device without a session', async () => {
    expect(await create({}, { qosReference: 'gold' })).toMatchObject({
      status: 403,
      body: { cause: 'REQUESTED_SERVICE_NOT_AUTHORIZED' },
    })
    await core.ask('PATCH', '/admin/v1/settings', { pccRules: [1] })
    expect((await create()).status).toBe(403)
    await core.ask('PATCH', '/admin/v1/settings', { pccRules: [2] })
    const medSubComps = Object.fromEntries(
      [1, 2, 3, 4].map((fNum) => [
        fNum,
        { fNum, fDescs: ['permit out ip from any to 10.45.0.2', 'permit in ip from 10.45.0.2 to any'] },
      ]),
    )
    expect((await create({}, { medSubComps })).status).toBe(403)
    expect((await create({ ueIpv4: '192.0.2.1' })).status).toBe(404)
    expect(await held()).toEqual([])
    // Refused requests have used no id.
    expect((await create()).headers['location']).toMatch(/\/1$/)
  })

  it('answers a read with 405 if the context exists, and with 404 if not', async () => {
    await create()
    expect((await core.ask('GET', `${APP_SESSIONS}/1`)).status).toBe(405)
    expect((await core.ask('GET', `${APP_SESSIONS}/2`)).status).toBe(404)
  })

  it('modifies, and deletes once', async () => {
    await create()
    const patch = { ascReqData: { medComponents: { 1: { medCompN: 1, marBwDl: '30000 Kbps', mirBwDl: null } } } }
    const type = 'application/merge-patch+json'
    expect(await core.ask('PATCH', `${APP_SESSIONS}/1`, patch, { type })).toMatchObject({ status: 200, body: patch })
    expect(await held()).toMatchObject([{ pccRules: [{ maxbrDlBps: 30_000_000, gbrDlBps: 30_000_000 }] }])
    expect((await core.ask('POST', `${APP_SESSIONS}/1/delete`, {})).status).toBe(204)
    expect((await core.ask('POST', `${APP_SESSIONS}/1/delete`, {})).status).toBe(404)
    expect(await held()).toEqual([])
  })

  it('takes an IPv6 address of a pool', async () => {
    expect((await create({ ueIpv4: undefined, ueIpv6: '2001:db8:cafe::2' })).status).toBe(201)
    expect((await create({ ueIpv4: undefined, ueIpv6: '2001:db8:1::2' })).status).toBe(404)
  })

  it('ends the contexts of a PDU session that ends, over HTTP/2, and notifies of nothing else', async () => {
    await create()
    await create({ ueIpv4: '10.45.0.3' })
    expect((await happen('1', 'allocated')).status).toBe(409)
    await core.ask('DELETE', '/admin/v1/pdu-sessions/10.45.0.2')
    expect(await af.next()).toEqual({
      path: '/n5/1/terminate',
      httpVersion: '2.0',
      body: { termCause: 'PDU_SESSION_TERMINATION', resUri: `${core.url}${APP_SESSIONS}/1` },
    })
    expect(await ids()).toEqual(['2'])
    expect((await create()).status).toBe(404)
  })

  it('begins with id 1 again after a restart, as another instance, without a notification', async () => {
    await create()
    const { instanceId } = (await overview()).pcf
    await core.ask('POST', '/admin/v1/restart')
    expect((await overview()).pcf.instanceId).not.toBe(instanceId)
    expect(await ids()).toEqual([])
    expect((await create({ ueIpv4: '10.45.0.9' })).headers['location']).toMatch(/\/1$/)
    expect(af.heard).toEqual([])
  })
})

describe('free5GC', () => {
  const supi = 'imsi-208930000000001'
  beforeEach(async () => {
    await core.ask('PATCH', '/admin/v1/settings', { core: 'free5gc' })
    await core.ask('PUT', `/admin/v1/pdu-sessions/${supi}`, { ipv4: '10.45.0.2' })
  })

  it('requires the SUPI, and has it in its ids', async () => {
    expect(await create()).toMatchObject({ status: 500, body: { cause: 'PDU_SESSION_NOT_AVAILABLE' } })
    expect((await create({ supi })).headers['location']).toBe(`${core.url}${APP_SESSIONS}/${supi}-1`)
  })

  it("takes the media type's 5QI, the first flow description, and 1024 for a thousand kilobits", async () => {
    await create({ supi }, { qosReference: 'gold', marBwDl: '20 Mbps' })
    const pccRules = (await held())[0]?.pccRules ?? []
    expect(pccRules).toMatchObject([{ fiveQi: 2, maxbrDlBps: 20_480_000, maxbrUlBps: 20_000_000 }])
    expect(pccRules[0]?.flows).toHaveLength(1)
  })

  it('has no rates for a 5QI that guarantees none', async () => {
    await create({ supi }, { medType: 'DATA' })
    const pccRules = (await held())[0]?.pccRules ?? []
    expect(pccRules).toMatchObject([{ fiveQi: 9 }])
    expect(pccRules[0]).not.toHaveProperty('maxbrDlBps')
  })
})

describe('a PCF that follows the specification', () => {
  const evSubsc = () => ({
    events: [{ event: 'SUCCESSFUL_RESOURCES_ALLOCATION' }, { event: 'FAILED_RESOURCES_ALLOCATION' }],
    notifUri: `${af.url}/events`,
  })
  beforeEach(() => core.ask('PATCH', '/admin/v1/settings', { core: 'standard' }))

  it('notifies subscribers of the outcome, after the answer', async () => {
    const { headers } = await create({ evSubsc: evSubsc() })
    const location = String(headers['location'])
    expect(await af.next()).toMatchObject({
      path: '/events/notify',
      body: {
        evSubsUri: `${location}/events-subscription`,
        evNotifs: [{ event: 'SUCCESSFUL_RESOURCES_ALLOCATION' }],
      },
    })
    expect((await core.ask('GET', new URL(location).pathname)).body).toMatchObject({
      ascReqData: { ueIpv4: '10.45.0.2' },
    })
  })

  it('keeps a context that it ended until that is deleted', async () => {
    const { headers } = await create()
    const id = String(headers['location']).split('/').at(-1) as string
    await happen(id, 'terminated', 'ALL_SDF_DEACTIVATION')
    expect(await af.next()).toMatchObject({ body: { termCause: 'ALL_SDF_DEACTIVATION' } })
    expect(await ids()).toEqual([id])
    expect((await core.ask('POST', `${APP_SESSIONS}/${id}/delete`, {})).status).toBe(400)
    expect((await core.ask('POST', `${APP_SESSIONS}/${id}/delete`)).status).toBe(204)
  })

  it('notifies subscribers of a lost bearer with FAILED_RESOURCES_ALLOCATION, and ends it for others', async () => {
    await core.ask('PATCH', '/admin/v1/settings', { outcome: 'none' })
    await create({ evSubsc: evSubsc() })
    await create()
    const [first = '', second = ''] = await ids()
    await happen(first, 'lost')
    expect(await af.next()).toMatchObject({ body: { failedResourcAllocReports: [{ mcResourcStatus: 'INACTIVE' }] } })
    await happen(second, 'lost')
    expect(await af.next()).toMatchObject({ path: '/n5/1/terminate' })
  })
})

describe('a core with injected faults', () => {
  it('refuses, and fails, with Retry-After', async () => {
    await next({ kind: 'refuse', operation: 'create', cause: 'TEMPORARY_NETWORK_FAILURE' })
    await next({ kind: 'fail', status: 503, retryAfterS: 7 })
    expect(await create()).toMatchObject({ status: 403, body: { cause: 'TEMPORARY_NETWORK_FAILURE' } })
    const { status, headers } = await create()
    expect([status, headers['retry-after']]).toEqual([503, '7'])
    expect((await create()).status).toBe(201)
  })

  it('applies them to one device, as often as requested', async () => {
    await next({ kind: 'refuse', device: '10.45.0.3', times: 2 })
    expect((await create()).status).toBe(201)
    expect((await create({ ueIpv4: '10.45.0.3' })).status).toBe(403)
    expect((await core.ask('GET', '/admin/v1/faults')).body).toMatchObject([{ kind: 'refuse', times: 1 }])
    expect((await create({ ueIpv4: '10.45.0.3' })).status).toBe(403)
    expect((await create({ ueIpv4: '10.45.0.3' })).status).toBe(201)
  })

  it('drops the answer after the commit, or before it', async () => {
    await next({ kind: 'drop' })
    await expect(create()).rejects.toThrow()
    expect(await ids()).toEqual(['1'])
    await next({ kind: 'drop', committed: false })
    await expect(create()).rejects.toThrow()
    expect(await ids()).toEqual(['1'])
    await next({ kind: 'drop' })
    const headers = { 'content-type': 'application/json' }
    const overHttp1 = fetch(core.url + APP_SESSIONS, { method: 'POST', headers, body: JSON.stringify(context()) })
    await expect(overHttp1).rejects.toThrow()
  })

  it('hangs while the other side waits, and blocks no other request', async () => {
    await next({ kind: 'hang' })
    const patience = new AbortController()
    const heard = core.exchange(({ fault }) => fault === 'hang')
    const hanging = core.ask('POST', APP_SESSIONS, context(), { signal: patience.signal })
    await heard
    expect((await create({ ueIpv4: '10.45.0.3' })).status).toBe(201)
    patience.abort()
    await expect(hanging).rejects.toThrow()
    expect(await ids()).toEqual(['1'])
  })

  it('delays the answer to what it has carried out at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await next({ kind: 'late', afterMs: 60_000 })
    const answered = create()
    await vi.waitUntil(() => vi.getTimerCount() > 0, { timeout: 5000 })
    expect(await ids()).toEqual(['1'])
    vi.advanceTimersByTime(60_000)
    expect((await answered).status).toBe(201)
  })

  it('calls back before it answers', async () => {
    await next({ kind: 'callback-first', event: 'terminated' })
    const order: string[] = []
    const answered = create().then(() => order.push('answer'))
    const called = af.next().then(() => order.push('callback'))
    await Promise.all([answered, called])
    expect(order).toEqual(['callback', 'answer'])
  })

  it('loses the bearer of a create later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await next({ kind: 'lose', afterMs: 1000 })
    expect((await create()).status).toBe(201)
    vi.advanceTimersByTime(1000)
    expect(await af.next()).toMatchObject({ body: { termCause: 'INSUFFICIENT_QOS_FLOW_RESOURCES' } })
    expect(await ids()).toEqual([])
  })

  it('counts overlapping calls for one resource', async () => {
    await create()
    await next({ kind: 'hang', operation: 'modify' })
    const patience = new AbortController()
    const heard = core.exchange(({ fault }) => fault === 'hang')
    const hanging = core.ask('PATCH', `${APP_SESSIONS}/1`, {}, { signal: patience.signal })
    await heard
    await core.ask('POST', `${APP_SESSIONS}/1/delete`, {})
    expect(core.exchanges.at(-1)?.overlaps).toBe(true)
    expect((await overview()).overlaps).toBe(1)
    patience.abort()
    await expect(hanging).rejects.toThrow()
  })

  it('refuses an invalid fault or setting with the reason', async () => {
    expect(await next({ kind: 'explode' })).toMatchObject({ status: 400, body: { status: 400 } })
    const { body } = await core.ask<{ detail: string }>('PATCH', '/admin/v1/settings', { core: 'oai' })
    expect(body.detail).toContain('open5gs, free5gc, standard')
    expect((await core.ask('PATCH', '/admin/v1/settings', { pools: ['10.0.0.0/64'] })).status).toBe(400)
    expect((await core.ask('GET', '/admin/v1/nothing')).status).toBe(404)
    expect((await core.ask('PUT', '/admin/v1')).headers['allow']).toBe('GET')
  })
})

describe('devices', () => {
  const put = (supi: string, body: object) => core.ask('PUT', `/admin/v1/pdu-sessions/imsi-${supi}`, body)
  const find = async (query: string) => (await core.ask('GET', `/nbsf-management/v1/pcfBindings?${query}`)).status

  it('of a pool end by address, IPv6 ones with their whole prefix, and begin again', async () => {
    expect(await find('ipv6Prefix=2001:db8:cafe:1::9/128')).toBe(200)
    await core.ask('DELETE', '/admin/v1/pdu-sessions/2001:db8:cafe:1::9')
    expect(await find('ipv6Prefix=2001:db8:cafe:1::a/128')).toBe(404)
    expect(await find('ipv6Prefix=2001:db8:cafe:2::a/128')).toBe(200)
    await put('999700000000001', { ipv6Prefix: '2001:db8:cafe:1::/64' })
    expect(await find('ipv6Prefix=2001:db8:cafe:1::a/128')).toBe(200)
  })

  it('that are listed end by SUPI, even with addresses that a pool also has', async () => {
    await put('999700000000001', { ipv4: '10.45.0.7', ipv6Prefix: '2001:db8:1::/64' })
    await create({ ueIpv4: '10.45.0.7' })
    expect((await core.ask('DELETE', '/admin/v1/pdu-sessions/imsi-999700000000001')).status).toBe(202)
    expect((await af.next()).path).toBe('/n5/1/terminate')
    expect(await find('ipv4Addr=10.45.0.7')).toBe(404)
    expect((await core.ask('DELETE', '/admin/v1/pdu-sessions/imsi-999700000000001')).status).toBe(404)
  })

  it('have their own addresses and numbers, which can be read', async () => {
    await put('999700000000001', { ipv4: '10.99.0.1', ipv6Prefix: '2001:db8:1::/48', gpsi: 'msisdn-36721601234567' })
    for (const body of [
      { ipv4: '10.99.0.1' },
      { ipv6Prefix: '2001:db8:1:2::/64' },
      { ipv4: '10.99.0.2', gpsi: 'msisdn-36721601234567' },
    ]) {
      expect([body, (await put('999700000000002', body)).status]).toEqual([body, 409])
    }
    for (const body of [{}, { ipv4: '10.99.0.300' }, { ipv6Prefix: '10.0.0.0/8' }, { ipv6Prefix: '2001:db8::' }]) {
      expect((await put('999700000000003', body)).status).toBe(400)
    }
    expect((await core.ask('PUT', '/admin/v1/pdu-sessions/36', { ipv4: '10.99.0.9' })).status).toBe(400)
  })
})

describe('the transport', () => {
  it('answers every input', async () => {
    expect((await core.ask('GET', '//')).status).toBe(404)
    expect((await core.ask('GET', '/%ff')).status).toBe(404)
    expect((await core.ask('GET', `${APP_SESSIONS}/%ff`)).status).toBe(404)
    expect((await core.ask('POST', APP_SESSIONS, `"${'x'.repeat(2 ** 20)}"`)).status).toBe(413)
    for (const body of ['null', '7', '[]', '{"ascReqData":7}', '{"ascReqData":{"ueIpv4":{"toString":1}}}', '']) {
      expect([body, (await core.ask('POST', APP_SESSIONS, body)).status]).toEqual([body, 400])
    }
    expect(core.exchanges.filter(({ door }) => door === 'unknown').map(({ url }) => url)).toContain('//')
  })

  it('ignores a request that breaks off in the middle', async () => {
    const { hostname, port } = new URL(core.url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(`POST ${APP_SESSIONS} HTTP/1.1\r\nHost: core\r\nContent-Length: 100\r\n\r\n{`)
    socket.resetAndDestroy()
    expect((await create()).status).toBe(201)
    expect(core.exchanges).toHaveLength(1)
  })

  it('names a port that is in use', async () => {
    await expect(startCore({ port: Number(new URL(core.url).port) })).rejects.toThrow(/^port \d+ is in use$/)
  })
})

it('keeps its state across restarts, unless it is told to forget', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rightofway-core-'))
  const file = join(folder, 'core.db')
  try {
    const first = await startCore({ file, settings: { core: 'standard' } })
    await first.ask('POST', APP_SESSIONS, context())
    await first.close()
    const second = await startCore({ file })
    const { body } = await second.ask<Overview>('GET', '/admin/v1')
    expect(body).toMatchObject({ core: 'standard', held: { pcf: 1 } })
    await second.close()
    const third = await startCore({ file, forget: true })
    expect((await third.ask<Overview>('GET', '/admin/v1')).body.held.pcf).toBe(0)
    await third.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('requires an access token if it is configured to', async () => {
  await core.ask('PATCH', '/admin/v1/settings', { authorization: ['pcf'], clients: [{ id: 'af', secret: 's e' }] })
  expect(await create()).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
  const token = (form: Record<string, string>, authorization?: string) =>
    core.ask<{ access_token: string; error: string }>('POST', '/oauth2/token', new URLSearchParams(form).toString(), {
      type: 'application/x-www-form-urlencoded',
      ...(authorization && { authorization }),
    })
  const grant_type = 'client_credentials'
  expect((await token({ grant_type, client_id: 'af', client_secret: 'wrong' })).body.error).toBe('invalid_client')
  expect((await token({ grant_type: 'password' })).body.error).toBe('unsupported_grant_type')
  const { body } = await token({ grant_type, scope: 'npcf-policyauthorization' }, `Basic ${btoa('af:s+e')}`)
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'npcf-policyauthorization' })
  const authorization = `Bearer ${body.access_token}`
  expect((await core.ask('POST', APP_SESSIONS, context(), { authorization })).status).toBe(201)
  await core.ask('DELETE', '/admin/v1/tokens')
  expect((await core.ask('POST', APP_SESSIONS, context(), { authorization })).status).toBe(401)
  const nrf = await token({ grant_type, nfInstanceId: '5d5b1b7e-7f2e-4f0e-9a55-0000000000aa' })
  expect(nrf.status).toBe(200)
})
