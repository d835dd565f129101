// The TypeScript of every page: compiled with the built packages; whole programs also run with a sandbox.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Sandbox, startSandbox } from '@rightofway/sandbox'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'node_modules/.cache/docs-code')
const run = promisify(execFile)

const PAGES = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
].filter((page) => existsSync(join(root, page)))

interface Block {
  /** `docs/reference/events.md 2`: the page, and the number of the block. */
  readonly name: string
  readonly file: string
  readonly text: string
  /** It begins with its imports. */
  readonly isProgram: boolean
}

const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ''], index) => ({
    name: `${page} ${index + 1}`,
    file: `${page.replaceAll('/', '-')}-${index + 1}.ts`,
    text,
    isProgram: text.startsWith('import '),
  })),
)

const NAMES = [
  'NetworkAsCodeClient',
  'QodApiError',
  'QodConnectionError',
  'QodEventError',
  'camara',
  'nokia',
  'parseQodEvent',
]

/** Declarations that blocks use if they are no whole programs. */
const GIVEN = `import * as sdk from '@rightofway/sdk'
import * as testing from '@rightofway/sdk/testing'
import * as sandboxes from '@rightofway/sandbox'
declare global {
  const client: sdk.NetworkAsCodeClient
  const device: sdk.Device
  const session: sdk.QoDSession
  const sandbox: sandboxes.Sandbox
  type QoDSession = sdk.QoDSession
${NAMES.map((name) => `  const ${name}: typeof sdk.${name}`).join('\n')}
  const qodEventRequest: typeof testing.qodEventRequest
}
`

describe('the TypeScript of the pages', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox()
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'given.ts'), GIVEN)
    for (const { file, text } of BLOCKS) writeFileSync(join(folder, file), `${text}\nexport {}\n`)
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          lib: ['ES2022', 'DOM', 'ESNext.Disposable'],
          types: ['node'],
          customConditions: [],
          noUnusedLocals: false,
          noEmit: true,
          composite: false,
          incremental: false,
        },
        include: ['*.ts'],
        exclude: [],
      }),
    )
  })
  afterAll(() => sandbox.close())

  it('compiles', async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error)
    expect(stdout).toBe('')
  })

  it.each(BLOCKS.filter(({ isProgram }) => isProgram).map((block) => [block.name, block] as const))(
    '%s runs',
    async (_name, { file, text }) => {
      const key = await sandbox.newKey(basename(file))
      const filled = join(folder, `run-${file}`)
      writeFileSync(filled, text.replaceAll('<your-application-key>', key))
      const data = mkdtempSync(join(tmpdir(), 'rightofway-docs-'))
      onTestFinished(() => rmSync(data, { recursive: true }))
      const env = { ...process.env, RIGHTOFWAY_URL: sandbox.url, NOKIA_URL: sandbox.url }
      const flags = ['--conditions', 'rightofway-source', '--import', import.meta.resolve('tsx')]
      const { stdout } = await run(process.execPath, [...flags, filled], { cwd: data, env, timeout: 60_000 })
      expect(stdout).not.toBe('')
    },
  )
})
