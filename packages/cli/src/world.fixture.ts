// A gateway in this process, and a command line with its output and its exit code.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Gateway, loadConfig, startGateway } from '@rightofway/gateway'
import { NetworkAsCodeClient } from '@rightofway/sdk'
import { onTestFinished, vi } from 'vitest'
import { withAdmin } from './admin-client.js'
import { run } from './program.js'
import type { Terminal } from './terminal.js'

export interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** The output of a command. */
export interface FakeTerminal extends Terminal {
  readonly text: string
}

export function fakeTerminal(isTTY = false, columns = 80): FakeTerminal {
  const terminal = {
    text: '',
    exitCode: 0,
    isTTY,
    columns,
    write(text: string) {
      terminal.text += text
    },
    async handOver(text: string) {
      terminal.write(text)
    },
  }
  return terminal as FakeTerminal
}

export async function cli(...argv: string[]): Promise<Run> {
  const terminal = fakeTerminal()
  let err = ''
  const code = await run(argv, terminal, (text) => {
    err += text
  })
  return { code, out: terminal.text, err }
}

export interface World {
  readonly gateway: Gateway
  readonly dataDir: string
  readonly client: NetworkAsCodeClient
  advance(seconds: number): Promise<void>
}

export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-cli-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A gateway, and an environment that leads commands to it, until the end of the test. */
export async function startWorld(): Promise<World> {
  const dataDir = temporaryFolder()
  const flags = { sandbox: true, dataDir, 'listen.port': 0, 'log.level': 'silent', 'store.durable': false }
  const gateway = await startGateway(loadConfig({ flags }))
  vi.stubEnv('RIGHTOFWAY_DATA_DIR', dataDir)
  vi.stubEnv('RIGHTOFWAY_URL', gateway.url)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await gateway.close()
  })
  const key = (await cli('keys', 'create', 'my-app')).out.trim()
  vi.stubEnv('RIGHTOFWAY_KEY', key)
  return {
    gateway,
    dataDir,
    client: new NetworkAsCodeClient({ token: key, baseUrl: gateway.url }),
    advance: (seconds) => withAdmin({ dataDir }, (call) => call('POST', '/sandbox/clock/advance', { seconds })),
  }
}
