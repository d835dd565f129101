// Our packages as npm would publish them, installed into empty projects.

import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect } from 'vitest'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const run = promisify(execFile)

export interface Manifest {
  readonly name: string
  readonly version: string
  /** Not published. */
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}
export const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8')) as unknown
export const manifestOf = (name: string) => readJson(root, 'packages', name, 'package.json') as Manifest
const VERSIONS = (readJson(root, 'package.json') as { devDependencies: Record<string, string> }).devDependencies

export const PACKAGES = readdirSync(join(root, 'packages')).filter((name) => !manifestOf(name).private)

let folder: string
/** The files of each package, by its folder in the repository. */
export const contents = new Map<string, string[]>()
const tarballs = new Map<string, string>()

async function packAll(): Promise<void> {
  const workspaces = PACKAGES.flatMap((name) => ['-w', `packages/${name}`])
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder, ...workspaces], { cwd: root })
  // A list until npm 11, an object by name after it.
  const packed = Object.values(
    JSON.parse(stdout) as Record<string, { name: string; filename: string; files: { path: string }[] }>,
  )
  for (const name of PACKAGES) {
    const one = packed.find((each) => each.name === manifestOf(name).name)
    if (one === undefined) throw new Error(`npm packed nothing of ${name}`)
    tarballs.set(name, join(folder, one.filename))
    contents.set(
      name,
      one.files.map(({ path }) => path),
    )
  }
}

/** An empty project, and these packages installed into it. */
export async function project(
  name: string,
  packages: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
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

/** The compiler options of a new project. */
const TYPESCRIPT = {
  strict: true,
  target: 'ES2022',
  lib: ['ES2022', 'DOM'],
  module: 'NodeNext',
  skipLibCheck: false,
  outDir: 'out',
}

export async function compile(dir: string, compilerOptions: object): Promise<void> {
  writeFileSync(
    join(dir, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...TYPESCRIPT, ...compilerOptions }, include: ['*.ts'] }),
  )
  const { stdout } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', dir]).catch(
    (error: { stdout: string }) => error,
  )
  expect(stdout).toBe('')
}

/** Packs them before the tests of a file. */
export function packFirst(): void {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rightofway-packages-'))
    await packAll()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
}

let compiled: Promise<string> | undefined

/** A project in which all packages and two of our examples are compiled to `out`: one for the tests of a file. */
export function compiledProject(): Promise<string> {
  compiled ??= compileAll()
  return compiled
}

async function compileAll(): Promise<string> {
  const types = ['typescript', '@types/node'].map((name) => `${name}@${VERSIONS[name]}`)
  const dir = await project('compiled', [...PACKAGES, ...types])
  for (const file of ['page.ts', 'testing/video-call.ts', 'testing/video-call.node-test.ts']) {
    cpSync(join(root, 'examples', file), join(dir, file.replace('testing/', '')))
  }
  const entries = ['camara', 'camara/schemas', 'gateway', 'sandbox', 'sdk', 'sdk/testing']
  const lines = entries.map((name, index) => `export * as package${index} from '@rightofway/${name}'\n`)
  writeFileSync(join(dir, 'all.ts'), lines.join(''))
  await compile(dir, { types: ['node'] })
  return dir
}
