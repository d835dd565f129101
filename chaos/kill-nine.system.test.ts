import { expect, it } from 'vitest'
import { killNine } from './kill-nine.js'

it('loses nothing and ends everything once, killed with -9 20 times under load', async () => {
  const report = await killNine({ kills: 20, seed: 42, clients: 16, maxLatenessMs: 5_000 })
  expect(report.violations).toEqual([])
  // Without load the test would prove nothing.
  expect(report.sessions).toBeGreaterThan(50)
  expect(report.latenessMs.length).toBeGreaterThan(10)
}, 240_000)
