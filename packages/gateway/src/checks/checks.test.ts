import { instant } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { checkNode } from './node.js'
import { checkClock } from './store.js'

describe('the checks', () => {
  it.each([
    ['18.20.0', 'problem'],
    ['20.18.9', 'problem'],
    ['20.19.0', 'warning'],
    ['22.0.0', 'ok'],
    ['24.1.0', 'ok'],
  ])('rate Node %s: %s', (version, verdict) => {
    expect(checkNode(version).verdict).toBe(verdict)
  })

  it('find a clock that has gone back, by the latest entry in the store, and not by the time of a sandbox', () => {
    const now = Date.parse('2030-01-01T12:00:00Z')
    const at = (ms: number, sandboxOffsetMs = 0) => checkClock({ lastEventAt: instant(now + ms), sandboxOffsetMs }, now)
    expect(at(-1).verdict).toBe('ok')
    expect(at(59_000).verdict).toBe('ok')
    expect(at(120_000)).toMatchObject({
      verdict: 'problem',
      says: expect.stringContaining('2030-01-01T12:02:00.000Z') as unknown,
    })
    expect(at(7_200_000, 7_200_000).verdict).toBe('ok')
    expect(checkClock(undefined, now).verdict).toBe('ok')
  })
})
