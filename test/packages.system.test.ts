// The packages as npm would publish them: packed, installed into empty projects, type-checked, and run.

import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGatewayProcess } from './gateway-process.js'
import { NODE_VERSIONS, type NodeInstallation, nodeOf } from './node-versions.js'
import { describeWith } from './parts.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

interface Manifest {
  readonly name: string
  readonly version: string
  /** For us alone. */
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8')) as unknown
const manifestOf = (name: string) => readJson(root, 'packages', name, 'package.json') as Manifest
const VERSIONS = (readJson(root, 'package.json') as { devDependencies: Record<string, string> }).devDependencies

const PACKAGES = readdirSync(join(root, 'packages')).filter((name) => !manifestOf(name).private)

let folder: string
/** The files of each package, by the folder it has here. */
const contents = new Map<string, string[]>()
const tarballs = new Map<string, string>()

async function pack(name: string): Promise<void> {
  const args = ['pack', '--json', '--pack-destination', folder]
  const { stdout } = await run('npm', args, { cwd: join(root, 'packages', name) })
  // A list until npm 11, an object by name after it.
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>)
  if (packed === undefined) throw new Error(`npm packed nothing of ${name}`)
  tarballs.set(name, join(folder, packed.filename))
  contents.set(
    name,
    packed.files.map(({ path }) => path),
  )
}

/** An empty project, and these packages installed into it. */
async function project(
  name: string,
  packages: readonly string[],
  env: NodeInstallation['env'] = process.env,
  type: 'module' | 'commonjs' = 'module',
) {
  const dir = join(folder, name)
  mkdirSync(dir)
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ private: true, type }))
  const specs = packages.map((spec) => tarballs.get(spec) ?? spec)
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', ...specs]
  await run('npm', args, { cwd: dir, env })
  return dir
}

/** What a new project has, and no more. */
const TYPESCRIPT = {
  strict: true,
  target: 'ES2022',
  lib: ['ES2022', 'DOM'],
  module: 'NodeNext',
  skipLibCheck: false,
  outDir: 'out',
}

async function compile(dir: string, compilerOptions: object): Promise<void> {
  writeFileSync(
    join(dir, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...TYPESCRIPT, ...compilerOptions }, include: ['*.ts'] }),
  )
  const { stdout } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', dir]).catch(
    (error: { stdout: string }) => error,
  )
  expect(stdout).toBe('')
}

describeWith(['registry'], 'the packages as npm would publish them', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rightofway-packages-'))
    for (const name of PACKAGES) await pack(name)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(PACKAGES)('%s is found good by publint', async (name) => {
    const pkgDir = join(root, 'packages', name)
    const { messages, pkg } = await publint({ pkgDir, strict: true, pack: 'npm' })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  it.each(PACKAGES)('%s has its licence, a page of its own, and nothing that only we need', (name) => {
    const files = contents.get(name) ?? []
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
    expect(
      files.filter((path) => /\.(test|contract|fixture)\.|\.tsbuildinfo|^(?!dist|cjs|src|assets).+\//.test(path)),
    ).toEqual([])
    expect(readFileSync(join(root, 'packages', name, 'LICENSE'))).toEqual(readFileSync(join(root, 'LICENSE')))
  })

  it('have one version, and each wants the others in it', () => {
    const { version } = readJson(root, 'package.json') as Manifest
    for (const name of PACKAGES) {
      const manifest = manifestOf(name)
      const others = Object.entries(manifest.dependencies ?? {}).filter(([other]) => other.startsWith('@rightofway/'))
      expect([manifest.version, ...others.map(([, wanted]) => wanted)]).toEqual(
        new Array(others.length + 1).fill(version),
      )
    }
  })

  it('of them the SDK brings nothing along, and compiles where there are no types of Node', async () => {
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

  it('compile with what a new project has: lib ES2022 and DOM, every declaration checked', async () => {
    const types = ['typescript', '@types/node'].map((name) => `${name}@${VERSIONS[name]}`)
    const dir = await project('compiled', [...PACKAGES, ...types])
    for (const file of ['page.ts', 'testing/video-call.ts', 'testing/video-call.node-test.ts']) {
      cpSync(join(root, 'examples', file), join(dir, file.replace('testing/', '')))
    }
    const entries = ['camara', 'camara/schemas', 'gateway', 'sandbox', 'sdk', 'sdk/testing']
    const lines = entries.map((name, index) => `export * as package${index} from '@rightofway/${name}'\n`)
    writeFileSync(join(dir, 'all.ts'), lines.join(''))
    await compile(dir, { types: ['node'] })
  }, 600_000)

  describe.each(NODE_VERSIONS)('on Node %s', (version) => {
    let installation: NodeInstallation
    let dir: string
    let main: string

    const node = async (...args: string[]) =>
      (await run(installation.node, args, { cwd: dir, env: installation.env })).stdout

    beforeAll(async () => {
      installation = await nodeOf(version)
      dir = await project(version, PACKAGES, installation.env)
      main = join(dir, 'node_modules/@rightofway/cli/dist/main.js')
      if (version.startsWith('20.')) await bringSqlite()
      // What the test above has compiled.
      cpSync(join(folder, 'compiled/out'), join(dir, 'out'), { recursive: true })
    }, 600_000)

    /** Node 20's SQLite is compiled where npm finds none that is: ours, if it is for the same Node. */
    async function bringSqlite(): Promise<void> {
      const place = 'node_modules/better-sqlite3/build'
      if ((await node('-p', 'process.versions.modules')).trim() === process.versions.modules) {
        cpSync(join(root, place), join(dir, place), { recursive: true })
      } else await run('npm', ['rebuild', 'better-sqlite3'], { cwd: dir, env: installation.env })
    }

    it('can be imported, each of them', async () => {
      expect((await node('-p', 'process.version')).trim()).toBe(`v${version}`)
      await node('out/all.js')
    })

    it('run the page as it is written, against `rightofway serve`', async () => {
      const dataDir = join(dir, 'data')
      const program = { main, node: installation.node }
      const gateway = await startGatewayProcess({ dataDir, flags: ['--sandbox'], program })
      try {
        const key = (await node(main, 'keys', 'create', 'my-app', '--data-dir', dataDir)).trim()
        const page = readFileSync(join(dir, 'out/page.js'), 'utf8').replace('<your-application-key>', key)
        writeFileSync(join(dir, 'out/page.js'), page)
        const env = { ...installation.env, RIGHTOFWAY_URL: gateway.url }
        const { stdout } = await run(installation.node, ['out/page.js'], { cwd: dir, env })
        expect(stdout).toContain("status: 'AVAILABLE'")
        expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^3600 \d{4}-\S+Z \d{4}-\S+Z$/)
      } finally {
        await gateway.signal('SIGTERM')
      }
    })

    it("run users' own tests in a sandbox, with node:test", async () => {
      expect(await node('--test', 'out/video-call.node-test.js')).toMatch(/pass 2/)
    })

    it('run the demo', async () => {
      expect((await node(main, 'demo')).trimEnd().split('\n').at(-1)).toContain('in spite of kill -9')
    })
  })
})
