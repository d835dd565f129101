import { qosStatusChanged, type SessionInfo, type StatusInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { check } from './checker.js'
import type { Acknowledged, Arrival, History } from './history.js'

const T0 = Date.parse('2026-06-01T12:00:00Z')
const time = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString()

function session(id: string, flow = id): Acknowledged {
  return {
    flow,
    idempotencyKey: `key-${id}`,
    info: {
      sessionId: id,
      applicationServer: { ipv4Address: '198.51.100.7' },
      qosProfile: 'QOS_L',
      duration: 10,
      qosStatus: 'AVAILABLE',
      startedAt: time(0),
      expiresAt: time(10),
    },
  }
}

const ended = (id: string, duration = 10, statusInfo: StatusInfo = 'DURATION_EXPIRED'): SessionInfo => ({
  ...session(id).info,
  duration,
  qosStatus: 'UNAVAILABLE',
  statusInfo,
})

function told(id: string, ordinal: number, at: number, statusInfo?: StatusInfo, lateMs = 5): Arrival {
  const qosStatus = statusInfo === undefined ? 'AVAILABLE' : 'UNAVAILABLE'
  return {
    at: T0 + at * 1000 + lateMs,
    event: qosStatusChanged({
      id: `${id}.${ordinal}`,
      source: `/sessions/${id}`,
      time: time(at),
      data: { sessionId: id, qosStatus, ...(statusInfo && { statusInfo }) },
    }),
  }
}

/** Two sessions, one of them deleted, that keep all promises; with repeated events. */
const GOOD: History = {
  acknowledged: [session('a'), session('a'), session('b')],
  deleted: ['b'],
  extended: [{ sessionId: 'a', duration: 10 }],
  arrivals: [
    told('a', 1, 0),
    told('b', 1, 0),
    told('a', 1, 0, undefined, 900),
    told('b', 2, 4, 'DELETE_REQUESTED'),
    told('a', 2, 10, 'DURATION_EXPIRED'),
  ],
  uptimes: [{ from: T0 - 1000, to: T0 + 60_000 }],
  final: new Map([
    ['a', ended('a')],
    ['b', null],
  ]),
  held: [],
}

const promises = (history: History): string[] => check(history, 1000).violations.map(({ promise }) => promise)

describe('the checker', () => {
  it('finds nothing in a history that keeps every promise', () => {
    expect(check(GOOD, 1000)).toEqual({ violations: [], latenessMs: [5] })
  })

  it.each<[fault: string, promise: string, history: History]>([
    ['a lost commit', 'no acknowledged session is lost', { ...GOOD, final: new Map([...GOOD.final, ['a', null]]) }],
    [
      'a double end',
      'each session ends once',
      { ...GOOD, arrivals: [...GOOD.arrivals, told('a', 3, 10, 'DURATION_EXPIRED')] },
    ],
    ['a dropped event', 'no event is lost', { ...GOOD, arrivals: GOOD.arrivals.slice(0, -1) }],
    [
      'a dropped start',
      'no event is lost',
      { ...GOOD, arrivals: GOOD.arrivals.filter(({ event }) => event.id !== 'a.1') },
    ],
    [
      'a repeat under another id',
      'each session starts once',
      { ...GOOD, arrivals: [told('a', 7, 0), ...GOOD.arrivals] },
    ],
    [
      'one id for two events',
      'a repeat is the same event',
      { ...GOOD, arrivals: [...GOOD.arrivals, told('a', 2, 9, 'DURATION_EXPIRED')] },
    ],
    ['events out of order', 'events come in order', { ...GOOD, arrivals: [...GOOD.arrivals].reverse() }],
    ['an orphan on the network', 'the network holds only live sessions', { ...GOOD, held: ['a'] }],
    [
      'a session that never ends',
      'every session ends',
      { ...GOOD, final: new Map([...GOOD.final, ['a', session('a').info]]) },
    ],
    [
      'a session that the network was made to drop',
      'a session ends for its own reason',
      { ...GOOD, final: new Map([...GOOD.final, ['a', ended('a', 10, 'NETWORK_TERMINATED')]]) },
    ],
    [
      'a deleted session that comes back',
      'what was deleted is gone',
      { ...GOOD, final: new Map([...GOOD.final, ['b', ended('b')]]) },
    ],
    [
      'a lost extension',
      'no acknowledged extension is lost',
      { ...GOOD, extended: [{ sessionId: 'a', duration: 20 }] },
    ],
    [
      'a second session under one key',
      'one Idempotency-Key is one session',
      { ...GOOD, acknowledged: [...GOOD.acknowledged, { ...session('b'), idempotencyKey: 'key-a' }] },
    ],
    [
      'two live sessions on one flow',
      'no two sessions are live on one flow',
      { ...GOOD, acknowledged: [session('a', 'flow'), session('b', 'flow')] },
    ],
    [
      'an end that comes late',
      'no session outlives its end',
      { ...GOOD, arrivals: [...GOOD.arrivals.slice(0, -1), told('a', 2, 10, 'DURATION_EXPIRED', 1500)] },
    ],
  ])('finds %s', (_fault, promise, history) => {
    expect(promises(history)).toContain(promise)
  })

  it('expects no event of a session that was deleted before it began, and all events of one that began', () => {
    const untold = (qosStatus: 'REQUESTED' | 'AVAILABLE'): History => ({
      ...GOOD,
      acknowledged: [session('a'), { ...session('b'), info: { ...session('b').info, qosStatus } }],
      arrivals: GOOD.arrivals.filter(({ event }) => event.data.sessionId !== 'b'),
    })
    expect(promises(untold('REQUESTED'))).toEqual([])
    expect(promises(untold('AVAILABLE'))).toEqual(['no event is lost', 'no event is lost'])
    expect(promises({ ...untold('REQUESTED'), deleted: [] })).toContain('no event is lost')
  })

  it('does not count the time in which the gateway was down', () => {
    const late = { ...GOOD, arrivals: [...GOOD.arrivals.slice(0, -1), told('a', 2, 10, 'DURATION_EXPIRED', 30_000)] }
    const uptimes = [
      { from: T0, to: T0 + 9_000 },
      { from: T0 + 39_500, to: T0 + 60_000 },
    ]
    expect(promises(late)).toContain('no session outlives its end')
    expect(check({ ...late, uptimes }, 1000)).toEqual({ violations: [], latenessMs: [500] })
  })
})
