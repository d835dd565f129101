// The command line as published: sources and packages in few files.

import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Bundle, bundleProgram } from '../scripts/program/bundle.js'
import { noticesOf } from '../scripts/program/notices.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The files that are read to run one of them: all that it imports, and not what it may import later. */
function filesFor(bundle: Bundle, name: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(name)) return found
  found.add(name)
  for (const { name: other, isLater } of bundle.imports.get(name) ?? []) {
    if (other.startsWith('./') && !isLater) filesFor(bundle, other.slice(2), found)
  }
  return found
}

describe('the bundled command line', () => {
  let bundle: Bundle
  beforeAll(async () => {
    bundle = await bundleProgram(ROOT, join(ROOT, 'packages/cli/dist'), false)
  })

  it('has an own file for each thread and process that it starts', () => {
    expect([...bundle.files.keys()]).toEqual(
      expect.arrayContaining(['main.js', 'thread.js', 'sink-client-thread.js', 'device-files-thread.js', 'station.js']),
    )
  })

  it('reads a part of itself to describe its commands, without the gateway', () => {
    const files = [...filesFor(bundle, 'main.js')]
    const text = files.map((name) => bundle.files.get(name)).join('')
    expect(text).toContain('run a gateway')
    expect(text.length).toBeLessThan(300_000)
    expect(text).not.toContain('fastify')
  })

  it('imports only the dependencies of its package', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'packages/cli/package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const imported = [...bundle.imports.values()].flat().map(({ name }) => name)
    const packages = new Set(imported.filter((name) => !/^(\.\/|node:)/.test(name) && !isBuiltin(name)))
    // Optional, by `pg`.
    packages.delete('pg-native')
    expect(packages).toEqual(new Set(['@fastify/swagger-ui']))
    expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining([...packages]))
  })

  it('includes the licence of every package in it', () => {
    const notices = noticesOf(ROOT, bundle.packages)
    for (const folder of bundle.packages) expect(notices).toContain(`\n${folder.replace(/^.*node_modules\//, '')} `)
    expect(notices).toMatch(/\nundici [\d.]+ \(MIT\)\n\nMIT License/)
  })
})
