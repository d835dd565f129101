// Tests of the installed packages on one version of Node.

import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startGatewayProcess } from './gateway-process.js'
import type { NodeInstallation } from './node-versions.js'
import { compiledProject, PACKAGES, project, root, run } from './packed.js'

/** @param installed fetches the version if it is missing */
export function describeOn(version: string, installed: () => Promise<NodeInstallation>): void {
  describe(`on Node ${version}`, () => {
    let installation: NodeInstallation
    let dir: string
    let main: string

    const node = async (...args: string[]) =>
      (await run(installation.node, args, { cwd: dir, env: installation.env })).stdout

    beforeAll(async () => {
      installation = await installed()
      const compiled = await compiledProject()
      // npm's result depends on the version. For the running one it exists already.
      dir = version === process.versions.node ? compiled : await project(version, PACKAGES, installation.env)
      if (dir !== compiled) cpSync(join(compiled, 'out'), join(dir, 'out'), { recursive: true })
      main = join(dir, 'node_modules/@rightofway/cli/dist/main.js')
      if (version.startsWith('20.')) await bringSqlite()
    }, 600_000)

    /** npm would compile SQLite for Node 20 without a prebuilt one: ours is used, if it is for the same Node. */
    async function bringSqlite(): Promise<void> {
      const place = 'node_modules/better-sqlite3/build'
      if ((await node('-p', 'process.versions.modules')).trim() === process.versions.modules) {
        cpSync(join(root, place), join(dir, place), { recursive: true })
      } else await run('npm', ['rebuild', 'better-sqlite3'], { cwd: dir, env: installation.env })
    }

    it('can be imported, each of them', async () => {
      expect((await node('-p', 'process.version')).trim()).toBe(`v${version}`)
      await node('out/all.js')
    })

    it('run the page as it is written, against `rightofway serve`', async () => {
      const dataDir = join(dir, 'data')
      const program = { main, node: installation.node }
      const gateway = await startGatewayProcess({ dataDir, flags: ['--sandbox'], program })
      try {
        const key = (await node(main, 'keys', 'create', 'my-app', '--data-dir', dataDir)).trim()
        const page = readFileSync(join(dir, 'out/page.js'), 'utf8').replace('<your-application-key>', key)
        writeFileSync(join(dir, 'out/page.js'), page)
        const env = { ...installation.env, RIGHTOFWAY_URL: gateway.url }
        const { stdout } = await run(installation.node, ['out/page.js'], { cwd: dir, env })
        expect(stdout).toContain("status: 'AVAILABLE'")
        expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^3600 \d{4}-\S+Z \d{4}-\S+Z$/)
      } finally {
        await gateway.signal('SIGTERM')
      }
    })

    it("run users' own tests in a sandbox, with node:test", async () => {
      expect(await node('--test', 'out/video-call.node-test.js')).toMatch(/pass 2/)
    })

    it('run the demo', async () => {
      expect((await node(main, 'demo')).trimEnd().split('\n').at(-1)).toContain('in spite of kill -9')
    })
  })
}
