import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { withGateway } from '../../../test/support/gateway.js'

const NEVER = { phoneNumber: '+99999990003' }

describe('getStatus', () => {
  it('reports that the gateway is ready, and the time of the sandbox', () =>
    withGateway(
      async ({ admin, advance }) => {
        const status = await admin<{ now: string }>('GET', '/status')
        expect(status).toEqual({
          ready: true,
          problems: [],
          warnings: [],
          now: expect.any(String) as string,
          gateways: [{ name: 'here', version: '', reaches: ['simulator'] }],
          networks: [{ network: 'simulator', drivenBy: 'here', waitingTasks: 0, troubles: [] }],
          deliveries: { waiting: 0, dead: 0 },
        })
        await advance(3600)
        const later = await admin<{ now: string }>('GET', '/status')
        expect(Date.parse(later.now) - Date.parse(status.now)).toBeGreaterThanOrEqual(3_600_000)
      },
      { settings: { name: 'here' } },
    ))

  it('counts what is pending for networks and for sinks', () =>
    withGateway(async ({ admin, create, sink }) => {
      sink.answer(500)
      await create({ sink: sink.url })
      await sink.count(1)
      await create({ device: NEVER }, { prefer: 'respond-async' })
      expect(await admin('GET', '/status')).toMatchObject({
        networks: [{ network: 'simulator', waitingTasks: 1 }],
        deliveries: { waiting: 1, dead: 0 },
      })
    }))
})

describe('reconcileNetwork', () => {
  it('finds nothing to repair where store and network agree', () =>
    withGateway(async ({ admin, create }) => {
      await create()
      expect(await admin('POST', '/networks/simulator/reconcile')).toEqual({ orphans: 0, missing: 0 })
    }))

  it('restores a session that a network has lost', () =>
    withGateway(async ({ admin, create, advance }) => {
      await create()
      expect(await admin('POST', '/networks/simulator/simulator/reset')).toMatchObject({ held: 0 })
      expect(await admin('POST', '/networks/simulator/reconcile')).toEqual({ orphans: 0, missing: 1 })
      await advance(1)
      expect(await admin('GET', '/networks/simulator/simulator')).toMatchObject({ held: 1 })
    }))

  it('refuses an unknown network', () =>
    withGateway(async ({ callAdmin }) => {
      expect((await callAdmin('POST', '/networks/elsewhere/reconcile')).body).toEqual({
        status: 404,
        code: 'NOT_FOUND',
        message: 'There is no network with this name.',
      })
    }))
})

describe('rotateKeyring', () => {
  it('encrypts every secret anew; records from before can still be decrypted', () =>
    withGateway(async ({ admin, create, advance, sink }) => {
      const sinkCredential = {
        credentialType: 'ACCESSTOKEN',
        accessToken: 'a-secret-of-the-sink',
        accessTokenExpiresUtc: '2099-01-01T00:00:00Z',
        accessTokenType: 'bearer',
      } as const
      const headers = { 'idempotency-key': 'k' }
      const { sessionId } = await create({ sink: sink.url, sinkCredential, duration: 60 }, headers)
      // The credential, and the secret of the pseudonyms.
      expect(await admin('POST', '/keyring/rotate')).toEqual({ rewritten: 2 })
      const again = await create({ sink: sink.url, sinkCredential, duration: 60 }, headers)
      expect(again.sessionId).toBe(sessionId)
      await advance(60)
      await sink.count(2)
      expect(sink.received[1]?.headers.authorization).toBe('Bearer a-secret-of-the-sink')
    }))

  it('refuses where the keys come from a setting, and says what to do there', () =>
    withGateway(
      async ({ callAdmin }) => {
        expect((await callAdmin('POST', '/keyring/rotate')).body).toEqual({
          status: 409,
          code: 'CONFLICT',
          message: 'the keyring is set by keyring.keys: put the new key first in it and restart every gateway',
        })
      },
      { settings: { 'keyring.keys': randomBytes(32).toString('base64') } },
    ))
})
