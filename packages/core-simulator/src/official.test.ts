// The core's messages, validated against 3GPP's OpenAPI files in both directions: its answers and callbacks are valid,
// and it refuses requests that are not.

import { afterEach, describe, expect, it } from 'vitest'
import { APP_SESSIONS, contextOf, startAf, startCore, type TestCore } from './core.fixture.js'
import { CORES } from './index.js'
import { complaints, missing, Official } from './official.fixture.js'

let core: TestCore | undefined
let af: Awaited<ReturnType<typeof startAf>> | undefined
afterEach(async () => {
  await core?.close()
  await af?.close()
})

const EVENTS = ['SUCCESSFUL_RESOURCES_ALLOCATION', 'FAILED_RESOURCES_ALLOCATION', 'QOS_NOTIF'].map((event) => ({
  event,
}))

/**
 * Every way to make a body invalid, and some that leave it valid: a member removed, and each value in another's place.
 */
function* variantsOf(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return
  const entries = Object.entries(value)
  const rebuilt = (changed: [string, unknown][]) =>
    Array.isArray(value) ? changed.map(([, member]) => member) : Object.fromEntries(changed)
  for (const [index, [name, member]] of entries.entries()) {
    yield rebuilt(entries.filter((_, at) => at !== index))
    for (const other of [null, 7, 1.5, 'text', '', [], {}, true, [member, member, member]]) {
      yield rebuilt(entries.map((entry, at) => (at === index ? [name, other] : entry)))
    }
    for (const variant of variantsOf(member)) {
      yield rebuilt(entries.map((entry, at) => (at === index ? [name, variant] : entry)))
    }
  }
}

/** Reading the files takes seconds of an otherwise idle processor. */
const options = { timeout: 120_000 }

describe.skipIf(missing)(`a core and 3GPP's files [${missing ?? 'they are at hand'}]`, options, () => {
  const release18 = new Official(18)

  describe.each(CORES)('of the PCF and the BSF of %s', (name) => {
    it('sends only what they allow', async () => {
      core = await startCore({ settings: { core: name } })
      af = await startAf()
      const { ask } = core
      const supi = 'imsi-999700170721282'
      await ask('PUT', `/admin/v1/pdu-sessions/${supi}`, { ipv4: '10.45.0.2', gpsi: 'msisdn-36721601234567' })
      const asked = (more: object = {}) => contextOf(`${af?.url}/n5`, { supi, ...more })

      await ask('GET', '/nbsf-management/v1/pcfBindings?ipv4Addr=10.45.0.2')
      await ask('GET', '/nbsf-management/v1/pcfBindings?ipv6Prefix=2001:db8:cafe::1/128')
      await ask('GET', '/nbsf-management/v1/pcfBindings?ipv4Addr=192.0.2.1')
      await ask('GET', '/nbsf-management/v1/pcfBindings')

      const evSubsc = { events: EVENTS, notifUri: `${af.url}/events` }
      const { status, headers } = await ask('POST', APP_SESSIONS, asked({ evSubsc }))
      expect(status).toBe(201)
      const id = String(headers['location']).split('/').at(-1)
      const at = `${APP_SESSIONS}/${id}`
      await ask('GET', at)
      const patch = { ascReqData: { medComponents: { 1: { medCompN: 1, marBwDl: '30000 Kbps', mirBwDl: null } } } }
      const patched = await ask('PATCH', at, patch, { type: 'application/merge-patch+json' })
      expect(patched.status).toBe(200)
      for (const event of ['allocated', 'failed', 'not-guaranteed', 'guaranteed', 'lost']) {
        await ask('POST', `/admin/v1/held/pcf/${id}/events`, { event })
      }
      await ask('PUT', `${at}/events-subscription`, evSubsc)
      await ask('DELETE', `${at}/events-subscription`)
      await ask('DELETE', `${at}/events-subscription`)
      await ask('PUT', `${at}/events-subscription`, evSubsc)
      await ask('POST', `/admin/v1/held/pcf/${id}/events`, { event: 'terminated' })
      await ask('POST', `${at}/delete`, name === 'standard' ? { events: EVENTS } : {})
      await ask('POST', `${at}/delete`)
      await ask('GET', at)
      await ask('POST', APP_SESSIONS, {})
      await ask('POST', APP_SESSIONS, 'no JSON')
      await ask('POST', APP_SESSIONS, asked(), { type: 'text/plain' })
      await ask('POST', APP_SESSIONS, asked({ ueIpv4: '192.0.2.1' }))
      await ask('POST', APP_SESSIONS, contextOf(af.url, { supi }, { qosReference: 'unknown' }))

      const told = core.exchanges.filter(({ kind }) => kind === 'notification')
      expect(told.length).toBeGreaterThan(0)
      const isOnPurpose = (complaint: string) => name === 'open5gs' && complaint.startsWith('PATCH ')
      const found = complaints(release18, core.exchanges)
      expect(found.filter((complaint) => !isOnPurpose(complaint))).toEqual([])
      // Open5GS answers a patch with the patch. This fails when either it or the simulator no longer does.
      expect(found.some(isOnPurpose)).toBe(name === 'open5gs')
    })
  })

  it('refuses every context that they refuse, and no other', async () => {
    core = await startCore({ settings: { core: 'standard', outcome: 'none' } })
    const { ask } = core
    const evSubsc = { events: [{ event: 'QOS_NOTIF', notifMethod: 'ONE_TIME' }], notifUri: 'http://af/n' }
    const good = contextOf('http://af.example/n5', { evSubsc, sliceInfo: { sst: 1, sd: '00000a' } })
    const bodies = [good, ...variantsOf(good)]
    for (const body of bodies) {
      const theirs = release18.request('pcf', 'POST', APP_SESSIONS, body)
      const { status, body: answer } = await ask('POST', APP_SESSIONS, body)
      const ours = status === 400 ? JSON.stringify(answer) : undefined
      expect(
        { isRefused: ours !== undefined },
        `${JSON.stringify(body)}\n3GPP: ${theirs}\nthe core: ${status} ${ours}`,
      ).toEqual({ isRefused: theirs !== undefined || !hasRequest(body) })
    }
    expect(bodies.length).toBeGreaterThan(200)
    expect(complaints(release18, core.exchanges)).toEqual([])
  })

  const destination = { notificationDestination: 'http://127.0.0.1:9/nef' }
  const subscription = {
    ...destination,
    supportedFeatures: '2',
    dnn: 'internet',
    snssai: { sst: 1, sd: '00000a' },
    ueIpv4Addr: '10.45.0.2',
    qosReference: 'qod_l',
    altQoSReferences: ['qod_m'],
    usageThreshold: { duration: 60 },
    requestTestNotification: true,
    events: ['SUCCESSFUL_RESOURCES_ALLOCATION'],
    flowInfo: [{ flowId: 1, flowDescriptions: ['permit out ip from 198.51.100.7 to 10.45.0.2'] }],
  }

  describe.each([
    ['release17', 17, {}],
    ['release18', 18, { qosDuration: 3600 }],
  ] as const)('of the NEF of %s', (dialect, release, more) => {
    const files = release === 18 ? release18 : new Official(release)
    const AT = '/3gpp-as-session-with-qos/v1/gateway/subscriptions'

    it('sends only what they allow', async () => {
      core = await startCore({ settings: { dialect } })
      af = await startAf()
      const { ask } = core
      const wanted = { ...subscription, ...more, notificationDestination: af.url, events: undefined }
      const created = await ask('POST', AT, wanted)
      const at = `${AT}/${String(created.headers['location']).split('/').at(-1)}`
      await ask('GET', AT)
      await ask('GET', at)
      await ask('PUT', at, wanted)
      const patch = { qosReference: 'qod_e', usageThreshold: { duration: null }, ...more }
      expect((await ask('PATCH', at, patch, { type: 'application/merge-patch+json' })).status).toBe(200)
      for (const event of ['allocated', 'failed', 'lost', 'guaranteed', 'not-guaranteed', 'terminated']) {
        await ask('POST', `/admin/v1/held/nef/${at.split('/').at(-1)}/events`, { event })
      }
      await ask('DELETE', at)
      await ask('DELETE', at)
      await ask('GET', at)
      await ask('POST', AT, {})
      await ask('POST', AT, { ...wanted, ueIpv4Addr: '192.0.2.1' })
      await ask('POST', AT, { ...wanted, qosReference: 'gold' })
      await ask('POST', AT, wanted, { type: 'text/plain' })
      await ask('POST', '/3gpp-ue-address/v1/retrieve', { afId: 'gateway', gpsi: 'msisdn-9990170721282' })
      await ask('POST', '/3gpp-ue-address/v1/retrieve', { afId: 'gateway', gpsi: 'msisdn-36' })
      await ask('POST', '/3gpp-ue-address/v1/retrieve', {})
      expect(core.exchanges.filter(({ kind }) => kind === 'notification').length).toBeGreaterThanOrEqual(8)
      expect(complaints(files, core.exchanges)).toEqual([])
    })

    it('refuses every subscription that they refuse, and no other that names a device', async () => {
      core = await startCore({ settings: { dialect, outcome: 'none', pools: ['0.0.0.0/0'] } })
      const good = { ...subscription, ...more, requestTestNotification: false }
      const bodies = [good, ...variantsOf(good)]
      for (const body of bodies) {
        const theirs = files.request('nef', 'POST', AT, body)
        const { status, body: answer } = await core.ask('POST', AT, body)
        const ours = status === 400 ? JSON.stringify(answer) : undefined
        const { ueIpv4Addr } = body as { ueIpv4Addr?: unknown }
        // The files have no pattern for addresses, and no rule for the device.
        const isNobody = ueIpv4Addr !== good.ueIpv4Addr
        expect(ours !== undefined, `${JSON.stringify(body)}\n3GPP: ${theirs}\nthe core: ${status} ${ours}`).toBe(
          theirs !== undefined || isNobody,
        )
      }
      expect(bodies.length).toBeGreaterThan(150)
    })
  })
})

/** A context without `ascReqData` is valid in the file, and requests nothing. */
const hasRequest = (body: unknown) => (body as { ascReqData?: unknown }).ascReqData !== undefined
