import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Prefix } from './address.js'
import {
  type Assignment,
  type AssignmentEvent,
  assignmentAsOf,
  assignmentDeadline,
  isLiveAssignment,
  requestAssignment,
  stepAssignment,
} from './assignment.js'
import { ASSIGNMENT_TERMS, assigned, at, NOON, revoking } from './session.fixture.js'

const requested = (): Assignment => requestAssignment(ASSIGNMENT_TERMS).session
const after = (assignment: Assignment, event: AssignmentEvent, seconds: number) =>
  stepAssignment(assignment, event, at(seconds))

describe('an assignment', () => {
  it('begins REQUESTED, asks the network, and is AVAILABLE since the network says', () => {
    const { session, effects } = requestAssignment(ASSIGNMENT_TERMS)
    expect(session).toEqual({ ...ASSIGNMENT_TERMS, status: 'REQUESTED' })
    expect(effects).toEqual([{ do: 'reserve' }])
    expect(after(session, { type: 'granted', at: at(1) }, 2)).toEqual({
      session: { ...ASSIGNMENT_TERMS, status: 'AVAILABLE', startedAt: at(1) },
      effects: [{ do: 'notify', ordinal: 1, at: at(1), status: 'AVAILABLE' }],
    })
  })

  it('has no end: it waits for no timer, whatever fires', () => {
    expect(assignmentDeadline(assigned())).toBeUndefined()
    expect(after(assigned(), { type: 'timer', released: false }, 1e9).session).toEqual(assigned())
    expect(assignmentAsOf(assigned(), at(1e9))).toEqual(assigned())
  })

  it('fails when the network refuses it, drops it or does not answer in time, and says why', () => {
    const failures: AssignmentEvent[] = [
      { type: 'refused', reason: 'full' },
      { type: 'lost', reason: 'full' },
    ]
    for (const event of failures) {
      expect(after(requested(), event, 3)).toEqual({
        session: {
          ...ASSIGNMENT_TERMS,
          status: 'UNAVAILABLE',
          statusInfo: 'NETWORK_TERMINATED',
          endedAt: at(3),
          reason: 'full',
        },
        effects: [
          { do: 'release' },
          { do: 'notify', ordinal: 1, at: at(3), status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' },
        ],
      })
    }
    expect(after(requested(), { type: 'timer', released: false }, 29).session).toMatchObject({ status: 'REQUESTED' })
    expect(after(requested(), { type: 'timer', released: false }, 30).session).toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'the network did not answer in time',
    })
    expect(after(assigned(), { type: 'lost' }, 5)).toMatchObject({
      session: { status: 'UNAVAILABLE', startedAt: NOON, endedAt: at(5) },
      effects: [{ do: 'release' }, { do: 'notify', ordinal: 2, statusInfo: 'NETWORK_TERMINATED' }],
    })
  })

  it('is revoked when the network has let go, and told of then', () => {
    const { session, effects } = after(assigned(), { type: 'delete', released: false }, 10)
    expect(session).toMatchObject({ status: 'REVOKING' })
    expect(effects).toEqual([{ do: 'release' }])
    expect(after(session as Assignment, { type: 'delete', released: false }, 11)).toEqual({ session, effects: [] })
    expect(after(session as Assignment, { type: 'lost' }, 11)).toEqual({ session, effects: [] })
    expect(after(session as Assignment, { type: 'released' }, 12)).toMatchObject({
      session: { status: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED', startedAt: NOON, endedAt: at(12) },
      effects: [{ do: 'notify', ordinal: 2, at: at(12), status: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' }],
    })
  })

  it('that was revoked before it began ends without a word', () => {
    const { session, effects } = after(requested(), { type: 'delete', released: false }, 10)
    expect(session).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED', endedAt: at(10) })
    expect(effects).toEqual([{ do: 'release' }])
    expect(after(session as Assignment, { type: 'granted', at: at(11) }, 11)).toEqual({ session, effects: [] })
  })

  it('is kept for 360 s after its end, and deleted earlier on request', () => {
    const ended = after(revoking(), { type: 'released' }, 620).session as Assignment
    expect(assignmentDeadline(ended)).toBe(at(980))
    expect(after(ended, { type: 'timer', released: true }, 979).session).toEqual(ended)
    expect(after(ended, { type: 'timer', released: true }, 980)).toEqual({ session: undefined, effects: [] })
    expect(after(ended, { type: 'delete', released: true }, 621)).toEqual({ session: undefined, effects: [] })
    expect(assignmentAsOf(ended, at(979))).toEqual(ended)
    expect(assignmentAsOf(ended, at(980))).toBeUndefined()
    const leaving = after(ended, { type: 'delete', released: false }, 621)
    expect(leaving).toMatchObject({ session: { status: 'RELEASING' }, effects: [{ do: 'release' }] })
    expect(() => after(leaving.session as Assignment, { type: 'delete', released: false }, 622)).toThrow()
    expect(after(leaving.session as Assignment, { type: 'released' }, 623).session).toBeUndefined()
  })

  it('follows its device, also to no address at all', () => {
    const to = { ipv6: '2001:db8::/64' as Prefix }
    expect(after(assigned(), { type: 'moved', to }, 5)).toMatchObject({
      session: { status: 'AVAILABLE', addresses: to },
      effects: [{ do: 'reserve' }],
    })
    expect(after(assigned(), { type: 'moved', to: {} }, 5).session).toMatchObject({
      status: 'AVAILABLE',
      addresses: {},
    })
    expect(after(assigned(), { type: 'moved', to: ASSIGNMENT_TERMS.addresses }, 5).effects).toEqual([])
    expect(after(revoking(), { type: 'moved', to }, 5).effects).toEqual([])
  })

  it('tells of an end once, after its beginning, and asks to let go of all that it asked for, whatever happens', () => {
    const event: fc.Arbitrary<AssignmentEvent> = fc.oneof(
      fc.constant<AssignmentEvent>({ type: 'granted', at: at(1) }),
      fc.constant<AssignmentEvent>({ type: 'refused' }),
      fc.constant<AssignmentEvent>({ type: 'lost' }),
      fc.constant<AssignmentEvent>({ type: 'released' }),
      fc.constant<AssignmentEvent>({ type: 'moved', to: {} }),
      fc.boolean().map((released): AssignmentEvent => ({ type: 'delete', released })),
      fc.boolean().map((released): AssignmentEvent => ({ type: 'timer', released })),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(1_000))), (events) => {
        let now = 0
        let assignment: Assignment | undefined = requested()
        let wasLive = true
        const told: string[] = []
        for (const [next, passed] of events) {
          now += passed
          if (assignment === undefined || assignment.status === 'RELEASING') break
          const { session, effects } = stepAssignment(assignment, next, at(now))
          for (const effect of effects) if (effect.do === 'notify') told.push(effect.status)
          const live: boolean = session !== undefined && isLiveAssignment(session)
          expect(live && !wasLive).toBe(false)
          if (wasLive && !live) expect(effects.some(({ do: what }) => what === 'release')).toBe(true)
          wasLive = live
          assignment = session
        }
        expect(['', 'AVAILABLE', 'UNAVAILABLE', 'AVAILABLE UNAVAILABLE']).toContain(told.join(' '))
      }),
      { numRuns: 500 },
    )
  })
})
