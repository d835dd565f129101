import { after, type Instant, instant, type NetworkId, seconds } from '@rightofway/camara'
import { beforeEach, describe, expect, it } from 'vitest'
import { guarantee, reservation, reservationId } from '../../../../test/support/reservations.js'
import type { Prefix } from '../../../domain/address.js'
import { NOON } from '../../../domain/session.fixture.js'
import type { Reservation } from '../../../ports/network.js'
import type { Egress } from '../plan/egress.js'
import { type ElementId, elementId } from '../plan/elements.js'
import type { NftOperation, Operation, TcOperation } from '../plan/operations.js'
import { render } from '../plan/render.js'
import { Meter } from '../upkeep/counters.js'
import { ReservationTable } from './reservation-table.js'
import { Reservations } from './reservations.js'

const egress = (name: string, capacityBps = 10_000_000): Egress => ({
  interface: name,
  handle: '7278',
  capacityBps,
  reservedBps: 0,
  mtu: 1_500,
  gsoMaxSize: 65_536,
  leaf: 'bfifo',
})

let table: ReservationTable
let reservations: Reservations
let now: Instant
let uptimeMs: number

function open(maxSessions = 100): Reservations {
  const [lan0, lan1, wan0] = [egress('lan0'), egress('lan1'), egress('wan0')]
  return new Reservations({
    config: {
      id: 'edge' as NetworkId,
      towardsDevices: [
        { interface: 'lan0', capacityBps: lan0.capacityBps },
        { interface: 'lan1', capacityBps: lan1.capacityBps, devices: ['10.1.0.0/16' as Prefix] },
      ],
      towardsServers: { interface: 'wan0', capacityBps: wan0.capacityBps },
      reservedShare: 0,
      maxSessions,
      ipv6PrefixLength: 64,
      dscp: false,
      reassemble: true,
      takeover: false,
    },
    table,
    devices: [lan0, lan1],
    servers: wan0,
    meters: new Map([lan0, lan1, wan0].map(({ interface: name }) => [name, new Meter()])),
    monotonicNow: () => uptimeMs,
  })
}

beforeEach(() => {
  table = new ReservationTable(':memory:')
  now = NOON
  uptimeMs = 0
  reservations = open()
})

function pass(ms: number): void {
  now = instant(now + ms)
  uptimeMs += ms
}

/** Carries out the decisions. @returns the operations */
async function batch(): Promise<{ tc: string[]; nft: string[] }> {
  const told: { tc: string[]; nft: string[] } = { tc: [], nft: [] }
  const tools = {
    tc: async (operations: readonly TcOperation[]) => void told.tc.push(...operations.map(render)),
    nft: async (operations: readonly NftOperation[]) => void told.nft.push(...operations.map(render)),
  }
  await reservations.carryOut(tools, () => now, undefined)
  return told
}

const reserve = (n: number, more: Partial<Reservation> = {}) => reservations.reserve(reservation(n, more), now)

const flow = (device: string, server = '198.51.100.7/32', ports?: [number, number]): Reservation['flow'] => ({
  device: { ipv4: device as Prefix },
  server: [server as Prefix],
  ...(ports && { serverPorts: [ports] }),
})

describe('the reservations', () => {
  it('begin a grant when the kernel is told, not when it was requested', async () => {
    reserve(1, { duration: seconds(60) })
    pass(30)
    expect((await batch()).nft).toEqual([
      'add element inet rightofway server_port4 { 10.0.0.1 . 198.51.100.7 . 443 timeout 60020ms : 7277:10 }',
    ])
    expect(reservations.grant(reservationId(1))).toMatchObject({ grantedAt: now, endsAt: after(now, seconds(60)) })
  })

  it('tell the kernel nothing of what is granted and released in one batch', async () => {
    expect(reserve(1)).toEqual({ result: 'granted' })
    expect(reservations.release(reservationId(1), 2, now)).toEqual({ result: 'released' })
    expect(await batch()).toEqual({ tc: [], nft: [] })
    expect(reservations.size).toBe(0)
  })

  it("refuse a flow that overlaps another session's, because the kernel cannot have both", async () => {
    reserve(1, { flow: flow('10.0.0.1/32', '198.51.100.0/24') })
    await batch()
    expect(reserve(2, { flow: flow('10.0.0.1/32', '198.51.100.128/25') })).toEqual({
      result: 'refused',
      reason: 'another session covers part of this flow',
    })
    expect(reserve(3, { flow: flow('10.0.0.1/32', '198.51.101.0/24') })).toEqual({ result: 'granted' })
    expect(reserve(4, { flow: flow('10.0.0.2/32', '198.51.100.128/25') })).toEqual({ result: 'granted' })
  })

  it('hold as many sessions as configured', () => {
    reservations = open(2)
    expect([1, 2, 3].map((n) => reserve(n).result)).toEqual(['granted', 'granted', 'refused'])
    reservations.release(reservationId(1), 2, now)
    expect(reserve(4)).toEqual({ result: 'granted' })
  })

  it('limit the elements of interval maps, which are copied whole at every commit', () => {
    reservations = open(5_000)
    const prefix = (n: number) => flow(`10.0.${n >> 8}.${n & 255}/32`, '198.51.100.0/24')
    for (let n = 0; n < 1_000; n++) expect(reserve(n, { flow: prefix(n) }).result).toBe('granted')
    expect(reserve(1_000, { flow: prefix(1_000) })).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('prefixes or port ranges') as string,
    })
    expect(reserve(1_001)).toEqual({ result: 'granted' })
  })

  it.each([
    ['10.1.0.9/32', 'lan1'],
    ['10.0.0.9/32', 'lan0'],
  ])('put the class of %s on the interface that it is behind: %s', async (device, name) => {
    reserve(1, { flow: flow(device) })
    expect((await batch()).tc.filter((line) => line.startsWith('class')).map((line) => line.split(' ')[3])).toEqual([
      name,
      'wan0',
    ])
  })

  it('count a guarantee on the interface of its device and on the one towards servers', () => {
    reserve(1, { flow: flow('10.1.0.9/32'), qos: guarantee(8_000_000, 1_000_000) })
    expect(reserve(2, { flow: flow('10.1.0.8/32'), qos: guarantee(2_000_001, 0) })).toMatchObject({ result: 'refused' })
    expect(reserve(3, { flow: flow('10.0.0.8/32'), qos: guarantee(10_000_000, 0) })).toEqual({ result: 'granted' })
    expect(reserve(4, { qos: guarantee(0, 9_000_001) })).toMatchObject({ result: 'refused' })
  })

  it("move a session with its device: to another element, and to another interface's class", async () => {
    reserve(1, { qos: guarantee(1_000_000) })
    await batch()
    const moved = (device: string, version: number) =>
      reserve(1, { version, qos: guarantee(1_000_000), flow: flow(device) })
    moved('10.0.0.77/32', 2)
    expect(await batch()).toMatchObject({
      tc: [],
      nft: [
        expect.stringContaining('add element inet rightofway server_port4'),
        expect.stringContaining('delete element inet rightofway server_port4'),
        expect.stringMatching(/addresses4 \{ 10\.0\.0\.77 \. 198\.51\.100\.7 timeout 60020ms : 7277:10 \}/),
      ],
    })
    moved('10.1.0.77/32', 3)
    const { nft } = await batch()
    expect(nft.at(-1)).toMatch(/10\.1\.0\.77 .* : 7277:14 \}/)
    expect(reservations.admission.of('lan0').guaranteedBps).toBe(0)
    expect(reservations.admission.of('lan1').guaranteedBps).toBe(1_000_000)
  })

  it('end a session that has moved to where it cannot be held', async () => {
    reserve(1, { flow: flow('10.0.0.1/32') })
    reserve(2, { flow: flow('10.0.0.2/32') })
    await batch()
    expect(reserve(1, { version: 2, flow: flow('10.0.0.2/32') })).toMatchObject({ result: 'refused' })
    expect((await batch()).nft.at(-1)).toMatch(/^delete .*10\.0\.0\.1 /)
    expect(reservations.size).toBe(1)
    // A repeated request does not revive it.
    expect(reserve(1, { version: 3 })).toEqual({ result: 'refused', reason: 'it was ended by the network' })
  })

  it('delete nothing at a natural end, and give the class back once the kernel has removed the element', async () => {
    reserve(1, { duration: seconds(1) })
    await batch()
    pass(1_000)
    expect(reservations.expire(now, 10)).toBe(1)
    expect(await batch()).toEqual({ tc: [], nft: [] })
    expect(reservations.release(reservationId(1), 2, now)).toEqual({ result: 'released' })
    expect((await batch()).nft).toEqual([])
    expect(reservations.lingersFor(reservationId(1))).toBeGreaterThan(0)
    reservations.sweep()
    expect(reservations.drained).toBe(0)
    pass(reservations.lingersFor(reservationId(1)))
    reservations.sweep()
    expect(reservations.drained).toBe(1)
    expect(reservations.pool.inUse).toBe(1)
    reservations.giveBack(reservations.takeDrained(), now)
    expect([reservations.pool.inUse, reservations.pool.ready]).toEqual([0, 1])
  })

  it('replace what lingers of another session in the same transaction', async () => {
    reserve(1, { duration: seconds(1), flow: flow('10.0.0.1/32') })
    await batch()
    pass(1_000)
    reservations.expire(now, 10)
    expect(reserve(2, { flow: flow('10.0.0.1/32') })).toEqual({ result: 'granted' })
    expect((await batch()).nft).toEqual([
      'add element inet rightofway addresses4 { 10.0.0.1 . 198.51.100.7 : 7277:10 }',
      'delete element inet rightofway addresses4 { 10.0.0.1 . 198.51.100.7 }',
      'add element inet rightofway addresses4 { 10.0.0.1 . 198.51.100.7 timeout 60020ms : 7277:14 }',
    ])
  })

  it('restore what was held when the last process ended, and end what cannot be held any more', async () => {
    reserve(1)
    reserve(2, { flow: flow('10.1.0.9/32') })
    await batch()
    const again = open()
    expect(again.recover(now)).toEqual([])
    expect(again.size).toBe(2)
    expect(again.wanted().elements.size).toBe(2)
    expect(again.pool.inUse).toBe(2)
  })

  describe('a batch', () => {
    /** The operations before each step, and the table's contents then. */
    let steps: { step: string; operations: string[]; held: number }[]
    let fails: string | undefined
    const step = async (name: string, operations: readonly Operation[]) => {
      steps.push({ step: name, operations: operations.map(({ verb, object }) => `${verb} ${object}`), held: held() })
      if (fails === name) throw new Error(`${name} fails`)
    }
    const held = () => [...table.held()].length
    const carryOut = () =>
      reservations.carryOut({ tc: (all) => step('tc', all), nft: (all) => step('nft', all) }, () => now, undefined)
    beforeEach(() => {
      steps = []
      fails = undefined
    })

    it('creates classes, writes the table, sets elements: the kernel has nothing that the table lacks', async () => {
      reserve(1)
      await carryOut()
      const made = ['replace class', 'replace leaf', 'replace class', 'replace leaf']
      expect(steps).toEqual([
        { step: 'tc', operations: made, held: 0 },
        { step: 'nft', operations: ['add element'], held: 1 },
      ])
    })

    it('stops if tc fails, and is carried out again as a whole', async () => {
      reserve(1)
      fails = 'tc'
      await expect(carryOut()).rejects.toThrow('tc fails')
      expect([steps.length, held()]).toEqual([1, 0])
      fails = undefined
      await carryOut()
      expect(steps.slice(1).map(({ operations }) => operations.length)).toEqual([4, 1])
    })

    it('does not count as applied if nft fails', async () => {
      reserve(1)
      fails = 'nft'
      await expect(carryOut()).rejects.toThrow('nft fails')
      const [{ elements } = { elements: [] }] = reservations.grants
      const [id] = elements.map(elementId) as [ElementId]
      expect(reservations.applied(id)).toBeUndefined()
      fails = undefined
      await carryOut()
      expect(reservations.applied(id)).toMatchObject({ of: reservationId(1) })
    })
  })
})
