import { type Instant, instant } from '@rightofway/camara'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOON } from '../../../domain/session.fixture.js'
import { FakeKernel, GROUPS, Refused, wantedState } from '../fake-kernel.fixture.js'
import type { Egress } from './egress.js'
import type { Element } from './elements.js'
import { plan, type State } from './plan.js'

const EGRESSES = ['lan0', 'wan0'].map(
  (name): Egress => ({
    interface: name,
    handle: '7278',
    capacityBps: 10_000_000,
    reservedBps: 1_000_000,
    mtu: 1_500,
    gsoMaxSize: 65_536,
    leaf: 'bfifo',
  }),
)

const steps = fc.array(
  fc.record({ wanted: wantedState(EGRESSES, fc.integer({ min: 1, max: 20_000 })), passMs: fc.nat(15_000) }),
  { maxLength: 12 },
)

const live = ({ elements }: State, now: Instant) =>
  new Map(
    [...elements].filter(([, { endsAt }]) => endsAt > now).map(([id, { minor, endsAt }]) => [id, { minor, endsAt }]),
  )

describe('a plan', () => {
  it('leads from any kernel state to the wanted one, and is never refused, whatever has expired since [property]', () =>
    fc.assert(
      fc.property(steps, (all) => {
        const kernel = new FakeKernel(EGRESSES, GROUPS.flat())
        let now = NOON
        let believed = kernel.state(now)
        for (const { wanted: at, passMs } of all) {
          const wanted = at(now)
          kernel.apply(plan(wanted, believed, { now }), now)
          const present = kernel.state(now)
          expect(live(present, now)).toEqual(live(wanted, now))
          expect(present.marks).toEqual(wanted.marks)
          for (const [key, { spec }] of wanted.classes) expect(present.classes.get(key)?.spec).toEqual(spec)
          // Nobody reads the kernel between two batches: elements that we assume may have expired.
          believed = present
          now = instant(now + passMs)
        }
      }),
    ))

  it('is empty the second time [property]', () =>
    fc.assert(
      fc.property(wantedState(EGRESSES, fc.integer({ min: 1, max: 20_000 })), (at) => {
        const kernel = new FakeKernel(EGRESSES, GROUPS.flat())
        const wanted = at(NOON)
        kernel.apply(plan(wanted, kernel.state(NOON), { now: NOON }), NOON)
        expect(plan(wanted, kernel.state(NOON), { now: NOON })).toEqual({ tc: [], nft: [] })
      }),
    ))

  it('is refused by the fake if the kernel would refuse it, and then none of it is carried out', () => {
    const kernel = new FakeKernel(EGRESSES, GROUPS.flat())
    const [{ map, key }] = GROUPS.flat() as [Element]
    const element = { object: 'element', map, key } as const
    const add = (minor: number) => ({ verb: 'add', ...element, minor, timeoutMs: 1_000 }) as const
    expect(() => kernel.apply({ tc: [], nft: [add(0x10), add(0x11)] }, NOON)).toThrow(/exists/)
    expect(() => kernel.apply({ tc: [], nft: [{ verb: 'delete', ...element }] }, NOON)).toThrow(Refused)
    expect(kernel.state(NOON).elements.size).toBe(0)
  })
})
