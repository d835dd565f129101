import { after, seconds } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { reservation, reservationId } from '../../../test/support/reservations.js'
import { Gate, until } from '../../../test/support/waiting.js'
import type { Prefix } from '../../domain/address.js'
import { at, NOON } from '../../domain/session.fixture.js'
import { NetworkUnreachable } from '../../ports/network.js'
import { NetworkInDoubt, NetworkRefusal } from './door.js'
import { type FakeWorld, type Optional, openFakeWorld } from './fake-door.fixture.js'
import { NotSent } from './not-sent.js'

let world: FakeWorld
const open = async (...without: Optional[]) => {
  world = await openFakeWorld(...without)
}
afterEach(() => world.close())

const ID = reservationId(1)
const WISH = reservation(1)
const GRANTED = { result: 'granted', at: NOON }
const LOST = NetworkUnreachable
const moved = (n: number, more = {}) =>
  reservation(n, { flow: { ...WISH.flow, device: { ipv4: '10.0.9.9/32' as Prefix } }, ...more })

describe('requests', () => {
  beforeEach(() => open())

  it("are recorded before they are sent, and the network's id afterwards", async () => {
    const before: unknown[] = []
    world.door.onCall = async () => {
      before.push(await world.record(ID))
    }
    expect(await world.network.reserve(WISH)).toEqual(GRANTED)
    expect(before).toMatchObject([{ state: 'asking', attempt: 1, asked: WISH }])
    expect(before[0]).not.toHaveProperty('remoteId')
    expect(await world.record(ID)).toMatchObject({ state: 'held', remoteId: 'r1', until: at(60), remoteUntil: at(60) })
  })

  it('are not sent for what the network does not support', async () => {
    const wish = reservation(1, { flow: { ...WISH.flow, server: ['192.0.2.1/32', '192.0.2.2/32'] as Prefix[] } })
    expect(await world.network.reserve(wish)).toEqual({ result: 'refused', reason: 'it takes one server' })
    expect(world.door.calls).toEqual([])
  })

  it('are sent one at a time for a reservation, and concurrently for others', async () => {
    const gate = new Gate()
    world.door.onCall = (verb, about) =>
      verb === 'ask' && about === '1' && world.door.there.size === 1 ? gate.opened : undefined
    const first = world.network.reserve(WISH)
    await until(() => world.door.there.size === 1)
    const released = world.network.release(ID, 2)
    await world.network.reserve(reservation(2))
    expect(world.door.calls).toEqual(['ask 1', 'ask 1'])
    gate.open()
    expect(await first).toEqual(GRANTED)
    expect(await released).toBe('released')
    expect(world.door.calls).toEqual(['ask 1', 'ask 1', 'end r1'])
  })

  it('release what is held for other addresses, and ask again; the first grant counts', async () => {
    await world.network.reserve(WISH)
    await world.pass(5_000)
    const until = after(NOON, seconds(60))
    expect(await world.network.reserve(moved(1, { version: 2, until }))).toEqual(GRANTED)
    expect(world.door.calls).toEqual(['ask 1', 'end r1', 'ask 2'])
    expect(world.door.there.get('r2')).toMatchObject({ standing: { until: at(60) } })
  })

  it('report it if the network releases earlier than requested', async () => {
    world.door.endsAfterMs = 40_000
    expect(await world.network.reserve(WISH)).toEqual({ ...GRANTED, until: at(40) })
    expect(await world.network.reserve(reservation(1, { version: 2, until: at(90) }))).toEqual({
      ...GRANTED,
      until: at(40),
    })
  })

  it("that are refused carry the network's words, and are repeated only for a later version", async () => {
    world.door.will('ask', new NetworkRefusal('it answered 403 full'))
    const refused = { result: 'refused', reason: 'it answered 403 full' }
    expect(await world.network.reserve(WISH)).toEqual(refused)
    expect(await world.network.reserve(WISH)).toEqual(refused)
    expect(world.door.calls).toEqual(['ask 1'])
    expect(await world.network.reserve(reservation(1, { version: 2 }))).toMatchObject({ result: 'granted' })
  })

  it('are repeated if its own reservation that is about to end conflicts, and refused if it does not end', async () => {
    const { flow } = WISH
    await world.network.reserve(reservation(1, { duration: seconds(10) }))
    const conflict = () => new NetworkRefusal('it answered 409', { conflict: true })
    world.door.will('ask', conflict())
    await world.pass(7_000)
    expect(await world.network.reserve(reservation(2, { flow }))).toMatchObject({ result: 'refused' })
    world.door.will('ask', conflict(), conflict())
    await world.pass(2_000)
    expect(await world.network.reserve(reservation(3))).toMatchObject({ result: 'refused' })
    await expect(world.network.reserve(reservation(4, { flow }))).rejects.toThrow(LOST)
    await world.pass(1_000)
    expect(await world.network.reserve(reservation(4, { flow }))).toMatchObject({ result: 'granted' })
  })

  it('delete what was created and not granted', async () => {
    world.door.next = { state: 'ended', reason: 'no resources' }
    expect(await world.network.reserve(WISH)).toEqual({ result: 'refused', reason: 'no resources' })
    expect(world.door.there.size).toBe(0)
    expect(await world.network.list(undefined, 9)).toEqual([])
  })

  it('with three unknown outcomes in a row count as refused if nothing is found', async () => {
    world.door.will('ask', ...Array.from({ length: 3 }, () => new NetworkInDoubt('it answered 500')))
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    expect(await world.network.reserve(WISH)).toEqual({ result: 'refused', reason: 'it answered 500' })
    expect(world.door.calls.filter((call) => call.startsWith('ask'))).toHaveLength(3)
  })
})

describe('lost answers', () => {
  it('are found in the list, and nothing is requested twice', async () => {
    await open()
    world.door.will('ask', 'lost')
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    expect(await world.network.list(undefined, 9)).toEqual([{ id: ID, version: 1 }])
    await world.reopen()
    expect(await world.network.reserve(WISH)).toEqual(GRANTED)
    expect(world.door.calls.filter((call) => call !== 'ping')).toEqual(['ask 1', 'find 1'])
    expect(world.door.there.size).toBe(1)
  })

  it('lead to another request, with another number, if nothing was created', async () => {
    await open()
    world.door.will('ask', 'unheard')
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    expect(await world.network.reserve(WISH)).toEqual(GRANTED)
    expect(world.door.calls).toEqual(['ask 1', 'find 1', 'ask 2'])
    expect(await world.network.figures()).toEqual({ held: 1, orphans: 0 })
  })

  it('make a conflict our own, if it is', async () => {
    await open()
    world.door.will('ask', 'unheard')
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    // The first request was slow, and arrives between the list and the second.
    world.door.onCall = async (verb) => {
      if (verb !== 'find') return
      world.door.onCall = () => undefined
      await world.door.ask(WISH, undefined, { number: 2, key: '' })
      world.door.will('ask', new NetworkRefusal('it answered 409', { conflict: true }))
    }
    expect(await world.network.reserve(WISH)).toEqual(GRANTED)
    expect(world.door.there.size).toBe(1)
    expect(await world.record(ID)).toMatchObject({ state: 'held', remoteId: 'r1' })
  })

  it('lead to another request if the reservation has expired unnoticed', async () => {
    await open()
    world.door.will('ask', 'lost')
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    Object.assign(world.door.there.get('r1') ?? {}, {
      standing: { state: 'ended', reason: 'DURATION_EXPIRED', expired: true },
    })
    expect(await world.network.reserve(WISH)).toEqual(GRANTED)
    expect(world.door.calls).toEqual(['ask 1', 'find 1', 'ask 2'])
  })

  it('have the resource of an earlier attempt deleted', async () => {
    await open()
    world.door.will('ask', 'unheard', 'lost')
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    await world.door.ask(WISH, undefined, { number: 1, key: '' })
    expect(await world.network.reserve(WISH)).toEqual(GRANTED)
    expect([...world.door.there.keys()]).toEqual(['r1'])
  })

  it('have the resource found and deleted on a release', async () => {
    await open()
    world.door.will('ask', 'lost')
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    expect(await world.network.release(ID, 2)).toBe('released')
    expect(world.door.there.size).toBe(0)
  })

  it('are counted if the network has no list, and reported, and lead to another request', async () => {
    await open('find')
    world.door.will('ask', 'lost')
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    expect(world.network.troubles).toEqual([])
    expect(await world.network.reserve(WISH)).toEqual(GRANTED)
    expect(await world.network.figures()).toEqual({ held: 1, orphans: 1 })
    expect(world.network.troubles).toEqual([expect.stringContaining('for 1 request whose answer was lost')])
    expect(world.door.there.size).toBe(2)
  })

  it('have an orphan deleted as soon as a message of the old attempt reveals it', async () => {
    await open('find')
    world.door.will('ask', 'lost')
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    await world.network.reserve(WISH)
    await world.hear(ID, 1, { remoteId: 'r1' })
    expect([...world.door.there.keys()]).toEqual(['r2'])
    expect(world.network.troubles).toEqual([])
    expect(world.events).toEqual([])
  })

  it('are replaced by a message of the attempt', async () => {
    await open('find')
    world.door.will('ask', 'lost')
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    await world.hear(ID, 1, { remoteId: 'r1' })
    expect(world.events).toEqual([{ type: 'granted', id: ID, at: NOON }])
    expect(await world.network.reserve(WISH)).toEqual(GRANTED)
    expect(world.door.calls).toEqual(['ask 1', 'look r1'])
  })

  it('are not counted if no connection could be made', async () => {
    await open('find')
    world.door.will('ask', new NotSent('no connection'))
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    expect(await world.network.reserve(WISH)).toEqual(GRANTED)
    expect(await world.network.figures()).toEqual({ held: 1, orphans: 0 })
  })

  it('do not lead to a second extension', async () => {
    await open()
    await world.network.reserve(WISH)
    world.door.will('move', 'lost')
    const longer = reservation(1, { version: 2, until: at(90) })
    await expect(world.network.reserve(longer)).rejects.toThrow(LOST)
    expect(await world.network.reserve(longer)).toEqual(GRANTED)
    expect(world.door.calls).toEqual(['ask 1', 'move r1', 'look r1'])
    expect(await world.record(ID)).toMatchObject({ until: at(90), remoteUntil: at(90) })
  })

  it('of an extension lead to another one if nothing was extended', async () => {
    await open()
    await world.network.reserve(WISH)
    world.door.will('move', 'unheard')
    const longer = reservation(1, { version: 2, until: at(90) })
    await expect(world.network.reserve(longer)).rejects.toThrow(LOST)
    expect(await world.network.reserve(longer)).toEqual(GRANTED)
    expect(world.door.calls).toEqual(['ask 1', 'move r1', 'look r1', 'move r1'])
  })

  it('keep the old end if the network moves none', async () => {
    await open()
    await world.network.reserve(WISH)
    world.door.will('move', new NetworkRefusal('it answered 403'))
    const longer = reservation(1, { version: 2, until: at(90) })
    expect(await world.network.reserve(longer)).toEqual({ ...GRANTED, until: at(60) })
  })
})

describe('gateways that share a store', () => {
  beforeEach(() => open())

  it('know the requests of the previous leader', async () => {
    await world.network.reserve(WISH)
    const other = await world.another(true)
    expect(await other.release(ID, 2)).toBe('released')
    expect(world.door.calls).toEqual(['ask 1', 'end r1'])
    expect(await other.reserve(WISH)).toEqual({ result: 'stale' })
  })

  it('take back what they were granted if another one has asked meanwhile', async () => {
    const gate = new Gate()
    world.door.onCall = (verb) => (verb === 'ask' && world.door.there.size === 1 ? gate.opened : undefined)
    const slow = world.network.reserve(WISH)
    await until(() => world.door.there.size === 1)
    // It believes that the first one is dead, and does not find what that one is about to be granted.
    Object.assign(world.door, { find: async () => [] })
    const other = await world.another(true)
    expect(await other.reserve(WISH)).toEqual(GRANTED)
    gate.open()
    await expect(slow).rejects.toThrow(LOST)
    expect([...world.door.there.keys()]).toEqual(['r2'])
    expect(await world.record(ID)).toMatchObject({ state: 'held', remoteId: 'r2' })
  })

  it('send nothing while another one drives the network', async () => {
    const other = await world.another(false)
    await expect(other.reserve(WISH)).rejects.toThrow('another gateway leads the network core')
    await expect(other.release(ID, 1)).rejects.toThrow(LOST)
    await expect(other.list(undefined, 1)).rejects.toThrow(LOST)
    expect(world.door.calls).toEqual([])
    await other.close()
  })
})

describe('the end of a reservation', () => {
  it('is carried out at its time; after a start only overdue ends are carried out at once', async () => {
    await open()
    await world.network.reserve(reservation(1, { duration: seconds(10) }))
    await world.network.reserve(reservation(2, { duration: seconds(5) }))
    await world.network.reserve(reservation(3))
    await world.pass(4_999)
    expect(world.door.there.size).toBe(3)
    world.door.will('end', ...Array.from({ length: 3 }, () => 'unheard' as const))
    await world.pass(1)
    expect(await world.network.list(undefined, 9)).toHaveLength(3)
    world.door.calls.length = 0
    await world.pass(6_000)
    await world.reopen()
    await world.network.reserve(reservation(4))
    expect(world.door.calls.indexOf('ask 1')).toBeGreaterThan(world.door.calls.lastIndexOf('end r1'))
    expect([...world.door.there.keys()]).toEqual(['r3', 'r4'])
    expect(world.events).toEqual([])
  })

  it('is retried until the network has received it', async () => {
    await open()
    await world.network.reserve(reservation(1, { duration: seconds(10) }))
    world.door.will('end', 'unheard', 'unheard', 'lost')
    await world.pass(60_000)
    expect(world.door.there.size).toBe(0)
    expect(world.door.calls.filter((call) => call === 'end r1')).toHaveLength(4)
    expect(await world.network.list(undefined, 9)).toEqual([])
  })

  it('is given up if the network refuses it, and counted: other reservations of the device must not wait', async () => {
    await open()
    await world.network.reserve(WISH)
    world.door.will('end', ...Array.from({ length: 3 }, () => new NetworkRefusal('it answered 403')))
    await expect(world.network.release(ID, 2)).rejects.toThrow(LOST)
    await expect(world.network.release(ID, 2)).rejects.toThrow(LOST)
    expect(await world.network.release(ID, 2)).toBe('released')
    expect(await world.network.figures()).toEqual({ held: 0, orphans: 1 })
    expect(world.logs).toContainEqual(expect.stringContaining('does not let go'))
  })

  it('is found without a message', async () => {
    await open()
    await world.network.reserve(reservation(1, { duration: seconds(3_600) }))
    world.door.there.delete('r1')
    await world.pass(299_999)
    expect(world.events).toEqual([])
    await world.pass(1)
    expect(world.events).toEqual([{ type: 'lost', id: ID, reason: 'it is not known there' }])
    expect(await world.network.list(undefined, 9)).toEqual([])
  })
})

describe('messages of the network', () => {
  beforeEach(() => open())

  const LOSS = { remoteId: 'r1', standing: { state: 'ended', reason: 'released by the radio' } } as const
  const lost = { type: 'lost', id: ID, reason: 'released by the radio' }

  it('are reported once, however often they arrive', async () => {
    await world.network.reserve(WISH)
    await world.hear(ID, 1, LOSS)
    await world.hear(ID, 1, LOSS)
    expect(world.events).toEqual([lost])
    expect(world.door.there.size).toBe(0)
    expect(await world.network.reserve(WISH)).toEqual({ result: 'refused', reason: 'released by the radio' })
    expect(await world.store.remoteReservations.callbacks(world.network.id, 9)).toEqual([])
  })

  it('wait for the answer that they preceded', async () => {
    const gate = new Gate()
    world.door.onCall = (verb) => (verb === 'ask' ? gate.opened : undefined)
    const asked = world.network.reserve(WISH)
    await until(() => world.door.there.size === 1)
    await world.store.remoteReservations.addCallback({
      ...{ network: world.network.id, reservation: ID, attempt: 1, suffix: '' },
      body: JSON.stringify(LOSS),
    })
    expect(world.events).toEqual([])
    gate.open()
    expect(await asked).toEqual(GRANTED)
    await until(() => world.events.length > 0)
    expect(world.events).toEqual([lost])
  })

  it('change nothing if they arrive after the release', async () => {
    await world.network.reserve(WISH)
    await world.network.release(ID, 2)
    await world.hear(ID, 1, LOSS)
    await world.hear(ID, 1, { remoteId: 'r1' })
    expect(world.events).toEqual([])
    expect(await world.record(ID)).toMatchObject({ state: 'released' })
  })

  it('change nothing about a reservation that was requested again', async () => {
    await world.network.reserve(WISH)
    await world.network.reserve(moved(1, { version: 2 }))
    await world.hear(ID, 1, LOSS)
    expect(world.events).toEqual([])
    expect(await world.record(ID)).toMatchObject({ state: 'held', attempt: 2 })
  })

  it('have unknown resources deleted', async () => {
    const { remoteId } = await world.door.ask(WISH, undefined, { number: 1, key: '' })
    await world.hear(ID, 1, { remoteId })
    expect(world.door.there.size).toBe(0)
  })

  it('report the outcome of what is pending', async () => {
    world.door.next = { state: 'pending' }
    expect(await world.network.reserve(WISH)).toEqual({ result: 'pending' })
    expect(await world.network.reserve(WISH)).toEqual({ result: 'pending' })
    await world.hear(ID, 1, { remoteId: 'r1', standing: { state: 'granted', at: at(1), until: at(61) } })
    expect(world.events).toEqual([{ type: 'granted', id: ID, at: at(1) }])
    expect(world.door.calls).toEqual(['ask 1'])
  })

  it('report a grant of what was pending and has expired unnoticed', async () => {
    const over = { state: 'ended', reason: 'DURATION_EXPIRED', expired: true } as const
    world.door.next = { state: 'pending' }
    await world.network.reserve(WISH)
    await world.network.reserve(reservation(2))
    Object.assign(world.door.there.get('r1') ?? {}, { standing: { ...over, at: at(1) } })
    await world.pass(70_000)
    expect(world.events).toEqual([{ type: 'granted', id: ID, at: at(1) }])
    await world.hear(reservationId(2), 1, { remoteId: 'r2', standing: over })
    expect(world.events.slice(1)).toEqual([{ type: 'granted', id: reservationId(2), at: at(10) }])
    expect(await world.network.reserve(WISH)).toEqual({ ...GRANTED, at: at(1) })
    expect(await world.network.list(undefined, 9)).toEqual([])
    expect(world.door.there.size).toBe(0)
  })

  it('do not count as a refusal if the answer was lost and the time is over: it is requested again', async () => {
    world.door.will('ask', 'lost')
    await expect(world.network.reserve(WISH)).rejects.toThrow(LOST)
    const standing = { state: 'ended', reason: 'DURATION_EXPIRED', expired: true } as const
    Object.assign(world.door.there.get('r1') ?? {}, { standing })
    await world.hear(ID, 1, { remoteId: 'r1', standing })
    expect(world.events).toEqual([])
    expect(await world.network.reserve(WISH)).toEqual(GRANTED)
  })

  it('are read together if many arrive at once', async () => {
    const many = Array.from({ length: 40 }, (_, index) => index + 1)
    world.door.next = { state: 'pending' }
    for (const n of many) await world.network.reserve(reservation(n))
    const { remoteReservations } = world.store
    const read = vi.spyOn(remoteReservations, 'callbacks')
    await Promise.all(
      many.map((n) =>
        remoteReservations.addCallback({
          ...{ network: world.network.id, reservation: reservationId(n), attempt: 1, suffix: '' },
          body: JSON.stringify({ remoteId: `r${n}`, standing: { state: 'granted' } }),
        }),
      ),
    )
    await until(() => world.events.length === many.length)
    expect(world.events.map(({ type }) => type)).toEqual(many.map(() => 'granted'))
    expect(read.mock.calls.length).toBeLessThan(many.length / 2)
  })

  it('are read when a gateway that does not drive the network has received them', async () => {
    await world.network.reserve(WISH)
    const other = await world.another(false)
    await world.hear(ID, 1, LOSS)
    expect(world.events).toEqual([lost])
    await other.close()
  })

  it('are read by the next driver if there was none', async () => {
    await world.network.reserve(WISH)
    await world.network.close()
    await world.store.remoteReservations.addCallback({
      ...{ network: world.network.id, reservation: ID, attempt: 1, suffix: '' },
      body: JSON.stringify(LOSS),
    })
    await world.reopen()
    await until(() => world.events.length > 0)
    expect(world.events).toEqual([lost])
  })

  it('that report the end of the time are no loss', async () => {
    await world.network.reserve(WISH)
    await world.pass(59_000)
    await world.hear(ID, 1, { remoteId: 'r1', standing: { state: 'ended', reason: 'DURATION_EXPIRED', expired: true } })
    expect(world.events).toEqual([])
    expect(await world.network.list(undefined, 9)).toEqual([])
  })
})

describe('a network that does not answer', () => {
  beforeEach(() => open())

  const fail = (n: number) => expect(world.network.reserve(reservation(n))).rejects.toThrow(LOST)

  it('is not asked after five consecutive failures, is reported, and is probed with one call', async () => {
    world.door.will('ask', ...Array.from({ length: 6 }, () => 'unheard' as const))
    for (let n = 0; n < 5; n++) await fail(n)
    expect(world.network.isOpen).toBe(true)
    expect(world.network.troubles).toEqual([expect.stringContaining('the network core does not answer (no answer')])
    await fail(6)
    expect(world.door.calls).toHaveLength(5)
    world.passMonotonic(1_000)
    await Promise.all([fail(7), fail(8)])
    expect(world.door.calls).toHaveLength(6)
    world.passMonotonic(2_000)
    expect(await world.network.reserve(reservation(9))).toEqual(GRANTED)
    expect(world.network.troubles).toEqual([])
  })

  it('is still asked when it refuses', async () => {
    world.door.will('ask', ...Array.from({ length: 9 }, () => new NetworkRefusal('it answered 403')))
    for (let n = 0; n < 9; n++) expect(await world.network.reserve(reservation(n))).toMatchObject({ result: 'refused' })
    expect(world.network.isOpen).toBe(false)
  })

  it('is not asked for as long as its Retry-After demands', async () => {
    world.door.will('ask', new NetworkUnreachable('it answered 503', { retryAfterMs: 7_000 }))
    await expect(world.network.reserve(WISH)).rejects.toMatchObject({ retryAfterMs: 7_000 })
  })
})
