import { expect, it } from 'vitest'
import { backlog } from './backlog.js'

it('delivers every event of a backlog of 10 000, in order and under one id, killed with -9 and restarted in the middle of it', async () => {
  const report = await backlog({ sessions: 5_000, stops: ['SIGKILL', 'SIGTERM', 'SIGKILL'] })
  expect(report.expected.size).toBe(10_000)
  expect(new Set(report.arrived)).toEqual(report.expected)
  expect(report.changed).toEqual([])
  expect(report.outOfOrder).toEqual([])
  expect(report.left).toEqual({ waiting: 0, dead: 0 })
  // The kills must be in the middle of the backlog.
  for (const [index, count] of report.atStops.entries()) {
    expect(count).toBeGreaterThan(2_000 * (index + 1))
    expect(count).toBeLessThan(10_000)
  }
}, 240_000)
