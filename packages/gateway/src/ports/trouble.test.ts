import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Trouble } from './trouble.js'

const MINUTE_MS = 60_000

const lines: [level: string, message: string, fields: object][] = []
const log = {
  info: (fields: object, message: string) => void lines.push(['info', message, fields]),
  warn: (fields: object, message: string) => void lines.push(['warn', message, fields]),
  error: (fields: object, message: string) => void lines.push(['error', message, fields]),
}
const failure = new Error('the disk is full')
const options = { broken: 'it broke', mended: 'it works again', fields: { network: 'n' } }

beforeEach(() => {
  vi.useFakeTimers()
  lines.length = 0
})
afterEach(() => vi.useRealTimers())

describe('the log of something that is retried', () => {
  it('says when it breaks, counts failures each minute, and says when it works again', () => {
    const trouble = new Trouble(log, options)
    for (let n = 0; n < 1_000; n++) trouble.failed(failure, { session: 's' })
    expect(lines).toEqual([['error', 'it broke', { err: failure, network: 'n', session: 's' }]])
    vi.advanceTimersByTime(MINUTE_MS)
    trouble.failed(failure)
    vi.advanceTimersByTime(2 * MINUTE_MS)
    trouble.over()
    trouble.over()
    vi.advanceTimersByTime(MINUTE_MS)
    expect(lines.slice(1)).toEqual([
      ['error', 'it broke (repeated in the last minute)', { network: 'n', failures: 999 }],
      ['error', 'it broke (repeated in the last minute)', { network: 'n', failures: 1 }],
      ['info', 'it works again', { network: 'n', failures: 1_001 }],
    ])
  })

  it('names each reason once, and at most ten of them', () => {
    const trouble = new Trouble(log, options)
    for (let round = 0; round < 2; round++)
      for (let n = 0; n < 20; n++) trouble.failed(new Error(`reason ${n}`), {}, 'warn')
    expect(lines).toHaveLength(10)
    expect(new Set(lines.map(([level]) => level))).toEqual(new Set(['warn']))
  })

  it('takes a minute without a failure for the end where the caller says so, and can break again', () => {
    const trouble = new Trouble(log, { ...options, mendedBySilence: true })
    trouble.failed(failure)
    vi.advanceTimersByTime(MINUTE_MS - 1)
    trouble.failed(new Error('another reason'))
    vi.advanceTimersByTime(1)
    expect(lines.splice(0).map(([, message]) => message)).toEqual(['it broke', 'it broke'])
    trouble.failed(failure)
    vi.advanceTimersByTime(2 * MINUTE_MS)
    expect(lines.map(([, message]) => message)).toEqual(['it broke (repeated in the last minute)', 'it works again'])
    trouble.failed(failure)
    expect(lines.at(-1)).toEqual(['error', 'it broke', { err: failure, network: 'n' }])
    trouble.close()
  })
})
