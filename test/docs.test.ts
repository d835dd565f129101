import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../packages/gateway/src/config/config.js'
import { GENERATED } from '../scripts/docs/index.js'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

/** All pages, except the generated API reference. */
const docs = readdirSync(new URL('../docs', import.meta.url), { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.md') && !name.startsWith('api/'),
)

/** Whether the file exists, with a heading that has the anchor. */
function leads(file: string, heading: string | undefined): boolean {
  if (!existsSync(new URL(`../${file}`, import.meta.url))) return false
  if (heading === undefined) return true
  const anchors = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-'),
  )
  return anchors.includes(heading)
}

describe('the pages that are made from the code', () => {
  it.each(GENERATED.map((page) => [page.file, page] as const))(
    '%s is what `npm run docs` writes',
    async (file, page) => {
      expect(read(file)).toBe(await page.generate())
    },
  )
})

describe('the pages', () => {
  it('link to existing pages and headings', () => {
    const pages = [
      'README.md',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'examples/README.md',
      ...docs.map((name) => `docs/${name}`),
    ]
    const missing = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#:\s]+)(?:#([^)]+))?\)/g)]
        .filter(([, to = '', heading]) => !leads(join(dirname(page), to), heading))
        .map(([link]) => `${page}: ${link}`),
    )
    expect(missing).toEqual([])
  })

  it('are in one of the four folders, and in the index', () => {
    const index = read('docs/README.md')
    const pages = docs.filter((name) => name !== 'README.md')
    expect(pages.filter((name) => !/^(guides|operate|reference|internals)\/[^/]+$/.test(name))).toEqual([])
    expect(pages.filter((name) => !index.includes(`](${name})`))).toEqual([])
  })

  it('show the page in the README as in the examples, which run it', () => {
    expect(read('README.md')).toContain(`\`\`\`ts\n${read('examples/page.ts')}\`\`\``)
  })

  it.each([
    ['docs/reference/configuration.md', 8],
    ['docs/operate/run-on-a-router.md', 1],
    ['docs/operate/networks-behind-an-api.md', 4],
    ['docs/guides/5g-core.md', 1],
    ['docs/operate/behind-a-proxy.md', 2],
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
