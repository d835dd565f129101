import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { releaseOrder } from '../scripts/release/order.js'
import { canProve } from '../scripts/release/publish.js'
import { sbomOf } from '../scripts/release/sbom.js'
import { unready } from '../scripts/release/unready.js'

const READY = {
  changelog: '# Changelog\n\n## 1.2.0 (2030-01-01)\n\n- Something.\n',
  version: '1.2.0',
  changes: '',
  provenance: true,
}

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

  it('waits while npm cannot say where the packages were built', () => {
    expect(unready({ ...READY, provenance: false })).toEqual([expect.stringContaining('--without-provenance')])
    expect(canProve({})).toBe(false)
    expect(canProve({ ACTIONS_ID_TOKEN_REQUEST_URL: 'https://ci.example/token' })).toBe(true)
  })
})

describe('the bill of materials of a package', () => {
  const component = (name: string) => ({ 'bom-ref': `${name}@1`, name: name.replace(/.*\//, '') })
  const bom = {
    metadata: { component: component('root') },
    components: ['@rightofway/cli', '@rightofway/sdk', 'commander', 'left', 'vite'].map(component),
    dependencies: [
      { ref: '@rightofway/cli@1', dependsOn: ['@rightofway/sdk@1', 'commander@1', 'vite@1'] },
      { ref: '@rightofway/sdk@1', dependsOn: ['@rightofway/cli@1'] },
      { ref: 'commander@1', dependsOn: ['left@1'] },
      { ref: 'left@1' },
      { ref: 'vite@1' },
    ],
  }
  const manifests = [
    { name: '@rightofway/cli', dependencies: { '@rightofway/sdk': '1', other: 'npm:commander@^1' } },
    { name: '@rightofway/sdk' },
  ]

  it('has all dependencies, also indirect ones, and no development dependencies', () => {
    const { metadata, components, dependencies } = sbomOf(bom, manifests, '@rightofway/cli')
    expect(metadata.component.name).toBe('@rightofway/cli')
    expect(components.map(({ name }) => name)).toEqual(['@rightofway/sdk', 'commander', 'left'])
    expect(dependencies[0]).toEqual({ ref: '@rightofway/cli@1', dependsOn: ['@rightofway/sdk@1', 'commander@1'] })
    expect(sbomOf(bom, manifests, '@rightofway/sdk').components).toEqual([])
  })

  it('fails where npm leaves something out', () => {
    expect(() => sbomOf(bom, manifests, '@rightofway/other')).toThrow('no @rightofway/other')
    const more = [{ name: '@rightofway/cli', optionalDependencies: { missing: '1' } }]
    expect(() => sbomOf(bom, more, '@rightofway/cli')).toThrow('what @rightofway/cli@1 needs lacks missing')
  })
})

describe('the packages that are published', () => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const order = releaseOrder(root)
  interface Manifest {
    readonly repository: { readonly type: string; readonly url: string; readonly directory?: string }
    readonly homepage: string
    readonly keywords: readonly string[]
    readonly publishConfig: { readonly access: string }
    readonly dependencies?: Readonly<Record<string, string>>
  }
  const manifestOf = (name: string) =>
    JSON.parse(readFileSync(`${root}/packages/${name}/package.json`, 'utf8')) as Manifest

  it('are complete, each once', () => {
    expect(order.toSorted()).toEqual(readdirSync(`${root}/packages`).toSorted())
  })

  it('come after their dependencies', () => {
    for (const [index, name] of order.entries()) {
      const needed = Object.keys(manifestOf(name).dependencies ?? {}).filter((other) =>
        other.startsWith('@rightofway/'),
      )
      expect(order.slice(0, index)).toEqual(expect.arrayContaining(needed.map((other) => other.split('/')[1])))
    }
  })

  it.each(order)('%s has its repository, its keywords, and public access', (name) => {
    const { repository, homepage, keywords, publishConfig } = manifestOf(name)
    const { url } = (JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as Manifest).repository
    expect(repository).toEqual({ type: 'git', url, directory: `packages/${name}` })
    expect(homepage).toContain(`/packages/${name}#readme`)
    expect(keywords.length).toBeGreaterThan(2)
    expect(publishConfig).toEqual({ access: 'public' })
  })
})
