import type { ErrorInfo, SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { QOD, type TestGateway, withGateway } from '../../../test/support/gateway.js'

const REFUSED = { phoneNumber: '+99999990001' }
const LATE = { phoneNumber: '+99999990002' }
const LATE_S = 5
const NEVER = { phoneNumber: '+99999990003' }

const extend = ({ call }: TestGateway, { sessionId }: { sessionId: string }, by: unknown) =>
  call<SessionInfo & ErrorInfo>('POST', `${QOD}/sessions/${sessionId}/extend`, {
    body: { requestedAdditionalDuration: by },
  })

/** When this request is answered, requests sent before it have read their sessions. */
const readOnce = ({ call }: TestGateway, { sessionId }: { sessionId: string }) =>
  call('GET', `${QOD}/sessions/${sessionId}`)

/** In milliseconds. */
const lengthOf = ({ startedAt, expiresAt }: SessionInfo): number =>
  Date.parse(expiresAt as string) - Date.parse(startedAt as string)

const NOT_ALLOWED = {
  status: 409,
  code: 'QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED',
  message: 'Only a session that is AVAILABLE can be extended.',
}

describe('extendQosSessionDuration', () => {
  it('adds to the duration, keeps the start and moves the end, without an event [2.3]', () =>
    withGateway(async (gateway) => {
      const session = await gateway.create({ sink: gateway.sink.url })
      await gateway.advance(1800)
      const { status, body } = await extend(gateway, session, 1800)
      expect(status).toBe(200)
      expect(body).toEqual({ ...session, duration: 5400, expiresAt: body.expiresAt })
      expect(lengthOf(body)).toBe(5_400_000)
      expect((await gateway.call('GET', `${QOD}/sessions/${session.sessionId}`)).body).toEqual(body)
      await gateway.advance(3000)
      expect(gateway.sink.received).toHaveLength(1)
      await gateway.advance(600)
      expect(gateway.sink.received.map(({ event }) => event.data)[1]).toMatchObject({ statusInfo: 'DURATION_EXPIRED' })
    }))

  it('moves the end at the network too', () =>
    withGateway(async (gateway) => {
      const session = await gateway.create({ duration: 60 })
      await extend(gateway, session, 60)
      await gateway.advance(100)
      const { held } = await gateway.admin<{ held: number }>('GET', '/networks/simulator/simulator')
      expect(held).toBe(1)
    }))

  it('caps the duration at what the profile allows, and answers 200 [2.3: 30 000 + 30 000 of 50 000]', () =>
    withGateway(async (gateway) => {
      const maxDuration = { value: 50_000, unit: 'Seconds' }
      await gateway.admin('PUT', '/profiles/LONG', { name: 'LONG', status: 'ACTIVE', maxDuration })
      const session = await gateway.create({ qosProfile: 'LONG', duration: 30_000 })
      const capped = await extend(gateway, session, 30_000)
      expect(capped).toMatchObject({ status: 200, body: { duration: 50_000, startedAt: session.startedAt } })
      expect(lengthOf(capped.body)).toBe(50_000_000)
      // At the cap nothing changes.
      expect(await extend(gateway, session, 1)).toMatchObject({ status: 200, body: capped.body })
    }))

  it('limits the duration to a day [contract 0: 24 h]', () =>
    withGateway(async (gateway) => {
      const { body } = await extend(gateway, await gateway.create(), 2_147_483_647)
      expect(body.duration).toBe(86_400)
    }))

  it('applies the profile as granted, without later edits', () =>
    withGateway(async (gateway) => {
      const profile = (value: number) => ({ name: 'EDITED', status: 'ACTIVE', maxDuration: { value, unit: 'Minutes' } })
      await gateway.admin('PUT', '/profiles/EDITED', profile(60))
      const session = await gateway.create({ qosProfile: 'EDITED', duration: 600 })
      await gateway.admin('PUT', '/profiles/EDITED', profile(10))
      expect((await extend(gateway, session, 3600)).body.duration).toBe(3600)
      await gateway.admin('DELETE', '/profiles/EDITED')
      expect((await extend(gateway, session, 3600)).status).toBe(200)
    }))

  it.each([0, -1, 1.5, '60', null, 2_147_483_648])('refuses %s seconds [2.3: INVALID_ARGUMENT]', (by) =>
    withGateway(async (gateway) => {
      const { body } = await extend(gateway, { sessionId: '00000000-0000-4000-8000-000000000000' }, by)
      expect(body).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' })
      expect(body.message).toMatch(/^requestedAdditionalDuration must be /)
    }),
  )

  it('refuses other members, such as a device [2.3]', () =>
    withGateway(async ({ call }) => {
      const body = { requestedAdditionalDuration: 60, device: { phoneNumber: '+36721601234567' } }
      const path = `${QOD}/sessions/00000000-0000-4000-8000-000000000000/extend`
      expect((await call<ErrorInfo>('POST', path, { body })).body.message).toMatch('device is not a known member')
    }))

  it('refuses a session that has ended [2.3]', () =>
    withGateway(async (gateway) => {
      const refused = await gateway.create({ device: REFUSED })
      expect((await extend(gateway, refused, 60)).body).toEqual(NOT_ALLOWED)
      const expired = await gateway.create()
      await gateway.advance(3600)
      expect((await extend(gateway, expired, 60)).body).toEqual(NOT_ALLOWED)
    }))

  it('waits for a session that is REQUESTED, and extends it as soon as it is AVAILABLE [contract 0: extend]', () =>
    withGateway(
      async (gateway) => {
        const session = await gateway.create({ device: LATE }, { prefer: 'respond-async' })
        const answer = extend(gateway, session, 60)
        await readOnce(gateway, session)
        await gateway.advance(LATE_S)
        expect(await answer).toMatchObject({ status: 200, body: { qosStatus: 'AVAILABLE', duration: 3660 } })
      },
      { settings: { 'sessions.extendHoldMs': 600_000 } },
    ))

  it('refuses a session that was REQUESTED and then failed', () =>
    withGateway(
      async (gateway) => {
        const session = await gateway.create({ device: NEVER }, { prefer: 'respond-async' })
        const answer = extend(gateway, session, 60)
        await readOnce(gateway, session)
        await gateway.advance(30)
        expect((await answer).body).toEqual(NOT_ALLOWED)
      },
      { settings: { 'sessions.extendHoldMs': 600_000 } },
    ))

  it('refuses a session that is still REQUESTED when the wait is over [contract 0: extend]', () =>
    withGateway(
      async (gateway) => {
        const session = await gateway.create({ device: NEVER }, { prefer: 'respond-async' })
        expect((await extend(gateway, session, 60)).body).toEqual(NOT_ALLOWED)
      },
      { settings: { 'sessions.extendHoldMs': 0 } },
    ))

  it('answers 404 where the session was deleted during the wait', () =>
    withGateway(
      async (gateway) => {
        const session = await gateway.create({ device: NEVER }, { prefer: 'respond-async' })
        const answer = extend(gateway, session, 60)
        await readOnce(gateway, session)
        await gateway.call('DELETE', `${QOD}/sessions/${session.sessionId}`)
        expect((await answer).status).toBe(404)
      },
      { settings: { 'sessions.extendHoldMs': 600_000 } },
    ))

  it('adds each of many concurrent extensions', () =>
    withGateway(async (gateway) => {
      const session = await gateway.create()
      const answers = await Promise.all(Array.from({ length: 8 }, () => extend(gateway, session, 60)))
      expect(answers.map(({ body }) => body.duration).sort()).toEqual(
        Array.from({ length: 8 }, (_, index) => 3600 + 60 * (index + 1)),
      )
    }))
})
