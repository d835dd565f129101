import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { releaseOrder } from '../scripts/release/order.js'
import { unready } from '../scripts/release/unready.js'

const READY = { changelog: '# Changelog\n\n## 1.2.0 (2030-01-01)\n\n- Something.\n', version: '1.2.0', changes: '' }

describe('a release', () => {
  it('is ready when the changelog names its version, and all is committed', () => {
    expect(unready(READY)).toEqual([])
  })

  it('waits while the changelog says Pending', () => {
    const changelog = READY.changelog.replace('## 1.2.0', '## Pending\n\n- More.\n\n## 1.2.0')
    expect(unready({ ...READY, changelog })).toEqual(['CHANGELOG.md still has entries under Pending'])
  })

  it('waits while the changelog begins with another version', () => {
    expect(unready({ ...READY, version: '1.2.1' })).toEqual(['CHANGELOG.md does not begin with 1.2.1'])
  })

  it('waits while something is not committed', () => {
    expect(unready({ ...READY, changes: ' M README.md\n' })).toEqual(['there are changes that are not committed'])
  })
})

describe('the packages that are published', () => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const order = releaseOrder(root)

  it('are all of them, once', () => {
    expect(order.toSorted()).toEqual(readdirSync(`${root}/packages`).toSorted())
  })

  it('come after those that they need', () => {
    for (const [index, name] of order.entries()) {
      const manifest = JSON.parse(readFileSync(`${root}/packages/${name}/package.json`, 'utf8')) as {
        dependencies?: Record<string, string>
      }
      const needed = Object.keys(manifest.dependencies ?? {}).filter((other) => other.startsWith('@rightofway/'))
      expect(order.slice(0, index)).toEqual(expect.arrayContaining(needed.map((other) => other.split('/')[1])))
    }
  })
})
