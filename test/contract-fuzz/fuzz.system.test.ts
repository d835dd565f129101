// A short run of `npm run fuzz:contract`, which tries more examples of each operation, and other seeds: every document, and
// the two that applications are written against in every way that schemathesis has.

import { expect, it } from 'vitest'
import { describeWith } from '../parts.js'
import { DOCUMENTS, fuzz } from './fuzz.js'

const CANONICAL = ['/quality-on-demand/v1', '/qos-profiles/v1']

describeWith(['schemathesis'], 'schemathesis', () => {
  it.each(DOCUMENTS)('finds no difference between $name and its document', { timeout: 400_000 }, async (document) => {
    const extent = CANONICAL.includes(document.name) ? { examples: 10 } : { examples: 3, phases: 'fuzzing' }
    expect(await fuzz(document, { ...extent, seed: 1 })).toBeUndefined()
  })
})
