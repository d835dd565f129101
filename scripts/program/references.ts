// What our sources name beside them, as `new URL('./NAME', import.meta.url)`: threads, and files that are read. A bundle has
// them in its own folder.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'

const REFERENCE = /new URL\('(\.[^']*)', import\.meta\.url\)/g

/** A module that runs by itself: in a thread, or as a process. */
export interface Entry {
  readonly name: string
  readonly source: string
}

/** A file, or a folder with all that is in it. */
export interface Asset {
  /** In the folder of the bundle. */
  readonly name: string
  readonly path: string
}

/** @param root folder of the repository */
export function referencesOf(root: string): { readonly entries: readonly Entry[]; readonly assets: readonly Asset[] } {
  const entries = new Map<string, Entry>()
  const assets = new Map<string, Asset>()
  for (const file of sourcesOf(root)) {
    for (const [, reference = ''] of readFileSync(file, 'utf8').matchAll(REFERENCE)) {
      const path = resolve(file, '..', reference)
      if (reference.endsWith('.ts')) continue
      if (reference.endsWith('.js')) take(entries, { name: basename(path, '.js'), source: toSource(path, file) })
      else take(assets, assetOf(root, path))
    }
  }
  return { entries: [...entries.values()], assets: [...assets.values()] }
}

/**
 * The text of a source, as it is right in the folder of a bundle.
 * @throws {Error} it names a file that is not there, or one in another folder by a name that is made when it runs
 */
export function inBundle(root: string, file: string, text: string): string {
  const [made] = /new URL\([^'"\n]*`\.\.[^\n]*import\.meta\.url\)/.exec(text) ?? []
  if (made !== undefined) throw new Error(`${file}: a bundle has no folders, and it is not known what this is: ${made}`)
  return text.replaceAll(REFERENCE, (whole, reference: string) => {
    if (/\.[jt]s$/.test(reference)) return whole
    const { name, path } = assetOf(root, resolve(file, '..', reference))
    if (!existsSync(path)) throw new Error(`${file}: there is no ${reference}`)
    return `new URL('./${name}${reference.endsWith('/') ? '/' : ''}', import.meta.url)`
  })
}

/** `gateway-profiles.yaml` of `packages/gateway/assets/profiles.yaml`. */
function assetOf(root: string, path: string): Asset {
  const [, owner = ''] = relative(root, path).split('/')
  return { name: `${owner}-${basename(path)}`, path }
}

function toSource(path: string, file: string): string {
  const source = path.replace(/\.js$/, '.ts')
  if (!existsSync(source)) throw new Error(`${file} names ${path}, and there is no source of it`)
  return source
}

/** @throws {Error} two have one name */
function take<T extends { readonly name: string }>(all: Map<string, T>, one: T): void {
  const other = all.get(one.name)
  if (other !== undefined && JSON.stringify(other) !== JSON.stringify(one)) {
    throw new Error(`two have the name ${one.name}: ${JSON.stringify([other, one])}`)
  }
  all.set(one.name, one)
}

function sourcesOf(root: string): string[] {
  const packages = readdirSync(join(root, 'packages')).filter((name) => name !== 'dashboard')
  return packages.flatMap((name) => {
    const folder = join(root, 'packages', name, 'src')
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /(?<!\.(test|fixture))\.ts$/.test(file))
      .map((file) => join(folder, file))
  })
}
