// Every example, run as a reader would run it: in a process of its own, against a gateway.

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { type Sandbox, startSandbox } from '@rightofway/sandbox'
import { qodEventRequest } from '@rightofway/sdk/testing'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const here = fileURLToPath(new URL('.', import.meta.url))
const CONDITIONS = ['--conditions', 'rightofway-source', '--import', 'tsx']
const run = promisify(execFile)

let sandbox: Sandbox
let key: string
beforeEach(async () => {
  sandbox = await startSandbox()
  key = await sandbox.newKey()
})
afterEach(() => sandbox.close())

/** Runs an example with the reader's key in it, and gives what it printed. */
async function example(file: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const filled = `${here}.${file}`
  writeFileSync(filled, readFileSync(`${here}${file}`, 'utf8').replaceAll('<your-application-key>', key))
  try {
    const { stdout } = await run(process.execPath, [...CONDITIONS, filled], {
      env: { ...process.env, RIGHTOFWAY_URL: sandbox.url, RIGHTOFWAY_KEY: key, NO_COLOR: '1', ...env },
    })
    return stdout
  } finally {
    rmSync(filled)
  }
}

const RUN = new Map<string, () => Promise<void>>([
  [
    'page.ts',
    async () => {
      const lines = (await example('page.ts')).trimEnd().split('\n')
      expect(lines[1]).toBe('  QoDSession {')
      expect(lines).toContain("    status: 'AVAILABLE',")
      expect(lines.at(-1)).toMatch(/^3600 \d{4}-\S+Z \d{4}-\S+Z$/)
    },
  ],
  [
    'positional.ts',
    async () => {
      expect(await example('positional.ts')).toBe('3600\n4200\n')
    },
  ],
  [
    'follow.ts',
    async () => {
      expect(await example('follow.ts')).toBe('REQUESTED\nAVAILABLE \nUNAVAILABLE DURATION_EXPIRED\n')
    },
  ],
  [
    'sink-express.ts',
    async () => {
      expect(await example('sink-express.ts')).toBe('event AVAILABLE \nevent UNAVAILABLE DELETE_REQUESTED\n')
    },
  ],
  [
    'sink-fastify.ts',
    async () => {
      expect(await example('sink-fastify.ts')).toBe('event AVAILABLE \nevent UNAVAILABLE DELETE_REQUESTED\n')
    },
  ],
  ['edge.ts', runOnTheEdge],
  [
    'nokia.ts',
    async () => {
      expect(await example('nokia.ts', { NOKIA_URL: sandbox.url, NOKIA_KEY: key })).toBe('AVAILABLE 3600\n')
    },
  ],
  ['operator-oauth.ts', runWithOAuth],
])

describe('the examples', () => {
  it('are all run here', () => {
    const files = readdirSync(here).filter((name) => /^[a-z].*(?<!\.test)\.ts$/.test(name))
    expect(files.sort()).toEqual([...RUN.keys()].sort())
    const text = readFileSync(`${here}README.md`, 'utf8')
    for (const file of files) expect(text).toContain(`[${file}](${file})`)
  })

  it.each([...RUN.keys()])('%s does what it says', async (file) => {
    await (RUN.get(file) as () => Promise<void>)()
  })

  it('testing/ is run with node:test', async () => {
    const args = [...CONDITIONS, '--test', `${here}testing/video-call.node-test.ts`]
    const { stdout } = await run(process.execPath, args)
    expect(stdout).toMatch(/pass 2/)
  })
})

/** An authorization server that knows one client, and gives it the key of an application as its access token. */
async function runWithOAuth(): Promise<void> {
  const server = createServer((request, response) => {
    const expected = `Basic ${Buffer.from('my-app:the-secret').toString('base64')}`
    const granted = request.method === 'POST' && request.headers.authorization === expected
    response
      .writeHead(granted ? 200 : 401, { 'content-type': 'application/json' })
      .end(
        JSON.stringify(
          granted ? { access_token: key, token_type: 'Bearer', expires_in: 600 } : { error: 'invalid_client' },
        ),
      )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const env = {
      OPERATOR_URL: sandbox.url,
      OPERATOR_TOKEN_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
      OPERATOR_CLIENT_ID: 'my-app',
      OPERATOR_CLIENT_SECRET: 'the-secret',
    }
    const [profiles, ...rest] = (await example('operator-oauth.ts', env)).trimEnd().split('\n')
    expect(profiles).toContain('QOS_L')
    expect(rest).toEqual(['AVAILABLE 600', '409 CONFLICT', '0'])
    await expect(example('operator-oauth.ts', { ...env, OPERATOR_CLIENT_SECRET: 'wrong' })).rejects.toThrow(
      'the authorization server refused a token (401 invalid_client)',
    )
  } finally {
    server.close()
  }
}

/** Bundled, and run where there is nothing but the web's own names: no process, no Buffer, no require. */
async function runOnTheEdge(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [`${here}edge.ts`],
    bundle: true,
    format: 'iife',
    globalName: 'worker',
    platform: 'neutral',
    conditions: ['rightofway-source'],
    write: false,
  })
  const printed: unknown[][] = []
  const web = {
    ...{ fetch, Request, Response, Headers, URL, URLSearchParams, AbortController, AbortSignal, ReadableStream },
    ...{ TextEncoder, TextDecoder, crypto, setTimeout, clearTimeout, btoa },
    console: { log: (...values: unknown[]) => printed.push(values) },
  }
  const context = createContext(web, { codeGeneration: { strings: false, wasm: false } })
  runInContext(`${outputFiles[0]?.text}\nthis.worker = worker`, context)
  const { default: worker } = (
    context as { worker: { default: { fetch(request: Request, env: object): Promise<Response> } } }
  ).worker
  const env = { RIGHTOFWAY_URL: sandbox.url, RIGHTOFWAY_KEY: key, SINK_TOKEN: 'secret' }
  const ask = (phoneNumber: string) =>
    worker.fetch(new Request('https://app.example/', { method: 'POST', body: JSON.stringify({ phoneNumber }) }), env)

  const opened = await ask('+36721601234567')
  expect(await opened.json()).toMatchObject({ status: 'AVAILABLE' })
  const unknown = await ask('+15550000000')
  expect([unknown.status, await unknown.json()]).toEqual([404, { reason: 'IDENTIFIER_NOT_FOUND' }])

  const url = 'https://app.example/events'
  expect((await worker.fetch(qodEventRequest({ url, token: 'secret' }), env)).status).toBe(204)
  expect((await worker.fetch(qodEventRequest({ url, token: 'wrong' }), env)).status).toBe(401)
  expect(printed).toEqual([['event', expect.any(String), 'AVAILABLE', '']])
}
