// npm run sbom: writes what each package is made of (CycloneDX 1.5) into dist/sbom, for a release to carry.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { releaseOrder } from './release/order.js'
import { type Bom, type Manifest, sbomOf } from './release/sbom.js'

interface WithDevelopment extends Manifest {
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** What the command line is bundled from is part of it. */
const withBundled = (manifest: WithDevelopment): Manifest =>
  manifest.name === '@rightofway/cli'
    ? { ...manifest, dependencies: { ...manifest.devDependencies, ...manifest.dependencies } }
    : manifest

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = `${root}dist/sbom`
const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
const bom = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })) as Bom
mkdirSync(folder, { recursive: true })
const order = releaseOrder(root)
const manifests = order.map((name) =>
  withBundled(JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8')) as Manifest),
)
for (const name of order) {
  writeFileSync(
    `${folder}/${name}.cdx.json`,
    `${JSON.stringify(sbomOf(bom, manifests, `@rightofway/${name}`), null, 2)}\n`,
  )
  process.stdout.write(`dist/sbom/${name}.cdx.json\n`)
}
