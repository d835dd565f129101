import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instant, type ReservationId } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reservation, reservationId } from '../../../../test/support/reservations.js'
import { NOON } from '../../../domain/session.fixture.js'
import { type HeldEntry, isHeld, type OverEntry, ReservationTable } from './reservation-table.js'

const NOTHING = { bytes: 0, packets: 0, dropped: 0 }

const held = (n: number, endsInMs = 60_000): HeldEntry => {
  const { id, version, flow, qos } = reservation(n)
  return {
    id,
    version,
    flow,
    qos,
    grantedAt: NOON,
    endsAt: instant(NOON + endsInMs),
    minor: 0x10 + n,
    base: { downlink: { bytes: 1, packets: 2, dropped: 3 }, uplink: NOTHING },
  }
}

const over = (n: number, endedAgoMs: number): OverEntry => ({
  id: reservationId(n),
  version: 4,
  state: 'released',
  endsAt: instant(NOON - endedAgoMs),
})

let dir: string
let table: ReservationTable

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-table-'))
  table = new ReservationTable(join(dir, 'table.db'))
})
afterEach(() => {
  table.close()
  rmSync(dir, { recursive: true })
})

function reopen(): void {
  table.close()
  table = new ReservationTable(join(dir, 'table.db'))
}

describe('the table of reservations', () => {
  it('keeps all held and ended reservations for the next process', () => {
    const expired: OverEntry = { ...over(2, 0), state: 'expired', grantedAt: NOON }
    const carried: OverEntry = { ...over(3, 0), carried: { downlink: NOTHING, uplink: NOTHING } }
    table.write([held(1), expired, carried], NOON)
    reopen()
    expect(table.held()).toEqual([held(1)])
    expect(table.find(reservationId(2))).toEqual(expired)
    expect(table.find(reservationId(3))).toEqual(carried)
    expect(isHeld(table.find(reservationId(1)))).toBe(true)
    expect(isHeld(table.find(reservationId(2)))).toBe(false)
    expect(table.find('rsv-unknown' as ReservationId)).toBeUndefined()
  })

  it('lists held reservations in the order of ids, and expired ones in the order of ends', () => {
    table.write([held(3, 10), held(1, 30), held(2, 20), over(4, 0)], NOON)
    expect(table.list(undefined, 2).map(({ id }) => id)).toEqual([1, 2].map(reservationId))
    expect(table.list(reservationId(2), 2)).toEqual([{ id: reservationId(3), version: 1 }])
    expect(table.nextEnd()).toBe(NOON + 10)
    expect(table.due(instant(NOON + 20), 10)).toEqual([3, 2].map(reservationId))
    expect(table.due(instant(NOON + 20), 1)).toEqual([reservationId(3)])
  })

  it('deletes what ended an hour ago, and nothing that is held', () => {
    table.write([over(1, 3_600_001), over(2, 3_599_999), held(3, -7_200_000)], NOON)
    table.write([], NOON)
    expect(table.find(reservationId(1))).toBeUndefined()
    expect(table.find(reservationId(2))).toBeDefined()
    expect(table.find(reservationId(3))).toBeDefined()
  })

  it('keeps the first qdisc that was replaced, until it is put back', () => {
    table.noteReplaced({ interface: 'lan0', qdisc: 'handle 1: tbf' })
    table.noteReplaced({ interface: 'lan0', qdisc: 'handle 2: pfifo' })
    reopen()
    expect(table.replaced()).toEqual([{ interface: 'lan0', qdisc: 'handle 1: tbf' }])
    table.forgetReplaced('lan0')
    expect(table.replaced()).toEqual([])
  })
})
