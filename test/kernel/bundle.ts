// The suites as a few files: a guest reads over a slow file system and compiles slowly.

import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { bundleProgram } from '../../scripts/program/bundle.js'

export const REPOSITORY = join(import.meta.dirname, '..', '..')
/** Beside `node_modules`, which has the one module that cannot be bundled. */
export const BUNDLE = join(REPOSITORY, 'node_modules', '.cache', 'kernel-suites')

/** The folder of a guest's results, by release. */
export const resultsOf = (release: string): string =>
  join(REPOSITORY, 'node_modules', '.cache', 'kernel-results', release)

const SUITES = join(REPOSITORY, 'packages/gateway/src/adapters/network-linux')
const ENDING = '.system.test.ts'

/** Bundles all suites of the Linux network. @returns their names */
export async function bundle(): Promise<string[]> {
  const suites = readdirSync(SUITES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(ENDING))
  const entries = suites.map((file) => [basename(file, ENDING), join(SUITES, file)] as const)
  rmSync(BUNDLE, { recursive: true, force: true })
  await build({
    entryPoints: {
      ...Object.fromEntries(entries),
      main: join(import.meta.dirname, 'guest', 'main.ts'),
      // A station is a separate process, and its file is expected beside the one that starts it.
      station: join(REPOSITORY, 'packages/lab/src/traffic/station.ts'),
    },
    outdir: BUNDLE,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['rightofway-source'],
    alias: { vitest: join(import.meta.dirname, 'guest', 'vitest.ts') },
    external: ['better-sqlite3'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'\nconst require = makeRequire(import.meta.url)",
    },
    logLevel: 'error',
  })
  return entries.map(([name]) => name)
}

const PROGRAM = join(BUNDLE, 'program')

/** Bundles the command line. @returns the file that Node runs */
export async function bundleCommandLine(): Promise<string> {
  const program = await bundleProgram(REPOSITORY, PROGRAM, false)
  program.write(PROGRAM)
  return join(PROGRAM, 'main.js')
}
