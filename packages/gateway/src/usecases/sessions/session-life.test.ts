import type { SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { A_SESSION, QOD, withGateway } from '../../../test/support/gateway.js'

describe('the life of a session, over HTTP', () => {
  it('is granted at once, extended, ended by its duration, reported to its sink, kept for 360 s, and forgotten', () =>
    withGateway(async ({ create, call, advance, sink }) => {
      const session = await create({ sink: `${sink.url}/events` })
      expect(session).toMatchObject({ qosStatus: 'AVAILABLE', duration: 3600 })
      const path = `${QOD}/sessions/${session.sessionId}`

      const extended = await call<SessionInfo>('POST', `${path}/extend`, { body: { requestedAdditionalDuration: 100 } })
      expect(extended.body).toMatchObject({ duration: 3700, startedAt: session.startedAt })
      expect(Date.parse(extended.body.expiresAt as string) - Date.parse(session.startedAt as string)).toBe(3_700_000)

      await advance(3699)
      expect((await call<SessionInfo>('GET', path)).body.qosStatus).toBe('AVAILABLE')
      await advance(1)
      expect((await call<SessionInfo>('GET', path)).body).toMatchObject({
        qosStatus: 'UNAVAILABLE',
        statusInfo: 'DURATION_EXPIRED',
        duration: 3700,
        expiresAt: extended.body.expiresAt,
      })
      expect(sink.received.map(({ event }) => event.data)).toEqual([
        { sessionId: session.sessionId, qosStatus: 'AVAILABLE' },
        { sessionId: session.sessionId, qosStatus: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' },
      ])

      await advance(359)
      expect((await call('GET', path)).status).toBe(200)
      await advance(1)
      expect((await call('GET', path)).status).toBe(404)
    }))

  it('settles 64 creates of one flow at the same time: one session, 63 conflicts [contract 2.6]', () =>
    withGateway(async ({ call }) => {
      const answers = await Promise.all(
        Array.from({ length: 64 }, () => call('POST', `${QOD}/sessions`, { body: A_SESSION })),
      )
      const statuses = answers.map(({ status }) => status).sort()
      expect(statuses).toEqual([201, ...Array.from({ length: 63 }, () => 409)])
    }))
})
