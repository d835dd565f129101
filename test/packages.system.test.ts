// The packages as npm would publish them: packed, installed into empty projects, type-checked, and run.

import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  compile,
  compiledProject,
  contents,
  type Manifest,
  manifestOf,
  PACKAGES,
  packFirst,
  project,
  readJson,
  root,
  run,
} from './packed.js'
import { describeOn } from './packed-on-node.js'
import { describeWith } from './parts.js'

describeWith(['registry'], 'the packages as npm would publish them', () => {
  packFirst()

  it.each(PACKAGES)('%s is found good by publint', async (name) => {
    const pkgDir = join(root, 'packages', name)
    const { messages, pkg } = await publint({ pkgDir, strict: true, pack: 'npm' })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  it.each(PACKAGES)('%s has its licence, its own page, and no files for development', (name) => {
    const files = contents.get(name) ?? []
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
    expect(
      files.filter((path) => /\.(test|contract|fixture)\.|\.tsbuildinfo|^(?!dist|cjs|src|assets).+\//.test(path)),
    ).toEqual([])
    expect(readFileSync(join(root, 'packages', name, 'LICENSE'))).toEqual(readFileSync(join(root, 'LICENSE')))
  })

  it('have one version, and depend on each other in that version', () => {
    const { version } = readJson(root, 'package.json') as Manifest
    for (const name of PACKAGES) {
      const manifest = manifestOf(name)
      const others = Object.entries(manifest.dependencies ?? {}).filter(([other]) => other.startsWith('@rightofway/'))
      expect([manifest.version, ...others.map(([, wanted]) => wanted)]).toEqual(
        new Array(others.length + 1).fill(version),
      )
    }
  })

  it('of them the SDK has no dependencies, and compiles without the types of Node', async () => {
    const dir = await project('sdk-alone', ['sdk'])
    expect(readdirSync(join(dir, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['@rightofway'])
    expect(readdirSync(join(dir, 'node_modules/@rightofway'))).toEqual(['sdk'])
    cpSync(join(root, 'examples/page.ts'), join(dir, 'page.ts'))
    cpSync(join(root, 'examples/edge.ts'), join(dir, 'edge.ts'))
    writeFileSync(join(dir, 'testing.ts'), "export { qodEventRequest } from '@rightofway/sdk/testing'\n")
    await compile(dir, { types: [], noEmit: true })
    await compile(dir, { types: [], noEmit: true, module: 'ESNext', moduleResolution: 'bundler' })
  })

  describe('of them the SDK in a CommonJS project', () => {
    let dir: string
    beforeAll(async () => {
      dir = await project('commonjs', ['sdk', 'jest@29'], process.env, 'commonjs')
      const program = `import { NetworkAsCodeClient, QodApiError } from '@rightofway/sdk'
import { qodEventRequest } from '@rightofway/sdk/testing'
export const client: NetworkAsCodeClient = new NetworkAsCodeClient({ token: 'key' })
console.log(typeof QodApiError, qodEventRequest().method)
`
      writeFileSync(join(dir, 'program.ts'), program)
    }, 600_000)

    it.each([
      ['node16', 'node16'],
      ['nodenext', 'nodenext'],
      ['commonjs', 'node10'],
      ['esnext', 'bundler'],
    ])('compiles with module %s and moduleResolution %s', async (module, moduleResolution) => {
      await compile(dir, { types: [], noEmit: true, module, moduleResolution })
    })

    it('runs what was compiled, on this Node', async () => {
      await compile(dir, { types: [], module: 'node16', moduleResolution: 'node16' })
      expect((await run(process.execPath, ['out/program.js'], { cwd: dir })).stdout).toBe('function POST\n')
    })

    it('has one copy of each class, required or imported: errors of either are instances', async () => {
      const script = `import('@rightofway/sdk').then((esm) =>
        console.log(esm.QodApiError === require('@rightofway/sdk').QodApiError))`
      const { stdout } = await run(process.execPath, ['-e', script], { cwd: dir })
      expect(stdout).toBe('true\n')
    })

    it('is tested with Jest 29 as it comes', async () => {
      writeFileSync(
        join(dir, 'sink.test.js'),
        `const { NetworkAsCodeClient, QodArgumentError, parseQodEvent } = require('@rightofway/sdk')
const { qodEventRequest } = require('@rightofway/sdk/testing')
test('takes an event', async () => {
  const request = qodEventRequest({ token: 'secret' })
  const bytes = Buffer.from(await request.text())
  const headers = { authorization: 'Bearer secret' }
  expect((await parseQodEvent({ headers, body: bytes }, { token: 'secret' })).status).toBe('AVAILABLE')
  expect((await parseQodEvent(qodEventRequest({ token: 'secret' }), { token: 'secret' })).status).toBe('AVAILABLE')
  expect(() => new NetworkAsCodeClient({})).toThrow(QodArgumentError)
})
`,
      )
      const { stderr } = await run(join(dir, 'node_modules/.bin/jest'), ['--ci'], { cwd: dir })
      expect(stderr).toContain('1 passed, 1 total')
    }, 120_000)
  })

  it('compile with the settings of a new project: lib ES2022 and DOM, every declaration checked', async () => {
    await compiledProject()
  }, 600_000)

  describeOn(process.versions.node, async () => ({ node: process.execPath, env: process.env }))
})
