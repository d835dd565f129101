import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GENERATED } from '../scripts/docs/index.js'

describe('the pages that are made from the code', () => {
  it.each(GENERATED.map((page) => [page.file, page] as const))('%s is what `npm run docs` writes', (file, page) => {
    expect(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')).toBe(page.generate())
  })
})
