import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../packages/gateway/src/config/config.js'
import { GENERATED } from '../scripts/docs/index.js'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

describe('the pages', () => {
  it.each(GENERATED.map((page) => [page.file, page] as const))('%s is what `npm run docs` writes', (file, page) => {
    expect(read(file)).toBe(page.generate())
  })

  it.each([
    ['docs/configuration.md', 4],
    ['docs/run-on-a-router.md', 1],
  ])('show configuration files that can be used: %s', (page, count) => {
    const dir = mkdtempSync(join(tmpdir(), 'rightofway-docs-'))
    const file = join(dir, 'gateway.yaml')
    const examples = [...read(page).matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)
    expect(examples).toHaveLength(count)
    for (const text of examples) {
      writeFileSync(file, text)
      expect(loadConfig({ file })).toMatchObject(parse(text) as object)
    }
    rmSync(dir, { recursive: true })
  })
})
