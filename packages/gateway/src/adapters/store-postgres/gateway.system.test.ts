import type { SessionInfo } from '@rightofway/camara'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PAGE_DEVICE, QOD, startTestGateway, type TestGateway, withGateway } from '../../../test/support/gateway.js'
import { startPostgres, type TestPostgres } from '../../../test/support/postgres.js'
import { sharedSettings } from '../../../test/support/shared-store.js'
import { until } from '../../../test/support/waiting.js'

let postgres: TestPostgres
let url: string
beforeAll(async () => {
  postgres = await startPostgres()
  url = await postgres.database()
})
afterAll(() => postgres.close())
beforeEach(() => postgres.empty(url))

const pathOf = ({ sessionId }: SessionInfo): string => `${QOD}/sessions/${sessionId}`

describe('a gateway on PostgreSQL', () => {
  it('creates, returns, extends and ends a session, and notifies its sink', () =>
    withGateway(
      async ({ call, create, advance, sink }) => {
        const session = await create({ sink: sink.url, duration: 60 })
        expect(session.qosStatus).toBe('AVAILABLE')
        expect((await call('GET', pathOf(session))).body).toEqual(session)
        const extended = await call<SessionInfo>('POST', `${pathOf(session)}/extend`, {
          body: { requestedAdditionalDuration: 60 },
        })
        expect(extended.body.duration).toBe(120)
        await advance(119)
        expect((await call<SessionInfo>('GET', pathOf(session))).body.qosStatus).toBe('AVAILABLE')
        await advance(2)
        expect((await call('GET', pathOf(session))).body).toMatchObject({
          qosStatus: 'UNAVAILABLE',
          statusInfo: 'DURATION_EXPIRED',
          duration: 120,
        })
        await sink.count(2)
        expect(sink.received.map(({ event }) => event.data.qosStatus)).toEqual(['AVAILABLE', 'UNAVAILABLE'])
        expect(sink.received[0]?.event.source).toMatch(/^https:\/\/gateway\.example\//)
      },
      { settings: sharedSettings(url) },
    ))

  it('continues where the previous one stopped', async () => {
    let session: SessionInfo | undefined
    let key = ''
    await withGateway(
      async (gateway) => {
        session = await gateway.create({ duration: 3600 })
        key = gateway.key
      },
      { settings: sharedSettings(url) },
    )
    await withGateway(
      async ({ call, advance }) => {
        if (session === undefined) throw new Error('a session was created')
        expect((await call('GET', pathOf(session), { key })).body).toEqual(session)
        await advance(3601)
        expect((await call('GET', pathOf(session), { key })).body).toMatchObject({ statusInfo: 'DURATION_EXPIRED' })
      },
      { settings: sharedSettings(url) },
    )
  })
})

describe('gateways that share a store', () => {
  let gateways: TestGateway[]
  beforeEach(async () => {
    gateways = []
    for (const name of ['one', 'two', 'three'])
      gateways.push(await startTestGateway({ settings: sharedSettings(url, name) }))
    return () => Promise.all(gateways.map((gateway) => gateway.close()))
  })
  const all = (): readonly [TestGateway, TestGateway, TestGateway] => gateways as never

  interface Status {
    gateways: { name: string }[]
    networks: { drivenBy?: string }[]
  }

  it('answer for any session, whichever of them created it', async () => {
    const [one, two, three] = all()
    const session = await two.create()
    for (const { call } of [one, two, three]) {
      expect((await call('GET', pathOf(session), { key: two.key })).body).toEqual(session)
    }
    expect((await three.call('DELETE', pathOf(session), { key: two.key })).status).toBe(204)
    expect((await one.call('GET', pathOf(session), { key: two.key })).status).toBe(404)
  })

  it('answer AVAILABLE to a create, even if another one drives the network', async () => {
    const sessions = await Promise.all(
      all().map(({ create }, index) =>
        create({ device: PAGE_DEVICE, applicationServer: { ipv4Address: `198.51.100.${index}` } }),
      ),
    )
    expect(sessions.map(({ qosStatus }) => qosStatus)).toEqual(['AVAILABLE', 'AVAILABLE', 'AVAILABLE'])
  })

  it('create one session out of 64 concurrent requests for one flow, sent to all of them [contract 2.6]', async () => {
    const body = {
      device: PAGE_DEVICE,
      applicationServer: { ipv4Address: '198.51.100.7' },
      qosProfile: 'QOS_L',
      duration: 3600,
    }
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) => {
        const { call, key } = all()[index % 3] as TestGateway
        return call('POST', `${QOD}/sessions`, { body, key })
      }),
    )
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([201, ...Array.from({ length: 63 }, () => 409)])
  })

  it('stop accepting a key that was revoked at another one', async () => {
    const [one, two] = all()
    const { key, prefix } = await one.newKey()
    const path = `${QOD}/sessions/00000000-0000-4000-8000-000000000000`
    expect((await two.call('GET', path, { key })).status).toBe(404)
    await one.admin('DELETE', `/keys/${prefix}`)
    await until(async () => (await two.call('GET', path, { key })).status === 401)
  })

  it('know a profile that was put at another one', async () => {
    const [one, two] = all()
    await one.admin('PUT', '/profiles/QOS_NEW', { name: 'QOS_NEW', status: 'ACTIVE' })
    await until(
      async () => (await two.call('GET', '/qos-profiles/v1/qos-profiles/QOS_NEW', { key: one.key })).status === 200,
    )
  })

  it('leave a network to one of them, and to another when that one stops', async () => {
    const [one, two] = all()
    const status = (gateway: TestGateway) => gateway.admin<Status>('GET', '/status')
    expect((await status(two)).networks).toMatchObject([{ drivenBy: 'one' }])
    expect((await status(two)).gateways.map(({ name }) => name)).toEqual(['one', 'three', 'two'])
    await one.close()
    gateways.shift()
    await until(async () => /two|three/.test((await status(two)).networks[0]?.drivenBy ?? ''))
    expect((await two.create()).qosStatus).toBe('AVAILABLE')
  })
})
