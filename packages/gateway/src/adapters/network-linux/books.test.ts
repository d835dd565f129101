import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instant, type ReservationId } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NOON } from '../../domain/session.fixture.js'
import { reservation, reservationId } from '../../testing/reservations.js'
import { Books, type HeldEntry, isHeld, type OverEntry } from './books.js'

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
let books: Books

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-books-'))
  books = new Books(join(dir, 'books.db'))
})
afterEach(() => {
  books.close()
  rmSync(dir, { recursive: true })
})

function reopen(): void {
  books.close()
  books = new Books(join(dir, 'books.db'))
}

describe('the books', () => {
  it('keep all of what is held, and what is over, for the next process', () => {
    const expired: OverEntry = { ...over(2, 0), state: 'expired', grantedAt: NOON }
    const carried: OverEntry = { ...over(3, 0), carried: { downlink: NOTHING, uplink: NOTHING } }
    books.write([held(1), expired, carried], NOON)
    reopen()
    expect(books.held()).toEqual([held(1)])
    expect(books.find(reservationId(2))).toEqual(expired)
    expect(books.find(reservationId(3))).toEqual(carried)
    expect(isHeld(books.find(reservationId(1)))).toBe(true)
    expect(isHeld(books.find(reservationId(2)))).toBe(false)
    expect(books.find('rsv-unknown' as ReservationId)).toBeUndefined()
  })

  it('list what is held in the order of ids, and what has come to its end in the order of ends', () => {
    books.write([held(3, 10), held(1, 30), held(2, 20), over(4, 0)], NOON)
    expect(books.list(undefined, 2).map(({ id }) => id)).toEqual([1, 2].map(reservationId))
    expect(books.list(reservationId(2), 2)).toEqual([{ id: reservationId(3), version: 1 }])
    expect(books.nextEnd()).toBe(NOON + 10)
    expect(books.due(instant(NOON + 20), 10)).toEqual([3, 2].map(reservationId))
    expect(books.due(instant(NOON + 20), 1)).toEqual([reservationId(3)])
  })

  it('forget what has been over for an hour, and nothing that is held', () => {
    books.write([over(1, 3_600_001), over(2, 3_599_999), held(3, -7_200_000)], NOON)
    books.write([], NOON)
    expect(books.find(reservationId(1))).toBeUndefined()
    expect(books.find(reservationId(2))).toBeDefined()
    expect(books.find(reservationId(3))).toBeDefined()
  })

  it('remember whose place was taken first, until it is back', () => {
    books.noteReplaced({ interface: 'lan0', qdisc: 'handle 1: tbf' })
    books.noteReplaced({ interface: 'lan0', qdisc: 'handle 2: pfifo' })
    reopen()
    expect(books.replaced()).toEqual([{ interface: 'lan0', qdisc: 'handle 1: tbf' }])
    books.forgetReplaced('lan0')
    expect(books.replaced()).toEqual([])
  })
})
