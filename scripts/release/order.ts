// The packages that are published, each after those that it needs.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

/** @returns names of folders in `packages` */
export function releaseOrder(root: string): string[] {
  const folder = join(root, 'packages')
  const manifests = new Map(
    readdirSync(folder).map((name) => {
      const manifest = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as Manifest
      return [manifest.name, { folder: name, ...manifest }] as const
    }),
  )
  const order = new Set<string>()
  const visit = (name: string): void => {
    const manifest = manifests.get(name)
    if (manifest === undefined || manifest.private) return
    for (const needed of Object.keys(manifest.dependencies ?? {})) visit(needed)
    order.add(manifest.folder)
  }
  for (const name of manifests.keys()) visit(name)
  return [...order]
}
