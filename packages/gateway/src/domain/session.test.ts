import { seconds } from '@rightofway/camara'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Prefix } from './address.js'
import { reservationIdOf, resourceIdOf } from './resource.js'
import { at, available, expired, gone, NOON, requested, TERMS, terminated } from './session.fixture.js'
import { asOf, deadline, request, type Session, type SessionEvent, type Step, step } from './session.js'
import type { Effect } from './terms.js'

const refusal = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return (error as { code: string }).code
  }
  return undefined
}

describe('a session that is asked for', () => {
  it('begins REQUESTED, without times, and asks the network [contract 2.5, row 1]', () => {
    const { session, effects } = request(TERMS, seconds(3600))
    expect(session).toEqual({ ...TERMS, status: 'REQUESTED', duration: 3600 })
    expect(effects).toEqual([{ do: 'reserve' }])
  })

  it("becomes AVAILABLE at the network's own time of the grant, and tells [rows 2, 4]", () => {
    const { session, effects } = step(requested(), { type: 'granted', at: at(2) }, at(5))
    expect(session).toMatchObject({ status: 'AVAILABLE', startedAt: at(2), expiresAt: at(3602), duration: 3600 })
    expect(effects).toEqual([{ do: 'notify', ordinal: 1, at: at(2), status: 'AVAILABLE' }])
  })

  it.each([['refused'], ['lost']] as const)(
    'becomes UNAVAILABLE when it is %s, with the granted duration and no start [rows 3, 5]',
    (type) => {
      const { session, effects } = step(requested(), { type }, at(3))
      expect(session).toEqual({
        ...TERMS,
        status: 'UNAVAILABLE',
        duration: 3600,
        statusInfo: 'NETWORK_TERMINATED',
        endedAt: at(3),
      })
      expect(effects).toEqual([
        { do: 'release' },
        { do: 'notify', ordinal: 1, at: at(3), status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' },
      ])
    },
  )

  it('becomes as short as the network makes it, in whole seconds, and no longer than was asked for', () => {
    const granted = (until: number) =>
      step(requested(), { type: 'granted', at: at(2), until: at(until) }, at(5)).session
    expect(granted(602.9)).toMatchObject({ startedAt: at(2), expiresAt: at(602), duration: 600 })
    expect(granted(2)).toMatchObject({ expiresAt: at(3), duration: 1 })
    expect(granted(9_999)).toMatchObject({ expiresAt: at(3602), duration: 3600 })
  })

  it('becomes UNAVAILABLE when the network has not answered in time, and not a moment before [section 0]', () => {
    expect(step(requested(), { type: 'timer', released: false }, at(29)).session).toMatchObject({ status: 'REQUESTED' })
    expect(step(requested(), { type: 'timer', released: false }, at(30)).session).toMatchObject({
      status: 'UNAVAILABLE',
      statusInfo: 'NETWORK_TERMINATED',
    })
  })

  it('goes without an event when it is deleted, and a late grant does not bring it back [row 10]', () => {
    const { session, effects } = step(requested(), { type: 'delete', released: false }, at(1))
    expect(session).toMatchObject({ status: 'RELEASING' })
    expect(effects).toEqual([{ do: 'release' }])
    expect(step(session as Session, { type: 'granted', at: at(2) }, at(2))).toEqual({ session, effects: [] })
  })

  it('cannot be extended', () => {
    expect(refusal(() => step(requested(), { type: 'extend', by: seconds(1) }, NOON))).toBe(
      'QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED',
    )
  })
})

describe('extending a session', () => {
  it('moves the end and keeps the start, without an event [extendQosSessionDuration, row 6]', () => {
    const { session, effects } = step(available(), { type: 'extend', by: seconds(100) }, at(60))
    expect(session).toMatchObject({ status: 'AVAILABLE', duration: 3700, startedAt: NOON, expiresAt: at(3700) })
    expect(effects).toEqual([{ do: 'reserve' }])
  })

  it('caps the new duration at the maximum of the profile [extendQosSessionDuration]', () => {
    const { session } = step(available(), { type: 'extend', by: seconds(3600) }, at(60))
    expect(session).toMatchObject({ duration: 5000, expiresAt: at(5000) })
  })

  it('changes nothing when the session is already as long as it may be', () => {
    const longest = step(available(), { type: 'extend', by: seconds(3600) }, at(60)).session as Session
    expect(step(longest, { type: 'extend', by: seconds(1) }, at(61))).toEqual({ session: longest, effects: [] })
  })

  it('does not shorten what was granted when the maximum lies below it', () => {
    const session = available({ profile: { ...TERMS.profile, maxDuration: seconds(60) } })
    expect(step(session, { type: 'extend', by: seconds(10) }, at(1))).toEqual({ session, effects: [] })
  })

  it.each([
    ['has just reached its end, its timer late', available(), at(3600)],
    ['was ended by the network', terminated(), at(700)],
    ['expired', expired(), at(3700)],
  ])('is refused for a session that %s', (_what, session, now) => {
    expect(refusal(() => step(session, { type: 'extend', by: seconds(100) }, now))).toBe(
      'QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED',
    )
  })

  it('is refused as not found for one that was deleted', () => {
    expect(refusal(() => step(gone(), { type: 'extend', by: seconds(1) }, at(700)))).toBe('NOT_FOUND')
  })

  it('is taken back as far as the network does not go along, without an event', () => {
    const { session } = step(available(), { type: 'extend', by: seconds(600) }, at(10))
    const shorter = step(session as Session, { type: 'granted', at: NOON, until: at(3700) }, at(11))
    expect(shorter.session).toMatchObject({ status: 'AVAILABLE', expiresAt: at(3700), duration: 3700 })
    expect(shorter.effects).toEqual([])
    const same = shorter.session as Session
    expect(step(same, { type: 'granted', at: NOON, until: at(3701) }, at(12)).session).toBe(same)
    expect(step(same, { type: 'granted', at: NOON }, at(12)).session).toBe(same)
  })

  it('makes the timer that was set before sleep on', () => {
    const extended = step(available(), { type: 'extend', by: seconds(100) }, at(60)).session as Session
    expect(step(extended, { type: 'timer', released: false }, at(3600))).toEqual({ session: extended, effects: [] })
    expect(deadline(extended)).toBe(at(3700))
  })
})

describe('the end of a session', () => {
  it('by its duration reports the planned end, however late the timer is [row 7, section 0]', () => {
    const { session, effects } = step(available(), { type: 'timer', released: false }, at(3605))
    expect(session).toMatchObject({
      status: 'UNAVAILABLE',
      statusInfo: 'DURATION_EXPIRED',
      startedAt: NOON,
      endedAt: at(3600),
      duration: 3600,
    })
    expect(effects).toEqual([
      { do: 'release' },
      { do: 'notify', ordinal: 2, at: at(3600), status: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' },
    ])
  })

  it('by the network reports the actual end, a begun second counted whole [row 8]', () => {
    const { session } = step(available(), { type: 'lost' }, at(10.2))
    expect(session).toMatchObject({ statusInfo: 'NETWORK_TERMINATED', endedAt: at(10.2), duration: 11 })
  })

  it('lasts at least one second, even where it ended at once or the clock went back', () => {
    expect(step(available(), { type: 'lost' }, NOON).session).toMatchObject({ duration: 1, endedAt: NOON })
    expect(step(available(), { type: 'lost' }, at(-5)).session).toMatchObject({ duration: 1, endedAt: NOON })
  })

  it('by deletion tells its sink, and leaves nothing to read [row 9]', () => {
    const { session, effects } = step(available(), { type: 'delete', released: false }, at(600))
    expect(session).toMatchObject({ status: 'RELEASING', endedAt: at(600) })
    expect(effects).toEqual([
      { do: 'release' },
      { do: 'notify', ordinal: 2, at: at(600), status: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' },
    ])
    expect(asOf(session as Session, at(601))).toBeUndefined()
  })

  it.each([['delete'], ['lost']] as const)(
    'is told as DURATION_EXPIRED when a %s comes after the planned end',
    (type) => {
      const event: SessionEvent = type === 'delete' ? { type, released: false } : { type }
      const { effects } = step(available(), event, at(3601))
      expect(effects).toContainEqual({
        do: 'notify',
        ordinal: 2,
        at: at(3600),
        status: 'UNAVAILABLE',
        statusInfo: 'DURATION_EXPIRED',
      })
    },
  )

  it('is final: nothing brings an UNAVAILABLE session back', () => {
    for (const session of [terminated(), expired()]) {
      for (const event of [
        { type: 'granted', at: at(700) },
        { type: 'refused' },
        { type: 'lost' },
        { type: 'released' },
      ] as const) {
        expect(step(session, event, at(700))).toEqual({ session, effects: [] })
      }
    }
  })
})

describe('a session whose device gets other addresses', () => {
  const to = { ipv4: '10.0.0.2/32' as Prefix, ipv6: '2001:db8:7::/64' as Prefix }

  it.each([
    ['REQUESTED', requested()],
    ['AVAILABLE', available()],
  ] as const)('goes on there, and has the network hold it there: %s', (_status, session) => {
    const moved = { ...session, flow: { ...session.flow, device: to } }
    expect(step(session, { type: 'moved', to }, at(5))).toEqual({ session: moved, effects: [{ do: 'reserve' }] })
    expect(step(moved, { type: 'moved', to }, at(6))).toEqual({ session: moved, effects: [] })
  })

  it('has ended all the same, if it had', () => {
    for (const session of [terminated(), expired(), gone()]) {
      expect(step(session, { type: 'moved', to }, at(5000))).toEqual({ session, effects: [] })
    }
  })
})

describe('a session that has ended', () => {
  it('is kept for 360 s and then forgotten, without an event [row 11]', () => {
    expect(step(expired(), { type: 'timer', released: true }, at(3959)).session).toEqual(expired())
    expect(step(expired(), { type: 'timer', released: true }, at(3960))).toEqual({ session: undefined, effects: [] })
  })

  it('is forgotten at once when it is deleted, without an event [row 11]', () => {
    expect(step(terminated(), { type: 'delete', released: true }, at(700))).toEqual({ session: undefined, effects: [] })
  })

  it('is kept, unseen, while the network has not let go, which is asked to once more', () => {
    const { session, effects } = step(expired(), { type: 'timer', released: false }, at(3960))
    expect(session).toMatchObject({ status: 'RELEASING' })
    expect(effects).toEqual([{ do: 'release' }])
    expect(asOf(session as Session, at(3961))).toBeUndefined()
    expect(deadline(session as Session)).toBeUndefined()
    expect(step(session as Session, { type: 'released' }, at(9999))).toEqual({ session: undefined, effects: [] })
  })

  it('cannot be deleted twice', () => {
    expect(refusal(() => step(gone(), { type: 'delete', released: true }, at(700)))).toBe('NOT_FOUND')
  })
})

describe('a reader', () => {
  it('sees a session whose time is up as ended, though its timer has not fired', () => {
    expect(asOf(available(), at(3600))).toEqual(step(available(), { type: 'timer', released: false }, at(3600)).session)
  })

  it('does not see one that was kept long enough', () => {
    expect(asOf(expired(), at(3959))).toEqual(expired())
    expect(asOf(expired(), at(3960))).toBeUndefined()
  })
})

describe('reservation ids', () => {
  it('are made from session ids, lead back to them, and cannot be taken for them', () => {
    const reservation = reservationIdOf(TERMS.id)
    expect(reservation).not.toBe(TERMS.id)
    expect(resourceIdOf(reservation)).toBe(TERMS.id)
  })
})

// --- any life at all ---

/** Something happens, some time after what happened before; clocks may go back a little. */
const happening = fc.record({
  afterMs: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 2_000_000 }) },
    fc.integer({ min: -500, max: 0 }),
  ),
  event: fc.oneof(
    fc.record({ type: fc.constant('granted' as const), lateMs: fc.integer({ min: 0, max: 40_000 }) }),
    fc.record({ type: fc.constantFrom('refused' as const, 'lost' as const, 'released' as const) }),
    fc.record({ type: fc.constant('moved' as const), to: fc.constantFrom({}, { ipv4: '10.0.0.2/32' as Prefix }) }),
    fc.record({ type: fc.constant('extend' as const), by: fc.integer({ min: 1, max: 100_000 }).map(seconds) }),
    fc.record({ type: fc.constantFrom('delete' as const, 'timer' as const), released: fc.boolean() }),
    // The timer as the store rings it: at the deadline.
    fc.constant({ type: 'deadline' as const }),
  ),
})

interface Life {
  readonly steps: readonly { readonly step: Step; readonly now: number; readonly before: Session }[]
}

function live(happenings: readonly (typeof happening extends fc.Arbitrary<infer T> ? T : never)[]): Life {
  let session: Session | undefined = requested()
  let now: number = NOON
  const steps: Life['steps'][number][] = []
  for (const { afterMs, event } of happenings) {
    if (session === undefined) break
    now += afterMs
    let asked: SessionEvent
    if (event.type === 'deadline') {
      const due = deadline(session)
      if (due === undefined) continue
      now = Math.max(now, due)
      asked = { type: 'timer', released: true }
    } else if (event.type === 'granted') {
      asked = { type: 'granted', at: Math.max(NOON, now - event.lateMs) as typeof NOON }
    } else {
      asked = event
    }
    const before: Session = session
    const frozen = JSON.stringify(before)
    try {
      const next = step(before, asked, now as typeof NOON)
      steps.push({ step: next, now, before })
      session = next.session
    } catch (error) {
      // A refused event changes nothing.
      expect(error).toHaveProperty('code')
    }
    expect(JSON.stringify(before)).toBe(frozen)
  }
  return { steps }
}

const lives = fc.array(happening, { maxLength: 30 }).map(live)
const effectsOf = ({ steps }: Life): Effect[] => steps.flatMap(({ step }) => step.effects)

describe('any life of a session', () => {
  it('shows no impossible session: expiresAt is startedAt + duration, and within the maximum', () => {
    fc.assert(
      fc.property(lives, ({ steps }) => {
        for (const { step } of steps) {
          const { session } = step
          if (session?.status === 'AVAILABLE') {
            expect(session.expiresAt).toBe(session.startedAt + session.duration * 1000)
            expect(session.duration).toBeLessThanOrEqual(session.profile.maxDuration)
          } else if (session?.status === 'UNAVAILABLE') {
            expect(session.duration).toBeGreaterThanOrEqual(1)
            if (session.startedAt !== undefined) expect(session.endedAt).toBeGreaterThanOrEqual(session.startedAt)
            if (session.statusInfo === 'DURATION_EXPIRED') {
              expect(session.endedAt).toBe((session.startedAt as number) + session.duration * 1000)
            }
          }
        }
      }),
    )
  })

  it('tells of at most one start and at most one end, the end last', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const told = effectsOf(life).filter((effect) => effect.do === 'notify')
        expect(told.map(({ ordinal }) => ordinal)).toEqual([...told.map(({ ordinal }) => ordinal)].sort())
        expect(told.filter(({ status }) => status === 'AVAILABLE').length).toBeLessThanOrEqual(1)
        expect(told.filter(({ status }) => status === 'UNAVAILABLE').length).toBeLessThanOrEqual(1)
        expect(told.slice(0, -1).every(({ status }) => status === 'AVAILABLE')).toBe(true)
      }),
    )
  })

  it('asks for nothing after it has asked to let go, and always lets go before it is forgotten', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const asked = effectsOf(life).filter((effect) => effect.do !== 'notify')
        const release = asked.findIndex((effect) => effect.do === 'release')
        if (release >= 0) expect(asked.slice(release).every((effect) => effect.do === 'release')).toBe(true)
        const forgotten = life.steps.some(({ step }) => step.session === undefined)
        if (forgotten) expect(release).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  it('always ends: from every state the deadlines lead to nothing left to wait for', () => {
    fc.assert(
      fc.property(lives, ({ steps }) => {
        let session = steps.at(-1)?.step.session ?? requested()
        for (let i = 0; i < 4; i++) {
          const due = deadline(session)
          if (due === undefined) break
          const next = step(session, { type: 'timer', released: true }, due).session
          if (next === undefined) return
          session = next
        }
        expect(session.status).toBe('RELEASING')
      }),
    )
  })

  it('is read as what its timer will store', () => {
    fc.assert(
      fc.property(lives, fc.integer({ min: 0, max: 10_000_000 }), ({ steps }, laterMs) => {
        const session = steps.at(-1)?.step.session
        if (session?.status !== 'AVAILABLE') return
        const now = (session.startedAt + laterMs) as typeof NOON
        const stored = step(session, { type: 'timer', released: false }, now).session as Session
        expect(asOf(session, now)).toEqual(asOf(stored, now))
      }),
    )
  })
})
