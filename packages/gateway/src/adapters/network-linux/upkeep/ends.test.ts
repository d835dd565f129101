import { describe, expect, it } from 'vitest'
import type { ElementId } from '../plan/elements.js'
import { Ends } from './ends.js'

const ID = 'addresses4 10.0.0.2 . 198.51.100.7' as ElementId
const HOUR = 3_600_000

/** The duration of a change, with its measured delay. */
const took = (delayMs: number | undefined, longestMs = delayMs ?? 0) => ({ delayMs, longestMs })

/** One change after another: the wrong ends after each, and the correction of the next. */
function changes(...all: readonly { leftMs?: number; delayMs: number | undefined; longestMs?: number }[]) {
  const ends = new Ends()
  return all.map(({ leftMs = HOUR, delayMs, longestMs }) => {
    const corrections = ends.take()
    const wrong = ends.wrong(new Map([[ID, leftMs]]), took(delayMs, longestMs), corrections)
    return [corrections.get(ID)?.leadMs, wrong.get(ID)]
  })
}

describe('an end', () => {
  it('is kept if the kernel took it in time', () => {
    expect(changes({ delayMs: 500 }, { delayMs: undefined, longestMs: 9_000 })).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ])
  })

  it('is set again if the kernel took it late, with the measured delay subtracted, less a margin', () => {
    expect(changes({ delayMs: 2_500 }, { delayMs: 2_510 })).toEqual([
      [undefined, 2_500],
      [2_400, undefined],
    ])
  })

  it("is not shortened by the tool's duration alone: the kernel's delay is unknown", () => {
    expect(changes({ delayMs: 20, longestMs: 2_500 })).toEqual([[undefined, undefined]])
  })

  it('is set back if too much was subtracted, or if the delay is unknown', () => {
    expect(changes({ delayMs: 2_500 }, { delayMs: 1_000 }, { delayMs: 10 })).toEqual([
      [undefined, 2_500],
      [2_400, -1_400],
      [0, undefined],
    ])
    expect(changes({ delayMs: 2_500 }, { delayMs: undefined, longestMs: 2_500 }, { delayMs: 10 })).toEqual([
      [undefined, 2_500],
      [2_400, -2_400],
      [0, undefined],
    ])
  })

  it('is left late if there is no time to set it back', () => {
    expect(changes({ delayMs: 2_500, leftMs: 7_500 })).toEqual([[undefined, undefined]])
    expect(changes({ delayMs: 2_500, leftMs: 7_501 })).toEqual([[undefined, 2_500]])
  })

  it('is not corrected for ever: left late, never early', () => {
    const wild = [4_000, 600, 4_000, 600, 4_000].map((delayMs) => ({ delayMs }))
    expect(changes(...wild)).toEqual([
      [undefined, 4_000],
      [3_900, -3_300],
      [0, 4_000],
      [3_900, -3_300],
      [0, undefined],
    ])
  })

  it('is corrected by the next change only: a later element in its place is another one', () => {
    const ends = new Ends()
    ends.wrong(new Map([[ID, HOUR]]), took(2_500), new Map())
    ends.take()
    expect(ends.take()).toEqual(new Map())
  })

  it('is still to be set again after a change that did not set it', () => {
    const ends = new Ends()
    const set = new Map([[ID, HOUR]])
    ends.wrong(set, took(2_500), new Map())
    expect([...ends.postpone(ends.take())]).toEqual([[ID, 2_500]])
    const corrections = ends.take()
    expect(corrections.get(ID)).toMatchObject({ leadMs: 2_400, tries: 1 })
    expect([...ends.wrong(set, took(2_510), corrections)]).toEqual([])
  })
})
