import { expect, it } from 'vitest'
import { behindCore, KINDS } from './behind-core.js'

/**
 * Without combined networks: one ends a session too early that was extended while the gateway was down, and whose earlier
 * end has passed since.
 */
const SHOWN = KINDS.filter((kind) => kind !== 'combined')

it.each(SHOWN)(
  'leaves nothing behind at a network of kind %s, though both are killed and answers get lost',
  async (kind) => {
    const report = await behindCore({ kind, rounds: 12, seed: 7, clients: 6, maxLatenessMs: 10_000 })
    expect(report.violations).toEqual([])
    // There must have been load.
    expect(report.sessions).toBeGreaterThan(20)
    // Reservations that can be listed are found again.
    if (kind !== 'pcf') expect(report.orphans).toBe(0)
  },
  240_000,
)
