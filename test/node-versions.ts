// Other versions of Node, from npm: the per-platform packages of the `node` package.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The oldest supported version, and the newest ones in use. */
export const NODE_VERSIONS = ['20.19.0', '22.23.3', '24.21.0', '26.12.1'] as const
export type NodeVersion = (typeof NODE_VERSIONS)[number]

const cache = fileURLToPath(new URL('../node_modules/.cache/node/', import.meta.url))

export interface NodeInstallation {
  /** Path of its executable. */
  readonly node: string
  /** An environment in which it is the only `node`, also for its child processes. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Fetches a version of Node if it is missing. */
export async function nodeOf(version: NodeVersion): Promise<NodeInstallation> {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const folder = `${cache}${version}`
  const node = `${folder}/node_modules/${name}/bin/node${platform === 'win' ? '.exe' : ''}`
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}/package.json`, '{ "private": true }')
    await run('npm', ['install', '--no-audit', '--no-fund', `${name}@${version}`], { cwd: folder })
  }
  return { node, env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` } }
}
