import type { ReservationId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { reservationId } from '../../../../test/support/reservations.js'
import { KernelRefused } from '../kernel/exec.js'
import type { NftOperation } from '../plan/operations.js'
import { Blame } from './blame.js'

const [A, B] = [reservationId(1), reservationId(2)]
const by = (of?: ReservationId): NftOperation => ({ verb: 'create', object: 'table', ...(of && { of }) })
const refused = (words: string, of?: ReservationId) =>
  new KernelRefused('nft', `/dev/stdin:1:1-9: Error: Could not process rule: ${words}`, by(of))

const GONE = 'No such file or directory'
const THERE = 'File exists'
const WRONG = 'Invalid argument'

describe('the blame for a refused transaction', () => {
  it.each([GONE, THERE, 'Device or resource busy'])(
    'is on no reservation at first, nor while others change the ruleset: %s',
    (words) => {
      const blame = new Blame()
      for (let round = 0; round < 10; round++) {
        expect(blame.afterRefusal(refused(words, A))).toBeUndefined()
        // The table was gone, and has to be created again.
        expect(blame.afterReading([by(), by(A), by(B)])).toBeUndefined()
      }
    },
  )

  it.each([GONE, THERE])('is on a reservation that was refused alone, if others changed nothing: %s', (words) => {
    const blame = new Blame()
    blame.afterRefusal(refused(words, A))
    expect(blame.afterReading([by(A), by(B)])).toBeUndefined()
    expect(blame.transactions([by(A), by(B), by(A)])).toEqual([[by(B)], [by(A), by(A)]])
    expect(blame.afterRefusal(refused(words, A))).toBeUndefined()
    expect(blame.afterReading([by(A)])).toBe(A)
    expect(blame.afterReading([by(A)])).toBeUndefined()
  })

  it('is on a reservation after a second try alone, for an error that no others can have caused', () => {
    const blame = new Blame()
    expect(blame.transactions([by(), by(A), by(B)])).toEqual([[by(), by(A), by(B)]])
    expect(blame.afterRefusal(refused(WRONG, A))).toBeUndefined()
    expect(blame.afterRefusal(refused(WRONG, B))).toBeUndefined()
    expect(blame.transactions([by(), by(A), by(B)])).toEqual([[by()], [by(A)], [by(B)]])
    expect(blame.afterRefusal(refused(WRONG, B))).toBe(B)
  })

  it('is looked for again if an operation without a reservation met a foreign change', () => {
    expect(new Blame().afterRefusal(refused(GONE))).toBeUndefined()
  })

  it.each([
    ['an operation of nobody', refused(WRONG)],
    ['a machine without memory', refused('Cannot allocate memory', A)],
    ['a message that is too long', refused('Message too long', A)],
    ['another tool', new KernelRefused('tc', 'RTNETLINK answers: Invalid argument', by(A))],
    ['a fault of ours', new TypeError('ours')],
  ])('is on no reservation: %s', (_, error) => {
    expect(() => new Blame().afterRefusal(error)).toThrow(error)
  })
})
