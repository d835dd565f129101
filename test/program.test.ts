import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { inBundle, referencesOf } from '../scripts/program/references.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FILE = join(ROOT, 'packages/gateway/src/config/profiles-file.ts')

it('finds what sources name beside them: threads, and files that are read', () => {
  const { entries, assets } = referencesOf(ROOT)
  expect(entries.map(({ name }) => name)).toEqual(expect.arrayContaining(['thread', 'sink-client-thread', 'station']))
  expect(assets.map(({ name }) => name)).toEqual(expect.arrayContaining(['gateway-profiles.yaml', 'gateway-sql']))
  expect(
    [...entries.map(({ source }) => source), ...assets.map(({ path }) => path)].filter((path) => !existsSync(path)),
  ).toEqual([])
})

it.each([
  ["new URL('../../assets/profiles.yaml', import.meta.url)", "new URL('./gateway-profiles.yaml', import.meta.url)"],
  ["new URL('../adapters/store-postgres/sql/', import.meta.url)", "new URL('./gateway-sql/', import.meta.url)"],
  ["new URL('./thread.js', import.meta.url)", "new URL('./thread.js', import.meta.url)"],
  ["new URL('/path', base)", "new URL('/path', base)"],
])('says where it is in a bundle: %s', (source, bundled) => {
  expect(inBundle(ROOT, FILE, source)).toBe(bundled)
})

it.each([
  ["new URL('./no-such.yaml', import.meta.url)", 'there is no ./no-such.yaml'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a source
  ['new URL(`../main${extname(import.meta.url)}`, import.meta.url)', 'a bundle has no folders'],
])('refuses what a bundle cannot know: %s', (source, reason) => {
  expect(() => inBundle(ROOT, FILE, source)).toThrow(reason)
})
