// Sessions as an application uses them, with a real gateway.

import { startSandbox } from '@rightofway/sandbox'
import { describe, expect, it } from 'vitest'
import { fakeFetch, json, SESSION_ID, sessionInfo } from './fakes.fixture.js'
import { camara, NetworkAsCodeClient, QodApiError, type SessionChange } from './index.js'

const PHONE = { phoneNumber: '+36721601234567' }
const HOUR = { profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 3600 }

const open = async () => {
  const sandbox = await startSandbox()
  return { sandbox, device: sandbox.client().devices.get(PHONE) }
}

/** Collects changes in the background. */
function collect(changes: AsyncIterable<SessionChange>) {
  const seen: SessionChange[] = []
  const done = (async () => {
    for await (const change of changes) seen.push(change)
    return seen
  })()
  return { seen, done }
}

describe('a session', () => {
  it('shows the request and the grant [SessionInfo]', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    const session = await device.createQodSession({
      ...HOUR,
      serviceIpv6: '2001:db8::1',
      devicePorts: { ports: [5000] },
      servicePorts: { ranges: [{ from: 80, to: 90 }] },
      sink: sandbox.inbox.url,
    })
    expect(session).toMatchObject({
      status: 'AVAILABLE',
      statusInfo: undefined,
      profile: 'QOS_L',
      duration: 3600,
      serviceIpv4: '233.252.0.2',
      serviceIpv6: '2001:db8::1',
      devicePorts: { ports: [5000] },
      servicePorts: { ranges: [{ from: 80, to: 90 }] },
      sink: sandbox.inbox.url,
      device,
    })
    expect(session.id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('shows its traffic if its network measures it [getSessionUsage, ours]', async () => {
    const way = { bytes: 1_000, packets: 1, dropped: 0, bitsPerSecond: 8_000, guaranteedBitsPerSecond: 20_000_000 }
    const usage = { sessionId: SESSION_ID, downlink: way, uplink: way }
    const { fetch, asked } = fakeFetch([json(200, sessionInfo()), json(200, usage)])
    const session = await new NetworkAsCodeClient({ token: 'key', fetch }).sessions.get(SESSION_ID)
    expect(await session.usage()).toEqual(usage)
    expect(asked.at(-1)).toMatchObject({
      method: 'GET',
      url: expect.stringMatching(/sessions\/[^/]+\/usage$/) as string,
    })
  })

  it('does not ask other endpoints for its usage', async () => {
    const { fetch, asked } = fakeFetch([json(200, sessionInfo())])
    const options = {
      token: 'key',
      fetch,
      endpoint: camara({ baseUrl: 'https://operator.example', qosProfiles: false }),
    }
    const session = await new NetworkAsCodeClient(options).sessions.get(SESSION_ID)
    await expect(session.usage()).rejects.toThrow('usage works at Right of Way gateways only')
    expect(asked).toHaveLength(1)
  })

  it('can be fetched by its id, with a device that works [getSession]', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    const { id } = await device.createQodSession(HOUR)
    const session = await sandbox.client().sessions.get(id)
    expect(session.device.phoneNumber).toBe('+36721601234567')
    expect((await session.device.sessions()).map((found) => found.id)).toEqual([id])
    await session.device.clearSessions()
    await expect(sandbox.client().sessions.get(id)).rejects.toMatchObject({ status: 404, code: 'NOT_FOUND' })
    for (const none of ['', '.', '..', '\ud800']) {
      await expect(sandbox.client().sessions.get(none)).rejects.toThrow('the id of a session is missing')
    }
  })

  it('knows its remaining time, by the clock of the gateway', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    const session = await device.createQodSession(HOUR)
    expect(session.remainingSeconds).toBeGreaterThan(3_500)
    await sandbox.advance('30m')
    await session.refresh()
    expect(session.remainingSeconds).toBeGreaterThan(1_700)
    expect(session.remainingSeconds).toBeLessThanOrEqual(1_801)
    await session.delete()
    expect(session.remainingSeconds).toBeUndefined()
  })

  it('is extended by seconds, and shows how many were granted [extendQosSessionDuration]', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    const session = await device.createQodSession(HOUR)
    await session.extend(600)
    expect(session.duration).toBe(4200)
    expect(Number(session.expiresAt) - Number(session.startedAt)).toBe(4_200_000)
    await session.extendSession(86_400)
    expect(session.duration).toBe(86_400)
    await expect(session.extend(0)).rejects.toThrow('an extension must be a whole number of seconds, at least 1')
  })

  it('cannot be extended before it is AVAILABLE, and says so with the code of CAMARA', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    await sandbox.network.refuseNext()
    const session = await device.createQodSession(HOUR)
    expect(session).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED', startedAt: undefined })
    expect(session.reason).toBe('as scripted')
    await expect(session.extend(60)).rejects.toMatchObject({
      status: 409,
      code: 'QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED',
    })
  })

  it('is deleted, and deleted again without an error [deleteSession]', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    const session = await device.createQodSession(HOUR)
    await session.delete()
    // Without a reason: it may have expired just before.
    expect(session).toMatchObject({ status: 'UNAVAILABLE', statusInfo: undefined })
    await session.deleteSession()
    await sandbox.advance(1)
    expect(await sandbox.network.held()).toEqual([])
    await expect(session.refresh()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('keeps the reason of its end when it is deleted afterwards', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    const session = await device.createQodSession(HOUR)
    await sandbox.advance('1h')
    await session.refresh()
    await session.delete()
    expect(session).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED', duration: 3600 })
  })
})

describe('await using session', () => {
  it('deletes it at the end of its scope', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    {
      await using session = await device.createQodSession(HOUR)
      expect(await sandbox.network.held()).toEqual([session.id])
    }
    await sandbox.advance(1)
    expect(await sandbox.network.held()).toEqual([])
  })

  it("lets the caller's own error through if the session no longer exists", async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    const work = async () => {
      await using session = await device.createQodSession(HOUR)
      await device.clearSessions()
      expect(session.status).toBe('AVAILABLE')
      throw new Error('my own')
    }
    await expect(work()).rejects.toThrow(/^my own$/)
  })
})

describe("following a session by the gateway's events", () => {
  it("sees it settle after the network's delay", async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    await sandbox.network.grantNextAfter(5_000)
    const session = await device.createQodSession({ ...HOUR, respondAsync: true })
    expect(session).toMatchObject({ status: 'REQUESTED', startedAt: undefined, expiresAt: undefined, duration: 3600 })
    const settled = session.settled()
    await sandbox.advance(5)
    expect(await settled).toBe(session)
    expect(session.status).toBe('AVAILABLE')
    expect(session.startedAt).toBeInstanceOf(Date)
  })

  it('sees a refusal by the network', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    await sandbox.network.ignoreNext()
    const session = await device.createQodSession({ ...HOUR, respondAsync: true })
    const settled = session.settled()
    await sandbox.advance('30s')
    expect(await settled).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
  })

  it('sees every change in order, an hour in a moment', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    await sandbox.network.grantNextAfter(1_000)
    const session = await device.createQodSession({ ...HOUR, respondAsync: true })
    const { done } = collect(session.changes())
    await sandbox.advance(1)
    await session.refresh()
    const [startedAt, expiresAt] = [session.startedAt, session.expiresAt]
    await sandbox.advance('1h')
    expect(await done).toEqual([
      { status: 'AVAILABLE', statusInfo: undefined, at: startedAt },
      { status: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED', at: expiresAt },
    ])
    expect(session).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' })
  })

  it.each<[string, (given: Awaited<ReturnType<typeof open>>, id: string) => Promise<unknown>]>([
    ['DURATION_EXPIRED', ({ sandbox }) => sandbox.advance('1h')],
    ['NETWORK_TERMINATED', ({ sandbox }, id) => sandbox.network.lose({ id })],
    ['DELETE_REQUESTED', ({ device }) => device.clearSessions()],
  ])('ends with %s', async (statusInfo, end) => {
    const given = await open()
    await using _ = given.sandbox
    const session = await given.device.createQodSession(HOUR)
    const ended = session.ended()
    await end(given, session.id)
    expect(await ended).toMatchObject({ status: 'UNAVAILABLE', statusInfo })
    expect(session.reason).toBe(statusInfo === 'NETWORK_TERMINATED' ? 'ended by the network' : undefined)
    expect(await session.ended()).toBe(session)
    expect(await collect(session.changes()).done).toEqual([])
  })

  it('reports no change that the session already showed', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    const session = await device.createQodSession(HOUR)
    const { done } = collect(session.changes())
    await session.extend(60)
    await session.delete()
    expect((await done).map(({ status }) => status)).toEqual(['UNAVAILABLE'])
  })

  it('ends without a reason if the session was already forgotten', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    const session = await device.createQodSession(HOUR)
    await sandbox.advance('2h')
    expect(await collect(session.changes()).done).toEqual([
      { status: 'UNAVAILABLE', statusInfo: undefined, at: undefined },
    ])
    expect(session).toMatchObject({ status: 'UNAVAILABLE', statusInfo: undefined })
  })

  it('stops when its signal is aborted', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    const session = await device.createQodSession(HOUR)
    const stop = new AbortController()
    const ended = session.ended({ signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(ended).rejects.toThrow('enough')
  })

  it('stops with the refusal of a key that was revoked', async () => {
    const { sandbox, device } = await open()
    await using _ = sandbox
    const { id } = await device.createQodSession(HOUR)
    const stranger = sandbox.client({ token: await sandbox.newKey() })
    await expect(stranger.sessions.get(id)).rejects.toBeInstanceOf(QodApiError)
    await expect(stranger.sessions.get(id)).rejects.toMatchObject({ status: 403, code: 'PERMISSION_DENIED' })
  })
})
