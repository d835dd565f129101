import type { SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { A_SESSION, QOD, type TestGateway, withGateway } from '../../test/support/gateway.js'
import type { SimulatorStatus } from '../adapters/network-simulator/simulator.js'

const SIMULATOR = '/networks/simulator/simulator'
const LOOPS = 200
/** Milliseconds: 600 requests, on a machine that is busy with other things. */
const LIMIT = 60_000

/** A network that has room for one session of QOS_L, and takes a second to let go. */
async function slowAndNarrow({ admin }: TestGateway): Promise<void> {
  await admin('PUT', `${SIMULATOR}/capacity`, { downlinkBps: 20_000_000, uplinkBps: 20_000_000 })
  await admin('PUT', `${SIMULATOR}/release-delay`, { ms: 1_000 })
}

describe('deleting and creating one flow, again and again, with a network that is slow to let go', () => {
  it('grants every session: no reserve overtakes the release before it', { timeout: LIMIT }, async () => {
    // However long the machine takes over it, a create waits for its network here.
    const settings = { 'sessions.createHoldMs': 600_000 }
    await withGateway(
      async (gateway) => {
        await slowAndNarrow(gateway)
        const { call, advance, admin } = gateway
        for (let loop = 0; loop < LOOPS; loop++) {
          const creating = call<SessionInfo>('POST', `${QOD}/sessions`, { body: A_SESSION })
          // Time enough for the release of the session before.
          await advance(1)
          const { status, body } = await creating
          expect([status, body.qosStatus]).toEqual([201, 'AVAILABLE'])
          expect((await call('DELETE', `${QOD}/sessions/${body.sessionId}`)).status).toBe(204)
        }
        await advance(1)
        const { calls, held, guaranteed } = await admin<SimulatorStatus>('GET', SIMULATOR)
        expect(calls).toEqual({ reserve: LOOPS, release: LOOPS })
        expect({ held, guaranteed }).toEqual({ held: 0, guaranteed: { downlinkBps: 0, uplinkBps: 0 } })
        expect(await gateway.store.sessions.list({ limit: 10 })).toEqual([])
      },
      { settings },
    )
  })

  it('keeps the last session, however quickly the requests follow each other', { timeout: LIMIT }, async () => {
    // The last one waits for all the others.
    const settings = { 'sessions.setUpTimeout': 2 * LOOPS }
    await withGateway(
      async (gateway) => {
        await slowAndNarrow(gateway)
        const { create, call, advance, admin } = gateway
        for (let loop = 1; loop < LOOPS; loop++) {
          const { sessionId } = await create({}, { prefer: 'respond-async' })
          expect((await call('DELETE', `${QOD}/sessions/${sessionId}`)).status).toBe(204)
        }
        const { sessionId } = await create({}, { prefer: 'respond-async' })
        // A second for each of the releases that may have to be told.
        await advance(LOOPS + 1)
        expect((await call<SessionInfo>('GET', `${QOD}/sessions/${sessionId}`)).body.qosStatus).toBe('AVAILABLE')
        expect(await admin('GET', SIMULATOR)).toMatchObject({ held: 1, pending: 0 })
        expect(await gateway.store.sessions.list({ limit: 10 })).toHaveLength(1)
      },
      { settings },
    )
  })
})
