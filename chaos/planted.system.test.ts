import { beforeAll, describe, expect, it } from 'vitest'
import { type PlantedReport, planted } from './planted.js'
import { PLANTS } from './plants.js'

describe('the checker, of a running gateway', () => {
  let reports: readonly PlantedReport[]
  beforeAll(async () => {
    reports = await planted({ seed: 1, clients: 8, plants: PLANTS, maxLatenessMs: 8_000 })
  })

  it('finds nothing if no fault is planted [control]', () => {
    const [control] = reports
    expect(control).toMatchObject({ plant: undefined, struck: [], violations: [] })
    // There must be sessions to check.
    expect(control?.sessions).toBeGreaterThan(20)
  })

  it.each(PLANTS)('finds every session that a planted fault hit, and no other: %s', (plant) => {
    const report = reports.find((one) => one.plant === plant)
    expect(report?.struck.length).toBeGreaterThan(0)
    expect(report?.found).toEqual(report?.struck)
  })
})
