// The licences of what is bundled: each wants its text to go with every copy.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly author?: string | { readonly name: string }
}

/**
 * Text of THIRD-PARTY-NOTICES.txt.
 * @param folders of packages
 * @throws {Error} one of them says nothing of its licence
 */
export function noticesOf(root: string, folders: readonly string[]): string {
  const notices = folders.map((folder) => noticeOf(join(root, folder)))
  return `This program contains the following packages. Each is under its own licence.\n\n${[...new Set(notices)].sort().join('\n')}`
}

function noticeOf(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const { name, version, license, author } = manifest
  if (license === undefined) throw new Error(`${name}@${version} says nothing of its licence`)
  const [file] = readdirSync(folder).filter((each) => /^(licen[cs]e|copying)/i.test(each))
  // Without an address.
  const by = (typeof author === 'object' ? author.name : author)?.replace(/ *[<(].*/, '')
  const text =
    file === undefined ? `Copyright: ${by ?? `the authors of ${name}`}` : readFileSync(join(folder, file), 'utf8')
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${text.trim()}\n`
}
