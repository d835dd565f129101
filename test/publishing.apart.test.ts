// The packages in a registry: published to a local one, and installed from it into empty projects.

import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { releaseOrder } from '../scripts/release/order.js'
import { publish } from '../scripts/release/publish.js'
import { describeWith } from './parts.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const tools = join(root, 'node_modules/.cache/registry/node_modules')
const run = promisify(execFile)

const PACKAGES = releaseOrder(root)

/** Imports all entry points, and creates a session in its own gateway. */
const PROGRAM = `import * as camara from '@rightofway/camara'
import { CORES } from '@rightofway/core-simulator'
import * as gateway from '@rightofway/gateway'
import * as lab from '@rightofway/lab'
import { startSandbox } from '@rightofway/sandbox'
import { NetworkAsCodeClient } from '@rightofway/sdk'
const sandbox = await startSandbox()
const device = sandbox.client().devices.get({ phoneNumber: '+36721601234567' })
const session = await device.createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 60 })
console.log([camara.instant, CORES, gateway.startGateway, lab].every(Boolean) && session.status)
await sandbox.close()
`

describeWith(['registry', 'localRegistry'], 'the packages in a registry', () => {
  let folder: string
  let server: ChildProcess
  let env: NodeJS.ProcessEnv

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rightofway-registry-'))
    const port = await freePort()
    const open = { access: '$all', publish: '$anonymous' }
    const config = { storage: join(folder, 'storage'), packages: { '@rightofway/*': open }, log: { level: 'error' } }
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config))
    const args = ['--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`]
    server = fork(join(tools, 'verdaccio/bin/verdaccio'), args, { stdio: 'ignore' })
    await once(server, 'message')
    // Only our own packages are in this registry; npm requires a token to publish, with any value.
    const user = `@rightofway:registry=http://127.0.0.1:${port}/\n//127.0.0.1:${port}/:_authToken=anybody\n`
    writeFileSync(join(folder, 'npmrc'), user)
    env = { ...process.env, NPM_CONFIG_USERCONFIG: join(folder, 'npmrc') }
  })
  afterAll(() => {
    server.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  /** An empty project. */
  const project = (name: string): string => {
    const dir = join(folder, name)
    mkdirSync(dir)
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    writeFileSync(join(dir, 'program.mjs'), PROGRAM)
    return dir
  }

  /** SQLite as it was compiled here, which would take a minute. */
  const bringSqlite = (modules: string): void => {
    const build = 'better-sqlite3/build'
    cpSync(join(root, 'node_modules', build), join(modules, build), { recursive: true })
  }

  const works = async (dir: string): Promise<void> => {
    const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: dir })
    expect(stdout).toBe('AVAILABLE\n')
    const help = await run(join(dir, 'node_modules/.bin/rightofway'), ['--help'], { cwd: dir })
    expect(help.stdout).toContain('run a gateway')
  }

  const specs = PACKAGES.map((name) => `@rightofway/${name}`)

  it('are published after their dependencies, and not twice', () => {
    const told: string[] = []
    const options = { root, dryRun: false, provenance: false, env, tell: (text: string) => told.push(text) }
    publish(options)
    expect(told).toEqual(specs.map((name) => expect.stringContaining(`+ ${name}@`) as unknown))
    told.length = 0
    publish(options)
    expect(told).toEqual(specs.map((name) => expect.stringMatching(`^${name}@.* is published already$`) as unknown))
  })

  it('are installed by npm into an empty project, and run there', async () => {
    const dir = project('npm')
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', ...specs], {
      cwd: dir,
      env,
    })
    bringSqlite(join(dir, 'node_modules'))
    await works(dir)
  })

  it('are installed by pnpm, where a package can import only its dependencies', async () => {
    const dir = project('pnpm')
    const pnpm = join(tools, 'pnpm/bin/pnpm.cjs')
    const store = join(root, 'node_modules/.cache/pnpm-store')
    await run(process.execPath, [pnpm, 'add', '--ignore-scripts', '--prefer-offline', '--store-dir', store, ...specs], {
      cwd: dir,
      env,
    })
    const [held = ''] = readdirSync(join(dir, 'node_modules/.pnpm')).filter((name) => /^better-sqlite3@12/.test(name))
    bringSqlite(join(dir, 'node_modules/.pnpm', held, 'node_modules'))
    await works(dir)
  })
})

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
