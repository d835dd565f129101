// npm run release: publishes all packages, if what the changelog says of them is ready. docs/reference/versioning.md has the steps
// before it. `-- --dry-run` shows what would be published.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { canProve, publish } from './release/publish.js'
import { unready } from './release/unready.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dryRun = process.argv.includes('--dry-run')
const provenance = canProve(process.env)

const reasons = unready({
  changelog: readFileSync(`${root}CHANGELOG.md`, 'utf8'),
  version: (JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }).version,
  changes: execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }),
  provenance: provenance || process.argv.includes('--without-provenance'),
})
for (const reason of reasons) process.stderr.write(`not ready: ${reason}\n`)
if (reasons.length > 0 && !dryRun) process.exit(1)

for (const script of ['build', 'sbom']) execFileSync('npm', ['run', '-s', script], { cwd: root, stdio: 'inherit' })
publish({ root, dryRun, provenance, tell: (text) => process.stdout.write(`${text}\n`) })
