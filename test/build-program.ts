// Before tests that start processes: bundles the command line from the current sources, so that no test runs an old
// build. It takes one or two seconds, about as long as the start of one gateway that is not bundled.

import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { bundleProgram } from '../scripts/program/bundle.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, 'node_modules/.cache/program')
/** Bundles that were not used for so long are deleted. */
const KEPT_MS = 24 * 3_600_000

export default async function setup(project: TestProject): Promise<void> {
  // The projects of a run share one program.
  if (process.env['RIGHTOFWAY_TEST_PROGRAM'] !== undefined) return
  await buildProgram()
  project.onTestsRerun(buildProgram)
}

async function buildProgram(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  for (const name of readdirSync(FOLDER)) {
    const folder = join(FOLDER, name)
    if (Date.now() - statSync(folder).mtimeMs > KEPT_MS) rmSync(folder, { recursive: true, force: true })
  }
  const bundle = await bundleProgram(ROOT, join(FOLDER, 'new'), true)
  const written = mkdtempSync(join(FOLDER, 'new-'))
  bundle.write(written)
  // Tests start it as other users, too.
  chmodSync(written, 0o755)
  const folder = join(FOLDER, hashOf(written))
  // Concurrent runs may use the same file: it never changes, and is complete when it appears.
  if (existsSync(folder)) {
    rmSync(written, { recursive: true })
    utimesSync(folder, new Date(), new Date())
  } else renameSync(written, folder)
  process.env['RIGHTOFWAY_TEST_PROGRAM'] = join(folder, 'main.js')
}

function hashOf(folder: string): string {
  const hash = createHash('sha256')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    hash.update(relative(folder, path)).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 16)
}
