// The files that GitHub reads, as far as they can be tested without GitHub.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8')
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts)

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly run?: string; readonly uses?: string }[] }>
  >
}
const WORKFLOWS = readdirSync(`${root}.github/workflows`)
const stepsOf = (file: string) =>
  Object.values((parse(read(`.github/workflows/${file}`)) as Workflow).jobs).flatMap(({ steps }) => steps)

describe('the workflows', () => {
  it.each(WORKFLOWS)('%s runs existing commands', (file) => {
    const commands = stepsOf(file).flatMap(({ run = '' }) => run.split('\n'))
    const named = commands.flatMap((command) => /npm run (?:-s )?([\w:]+)/.exec(command)?.[1] ?? [])
    expect(named.filter((name) => !scripts.includes(name))).toEqual([])
    const files = commands.filter((command) => command.startsWith('.'))
    expect(files.filter((path) => !existsSync(root + path))).toEqual([])
  })

  it('run exactly the tests of .ci/run', () => {
    expect(stepsOf('ci.yml').flatMap(({ run }) => run ?? [])).toEqual(['.ci/run'])
  })

  it('publish with the identity that npm signs with', () => {
    const { permissions } = parse(read('.github/workflows/release.yml')) as Workflow
    expect(permissions).toMatchObject({ 'id-token': 'write' })
    expect(stepsOf('release.yml').map(({ run }) => run)).toContain('npm run release')
  })
})

interface Form {
  readonly name: string
  readonly description: string
  readonly body: readonly {
    readonly type: string
    readonly id?: string
    readonly attributes: { readonly label: string }
  }[]
}
const FORMS = readdirSync(`${root}.github/ISSUE_TEMPLATE`).filter((name) => name !== 'config.yml')

describe('the issue forms', () => {
  it.each(FORMS)('%s has a name, a description and fields with ids of their own', (file) => {
    const { name, description, body } = parse(read(`.github/ISSUE_TEMPLATE/${file}`)) as Form
    expect([name, description].every((text) => text.length > 3)).toBe(true)
    expect(new Set(body.map(({ id }) => id)).size).toBe(body.length)
    for (const { type, attributes } of body) {
      expect(['input', 'textarea', 'dropdown']).toContain(type)
      expect(attributes.label).not.toBe('')
    }
  })
})
