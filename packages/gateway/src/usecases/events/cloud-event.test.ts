import type { ApplicationId, SessionId } from '@rightofway/camara'
import { instant, QOS_STATUS_CHANGED } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import type { SessionEventRecord } from '../../ports/store/events.js'
import { eventId, ordinalOf, parseEventId, toCloudEvent } from './cloud-event.js'

const session = '01890a5d-ac96-774b-bcce-b302099a8057' as SessionId
const ended: SessionEventRecord = {
  session,
  owner: 'app-1' as ApplicationId,
  ordinal: 2,
  at: instant(Date.parse('2026-03-01T12:00:00.250Z')),
  report: { status: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' },
}

describe('an event as sinks and streams get it [EventQosStatusChanged]', () => {
  it('says what changed, when, and of which session of which gateway', () => {
    expect(toCloudEvent(ended, 'https://qod.example')).toEqual({
      id: `${session}-2`,
      source: `https://qod.example/quality-on-demand/v1/sessions/${session}`,
      specversion: '1.0',
      type: QOS_STATUS_CHANGED,
      time: '2026-03-01T12:00:00.250Z',
      datacontenttype: 'application/json',
      data: { sessionId: session, qosStatus: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' },
    })
  })

  it('has no statusInfo while the session is AVAILABLE', () => {
    const { data } = toCloudEvent({ ...ended, ordinal: 1, report: { status: 'AVAILABLE' } }, 'https://qod.example')
    expect(data).toEqual({ sessionId: session, qosStatus: 'AVAILABLE' })
  })

  it('has an id that follows from the session and the count of its events alone', () => {
    expect(eventId(ended)).toBe(eventId({ session, ordinal: 2 }))
    expect(parseEventId(eventId(ended))).toEqual({ session, ordinal: 2 })
    expect(ordinalOf(eventId(ended), session)).toBe(2)
  })

  it('has an id without a full stop, which separates the parts of what is signed [Standard Webhooks]', () => {
    expect(eventId(ended)).not.toContain('.')
  })

  it.each(['', session, `${session}-`, `${session}-0`, `${session}-x`, `${session}-1-1`, `${session}.1`, 'x-1', '-1'])(
    'is not named by %j',
    (text) => {
      expect(parseEventId(text)).toBeUndefined()
      expect(ordinalOf(text, session)).toBeUndefined()
    },
  )

  it('is not of another session', () => {
    expect(ordinalOf(eventId(ended), '01890a5d-ac96-774b-bcce-b302099a8058' as SessionId)).toBeUndefined()
  })
})
