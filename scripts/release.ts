// npm run release: publishes all packages, if what the changelog says of them is ready. docs/reference/versioning.md has the steps
// before it. `-- --dry-run` shows what would be published.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { releaseOrder } from './release/order.js'
import { unready } from './release/unready.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dryRun = process.argv.includes('--dry-run')
const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: root, stdio: 'inherit' })

const reasons = unready({
  changelog: readFileSync(`${root}CHANGELOG.md`, 'utf8'),
  version: (JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }).version,
  changes: execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }),
})
for (const reason of reasons) process.stderr.write(`not ready: ${reason}\n`)
if (reasons.length > 0 && !dryRun) process.exit(1)

run('npm', 'run', '-s', 'build')
for (const name of releaseOrder(root))
  run('npm', 'publish', '--workspace', `packages/${name}`, ...(dryRun ? ['--dry-run'] : []))
