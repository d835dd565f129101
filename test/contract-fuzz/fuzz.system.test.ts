// A short run of `npm run fuzz:contract`, which tries all documents, other seeds and more examples.

import { expect, it } from 'vitest'
import { describeWith } from '../parts.js'
import { DOCUMENTS, fuzz } from './fuzz.js'

const CANONICAL = ['/quality-on-demand/v1', '/qos-profiles/v1']

describeWith(['schemathesis'], 'schemathesis', () => {
  it.each(DOCUMENTS.filter(({ name }) => CANONICAL.includes(name)))(
    'finds no difference between $name and its document',
    { timeout: 400_000 },
    async (document) => {
      expect(await fuzz(document, { examples: 20, seed: 1 })).toBeUndefined()
    },
  )
})
