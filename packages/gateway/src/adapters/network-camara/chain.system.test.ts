// The view of an application of a gateway whose network is another gateway: the same as of one alone.

import type { ErrorInfo, SessionInfo } from '@rightofway/camara'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { A_SESSION, QOD, startTestGateway, type TestGateway } from '../../../test/support/gateway.js'
import { until } from '../../../test/support/waiting.js'
import { NOON } from '../../domain/session.fixture.js'

interface World {
  /** The gateway of applications. */
  readonly gateway: TestGateway
  /** The gateway with the simulator. */
  readonly last: TestGateway
  /** The id of the session at the second gateway. */
  nameThere(session: SessionInfo): Promise<string>
  advance(seconds: number): Promise<void>
  close(): Promise<void>
}

// Both have clocks that stand still until they are moved.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOON }))
afterAll(() => void vi.useRealTimers())

async function openOne(): Promise<World> {
  const gateway = await startTestGateway()
  return {
    gateway,
    last: gateway,
    nameThere: async ({ sessionId }) => sessionId,
    advance: gateway.advance,
    close: gateway.close,
  }
}

async function openChain(): Promise<World> {
  const last = await startTestGateway()
  const { key: token } = await last.newKey()
  const gateway = await startTestGateway({
    settings: { 'callbacks.listen.port': 0 },
    networks: [{ kind: 'camara', id: 'partner', url: `${last.url}${QOD}`, token }],
  })
  return {
    gateway,
    last,
    async nameThere({ sessionId }) {
      const kept = await gateway.store.remoteReservations.find('partner' as never, `rsv-${sessionId}` as never)
      return kept?.record.remoteId as string
    },
    async advance(seconds) {
      await last.advance(seconds)
      await gateway.advance(seconds)
    },
    async close() {
      await gateway.close()
      await last.close()
    },
  }
}

describe.each([
  ['one gateway', openOne],
  ['a chain of two', openChain],
])('%s', (_, open) => {
  let world: World
  beforeAll(async () => {
    world = await open()
  })
  afterAll(() => world.close())
  afterEach(async () => {
    for (const { sessionId } of await sessions()) await world.gateway.call('DELETE', `${QOD}/sessions/${sessionId}`)
    await until(async () => (await held()).length === 0)
    await world.advance(400)
  })

  const sessions = async (): Promise<readonly SessionInfo[]> => {
    const { body } = await world.gateway.call<SessionInfo[]>('POST', `${QOD}/retrieve-sessions`, {
      body: { device: A_SESSION.device as object },
    })
    return body
  }
  const get = async ({ sessionId }: SessionInfo) =>
    (await world.gateway.call<SessionInfo>('GET', `${QOD}/sessions/${sessionId}`)).body
  const held = async () =>
    (await world.last.admin<{ held: string[] }>('GET', '/networks/simulator/simulator/reservations')).held
  const script = (behaviour: string, afterMs?: number) =>
    world.last.admin('POST', '/networks/simulator/simulator/script', { behaviour, ...(afterMs && { afterMs }) })
  const create = () => world.gateway.create({ sink: `${world.gateway.sink.url}/events`, duration: 600 })
  const extend = ({ sessionId }: SessionInfo, requestedAdditionalDuration: number) =>
    world.gateway.call<SessionInfo>('POST', `${QOD}/sessions/${sessionId}/extend`, {
      body: { requestedAdditionalDuration },
    })
  /** The last events of a session. */
  const told = ({ sessionId }: SessionInfo) =>
    world.gateway.sink.received
      .map(({ event }) => event.data)
      .filter((data) => data.sessionId === sessionId)
      .map(({ qosStatus, statusInfo }) => [qosStatus, statusInfo])

  it('grants at once, with times, and sends the event', async () => {
    const session = await create()
    expect(session).toMatchObject({ qosStatus: 'AVAILABLE', duration: 600 })
    expect(Date.parse(session.expiresAt as string) - Date.parse(session.startedAt as string)).toBe(600_000)
    await until(() => told(session).length === 1)
    expect(told(session)).toEqual([['AVAILABLE', undefined]])
    expect(await held()).toEqual([await world.nameThere(session)])
  })

  it('ends at the end, and sends the event', async () => {
    const session = await create()
    await world.advance(599)
    expect(await get(session)).toMatchObject({ qosStatus: 'AVAILABLE' })
    expect(await held()).toHaveLength(1)
    await world.advance(1)
    expect(await get(session)).toMatchObject({
      qosStatus: 'UNAVAILABLE',
      statusInfo: 'DURATION_EXPIRED',
      duration: 600,
    })
    expect(await held()).toEqual([])
    expect(told(session)).toEqual([
      ['AVAILABLE', undefined],
      ['UNAVAILABLE', 'DURATION_EXPIRED'],
    ])
  })

  it('holds an extended session until its new end', async () => {
    const session = await create()
    expect((await extend(session, 300)).body).toMatchObject({ qosStatus: 'AVAILABLE', duration: 900 })
    await until(async () => !(await world.gateway.store.sessions.hasTask(session.sessionId as never)))
    await world.advance(899)
    expect(await get(session)).toMatchObject({ qosStatus: 'AVAILABLE' })
    expect(await held()).toHaveLength(1)
    await world.advance(1)
    expect(await get(session)).toMatchObject({ statusInfo: 'DURATION_EXPIRED', duration: 900 })
    expect(await held()).toEqual([])
  })

  it('releases a deleted session, and sends the event', async () => {
    const session = await create()
    expect((await world.gateway.call('DELETE', `${QOD}/sessions/${session.sessionId}`)).status).toBe(204)
    await until(async () => told(session).length === 2 && (await held()).length === 0)
    expect(told(session)[1]).toEqual(['UNAVAILABLE', 'DELETE_REQUESTED'])
    expect((await world.gateway.call('GET', `${QOD}/sessions/${session.sessionId}`)).status).toBe(404)
  })

  it('refuses a second session of the same flow', async () => {
    await create()
    const second = await world.gateway.call<ErrorInfo>('POST', `${QOD}/sessions`, { body: A_SESSION })
    expect(second).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
    expect(await held()).toHaveLength(1)
  })

  it('reports UNAVAILABLE when the network refuses', async () => {
    await script('refuse')
    const session = await create()
    expect(session).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
    await until(() => told(session).length === 1)
    expect(told(session)).toEqual([['UNAVAILABLE', 'NETWORK_TERMINATED']])
    expect(await held()).toEqual([])
  })

  it('is REQUESTED while the network decides, and AVAILABLE when it grants', async () => {
    await script('late', 5_000)
    const session = await create()
    expect(session).toMatchObject({ qosStatus: 'REQUESTED' })
    await world.advance(6)
    await until(async () => (await get(session)).qosStatus === 'AVAILABLE')
    expect(await held()).toHaveLength(1)
    await until(() => told(session).length === 1)
    expect(told(session)).toEqual([['AVAILABLE', undefined]])
  })

  it('ends, and sends the event, when the network ends it early', async () => {
    const session = await create()
    const sessionId = await world.nameThere(session)
    await world.last.admin('POST', '/networks/simulator/simulator/lose', { sessionId })
    await until(() => told(session).length === 2)
    expect(told(session)[1]).toEqual(['UNAVAILABLE', 'NETWORK_TERMINATED'])
    expect(await get(session)).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
    expect(await held()).toEqual([])
  })
})
