import type { ReservationId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import type { Prefix } from '../../../domain/address.js'
import { type Element, elementsOf } from '../plan/elements.js'
import { MAX_INTERVALS, Occupancy } from './occupancy.js'

const A = 'rsv-a' as ReservationId
const B = 'rsv-b' as ReservationId

const element = (server: string, ports?: [number, number]): Element => {
  const device = { ipv4: '10.0.0.2/32' as Prefix }
  return elementsOf({ device, server: [server as Prefix], ...(ports && { serverPorts: [ports] }) }, 64)[0] as Element
}

describe('the parts of the maps', () => {
  it('conflict for the same exact flow, and for no other', () => {
    const occupancy = new Occupancy()
    const held = element('198.51.100.7/32', [443, 443])
    occupancy.add(held, A)
    expect(occupancy.inTheWayOf(held)).toEqual([{ element: held, of: A }])
    expect(occupancy.inTheWayOf(element('198.51.100.7/32', [444, 444]))).toEqual([])
    // In another map: the kernel looks there as well, and does not object.
    expect(occupancy.inTheWayOf(element('198.51.100.0/24', [443, 443]))).toEqual([])
  })

  it('conflict for all overlapping flows in an interval map', () => {
    const occupancy = new Occupancy()
    occupancy.add(element('198.51.100.0/25', [1_000, 2_000]), A)
    occupancy.add(element('198.51.100.128/25', [1_000, 2_000]), B)
    const inTheWay = occupancy.inTheWayOf(element('198.51.100.0/24', [2_000, 2_000]))
    expect(inTheWay.map(({ of }) => of)).toEqual([A, B])
  })

  it('stay with their new holder when the previous one releases them late', () => {
    const occupancy = new Occupancy()
    const held = element('198.51.100.7/32')
    occupancy.add(held, A)
    occupancy.add(held, B)
    occupancy.remove(held, A)
    expect(occupancy.inTheWayOf(held)).toEqual([{ element: held, of: B }])
    occupancy.remove(held, B)
    expect(occupancy.inTheWayOf(held)).toEqual([])
  })

  it('are limited to a number of intervals', () => {
    const occupancy = new Occupancy()
    const { map } = element('198.51.100.0/24')
    expect(occupancy.roomIn(map)).toBe(MAX_INTERVALS)
    occupancy.add(element('198.51.100.0/24'), A)
    occupancy.add(element('198.51.100.0/24'), A)
    expect(occupancy.roomIn(map)).toBe(MAX_INTERVALS - 1)
  })
})
