import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { camara, NetworkAsCodeClient, QodConnectionError, type SessionFilter } from '@rightofway/sdk'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startSandbox } from './index.js'

const PHONE = { phoneNumber: '+36721601234567' }
const HOUR = { profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 3600 }

describe('a sandbox', () => {
  it('is a gateway on its own port, and leaves nothing behind', async () => {
    const place = mkdtempSync(join(tmpdir(), 'place-of-a-sandbox-'))
    vi.stubEnv('TMPDIR', place)
    onTestFinished(() => {
      vi.unstubAllEnvs()
      rmSync(place, { recursive: true })
    })
    const sandbox = await startSandbox()
    expect(readdirSync(place)).toHaveLength(1)
    const session = await sandbox.client({ retries: 0 }).devices.get(PHONE).createQodSession(HOUR)
    await sandbox.close()
    await sandbox.close()
    await expect(session.refresh()).rejects.toBeInstanceOf(QodConnectionError)
    expect(readdirSync(place)).toEqual([])
  })

  it('lists all sessions of an application', async () => {
    await using sandbox = await startSandbox()
    const client = sandbox.client()
    const device = client.devices.get(PHONE)
    const first = await device.createQodSession(HOUR)
    const second = await device.createQodSession({ ...HOUR, serviceIpv4: '198.51.100.1', profile: 'QOS_S' })
    const ids = async (filter?: SessionFilter) => {
      const seen: string[] = []
      for await (const session of client.sessions.list(filter)) seen.push(session.id)
      return seen.sort()
    }
    expect(await ids()).toEqual([first.id, second.id].sort())
    expect(await ids({ profile: 'QOS_S', status: 'AVAILABLE' })).toEqual([second.id])
  })

  it('shares nothing with the next one', async () => {
    await using one = await startSandbox()
    await using two = await startSandbox()
    await one.client().devices.get(PHONE).createQodSession(HOUR)
    await one.advance('1h')
    expect(await two.client().devices.get(PHONE).sessions()).toEqual([])
    expect(one.now().getTime() - two.now().getTime()).toBeGreaterThan(3_500_000)
  })

  it.each(['an hour', '8d'])('refuses to advance time by %s', async (duration) => {
    await using sandbox = await startSandbox()
    const before = sandbox.now().getTime()
    await expect(sandbox.advance(duration)).rejects.toThrow(RangeError)
    expect(sandbox.now().getTime() - before).toBeLessThan(3_600_000)
  })

  it('has done everything that was due once time has passed, events included', async () => {
    await using sandbox = await startSandbox()
    const device = sandbox.client().devices.get(PHONE)
    const session = await device.createQodSession({ ...HOUR, ...sandbox.inbox.sink })
    await sandbox.advance(3599)
    expect((await session.refresh()).status).toBe('AVAILABLE')
    await sandbox.advance('1s')
    expect(await session.refresh()).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' })
    expect(sandbox.inbox.events.map(({ status, statusInfo }) => [status, statusInfo])).toEqual([
      ['AVAILABLE', undefined],
      ['UNAVAILABLE', 'DURATION_EXPIRED'],
    ])
    expect(await sandbox.network.held()).toEqual([])
  })

  it('sends its time with every answer, so that clients poll at the right time', async () => {
    await using sandbox = await startSandbox()
    await sandbox.advance('2d')
    const answer = await fetch(`${sandbox.url}/healthz`)
    expect(Math.abs(Date.parse(answer.headers.get('date') as string) - sandbox.now().getTime())).toBeLessThan(60_000)
    // To this client it is an operator's endpoint: it is polled, at once when the hour is over.
    const endpoint = camara({ baseUrl: sandbox.url })
    const client = new NetworkAsCodeClient({ endpoint, token: await sandbox.newKey(), pollMs: 50 })
    const session = await client.devices.get(PHONE).createQodSession(HOUR)
    const ended = session.ended()
    await sandbox.advance('1h')
    expect(await ended).toMatchObject({ statusInfo: 'DURATION_EXPIRED' })
  })

  it('takes the settings of a gateway', async () => {
    await using sandbox = await startSandbox({ settings: { 'sessions.maxDuration': 60 } })
    const create = sandbox.client().devices.get(PHONE).createQodSession(HOUR)
    await expect(create).rejects.toMatchObject({ code: 'QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE' })
    await expect(startSandbox({ settings: { 'sessions.maxDuration': 0 } })).rejects.toThrow('sessions.maxDuration')
  })

  it('knows the devices that are added', async () => {
    await using sandbox = await startSandbox()
    await sandbox.addDevice('robot', {
      networkAccessIdentifier: 'robot@factory.example',
      addresses: [{ address: '10.1.2.3', publicAddress: '198.51.100.9', publicPorts: { from: 4000, to: 4999 } }],
    })
    const { devices } = sandbox.client()
    const ipv4Address = { publicAddress: '198.51.100.9', publicPort: 4500 }
    await devices.get('robot@factory.example').createQodSession(HOUR)
    expect(await devices.get({ ipv4Address }).sessions()).toHaveLength(1)
  })

  it('keeps applications apart', async () => {
    await using sandbox = await startSandbox()
    const { id } = await sandbox.client().devices.get(PHONE).createQodSession(HOUR)
    const other = sandbox.client({ token: await sandbox.newKey() })
    await expect(other.sessions.get(id)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })
})

describe("the sandbox's network", () => {
  const create = async (sandbox: Awaited<ReturnType<typeof startSandbox>>, respondAsync = true) =>
    sandbox
      .client()
      .devices.get(PHONE)
      .createQodSession({ ...HOUR, respondAsync })

  it('refuses on request, and grants the next', async () => {
    await using sandbox = await startSandbox()
    await sandbox.network.refuseNext()
    const refused = await create(sandbox, false)
    expect(refused).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
    await refused.delete()
    expect((await create(sandbox, false)).status).toBe('AVAILABLE')
  })

  it('grants late, by the clock of the sandbox', async () => {
    await using sandbox = await startSandbox()
    await sandbox.network.grantNextAfter(10_000)
    const session = await create(sandbox)
    await sandbox.advance(9)
    expect((await session.refresh()).status).toBe('REQUESTED')
    expect(await sandbox.network.status()).toMatchObject({ pending: 1 })
    await sandbox.advance(1)
    expect((await session.refresh()).status).toBe('AVAILABLE')
  })

  it('never answers, and the gateway gives up after 30 s', async () => {
    await using sandbox = await startSandbox()
    await sandbox.network.ignoreNext()
    const session = await create(sandbox)
    await sandbox.advance(29)
    expect((await session.refresh()).status).toBe('REQUESTED')
    await sandbox.advance(1)
    expect(await session.refresh()).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
  })

  it('ends a session early: one by id, or the next after a delay', async () => {
    await using sandbox = await startSandbox()
    const first = await create(sandbox, false)
    await sandbox.network.lose(first)
    // The network's message to the gateway takes a moment.
    await first.ended()
    expect(await first.refresh()).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
    await first.delete()
    await sandbox.network.loseNextAfter(60_000)
    const second = await create(sandbox, false)
    await sandbox.advance(60)
    await second.refresh()
    expect([second.status, second.statusInfo]).toEqual(['UNAVAILABLE', 'NETWORK_TERMINATED'])
    // An early end is rounded up: the gateway learns of it some milliseconds after the minute.
    expect([60, 61]).toContain(second.duration)
    await expect(sandbox.network.lose(second)).rejects.toThrow('The network has no reservation for this session')
  })

  it('fails a call, which the gateway retries', async () => {
    await using sandbox = await startSandbox()
    await sandbox.network.failNext()
    const session = await create(sandbox)
    await sandbox.advance(20)
    expect((await session.refresh()).status).toBe('AVAILABLE')
  })

  it('refuses guarantees beyond its capacity', async () => {
    await using sandbox = await startSandbox()
    await sandbox.network.setCapacity({ downlinkBps: 30_000_000, uplinkBps: 30_000_000 })
    const { devices } = sandbox.client()
    await devices.get(PHONE).createQodSession(HOUR)
    const second = await devices.get(PHONE).createQodSession('QOS_L', '198.51.100.1')
    expect(second).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
  })
})

describe("the sandbox's inbox", () => {
  it('returns events one by one, each once, to all waiting callers', async () => {
    await using sandbox = await startSandbox()
    const both = Promise.all([sandbox.inbox.next(), sandbox.inbox.next()])
    const device = sandbox.client().devices.get(PHONE)
    const session = await device.createQodSession({ ...HOUR, ...sandbox.inbox.sink })
    await session.delete()
    expect((await both).map(({ status }) => status)).toEqual(['AVAILABLE', 'UNAVAILABLE'])
  })

  it('rejects on request, and gets the same event again', async () => {
    await using sandbox = await startSandbox()
    sandbox.inbox.answerNext(503)
    const device = sandbox.client().devices.get(PHONE)
    await device.createQodSession({ ...HOUR, ...sandbox.inbox.sink })
    await sandbox.advance(5)
    expect(sandbox.inbox.events).toHaveLength(1)
  })

  it('rejects an event without its token', async () => {
    await using sandbox = await startSandbox()
    const answer = await fetch(sandbox.inbox.url, { method: 'POST', body: '{}' })
    expect(answer.status).toBe(401)
    expect(sandbox.inbox.events).toEqual([])
  })
})
