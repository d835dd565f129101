// Schemathesis with every OpenAPI document of a gateway: each on its own sandbox, as requests of operators change
// data that the others need.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { APIS } from '@rightofway/camara/schemas'
import { type Gateway, loadConfig, startGateway } from '@rightofway/gateway'
import { pino } from 'pino'

const schemathesis = fileURLToPath(
  new URL('../../node_modules/.cache/schemathesis/4.32.5/bin/schemathesis', import.meta.url),
)
const exclusions = fileURLToPath(new URL('schemathesis.toml', import.meta.url))

/** The URL of a document, and the credentials for it. */
interface Target {
  readonly url: string
  /** By the names that `schemathesis.toml` gives them. */
  readonly credentials?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export interface Document {
  readonly name: string
  open(gateway: Gateway): Promise<Target & { close?(): void }>
}

/** All documents of a gateway. */
export const DOCUMENTS: readonly Document[] = [
  ...APIS.flatMap(({ basePaths }) =>
    basePaths.map((path) => ({
      name: path,
      open: async (gateway: Gateway) => ({
        url: gateway.url + path,
        credentials: { FUZZ_KEY: await newKey(gateway) },
      }),
    })),
  ),
  { name: '/admin/v1 on the admin socket', open: overAdminSocket },
  { name: '/admin/v1 of the dashboard', open: signedIn },
]

const NOBODY = { FUZZ_KEY: '', FUZZ_COOKIE: '' }

export interface FuzzOptions {
  /** Number of examples for each operation and phase. */
  readonly examples: number
  /** Phases of schemathesis: `examples`, `coverage`, `fuzzing`, `stateful`. Default: all of them. */
  readonly phases?: string
  /** Repeats a run. */
  readonly seed: number
}

/** Compares a gateway with one of its documents. Resolves with the output of schemathesis if it found a difference. */
export async function fuzz(
  document: Document,
  { examples, seed, phases = 'examples,coverage,fuzzing,stateful' }: FuzzOptions,
): Promise<string | undefined> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rightofway-fuzz-'))
  const flags = { sandbox: true, dataDir, 'listen.port': 0, 'store.durable': false }
  const gateway = await startGateway(loadConfig({ flags: { ...flags, 'limits.requestsPerSecond': 1_000_000 } }), {
    logger: pino({ level: 'silent' }),
  })
  try {
    const { url, credentials, headers = {}, close } = await document.open(gateway)
    const args = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}:${value}`])
    const child = spawn(
      schemathesis,
      [
        ...['--config-file', exclusions, 'run', `${url}/openapi.json`, '--url', url, '--no-color'],
        ...['--max-examples', String(examples), '--seed', String(seed), '--generation-database', 'none'],
        ...['--phases', phases, ...args],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], cwd: dataDir, env: { ...process.env, ...NOBODY, ...credentials } },
    )
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number | null]>])
    close?.()
    return code === 0 ? undefined : output
  } finally {
    await gateway.close()
    rmSync(dataDir, { recursive: true })
  }
}

/** Calls the admin API; rejects if it refuses. */
async function admin<T>({ adminApp }: Gateway, path: string, body: object): Promise<T> {
  const answer = await adminApp.inject({ method: 'POST', url: `/admin/v1${path}`, payload: body })
  if (answer.statusCode >= 400) throw new Error(`${path}: ${answer.body}`)
  return answer.json()
}

async function newKey(gateway: Gateway): Promise<string> {
  const { id } = await admin<{ id: string }>(gateway, '/applications', { name: 'fuzz' })
  return (await admin<{ key: string }>(gateway, `/applications/${id}/keys`, {})).key
}

/** Schemathesis has no unix sockets: a port on loopback forwards to this one. */
async function overAdminSocket({ adminSocket }: Gateway) {
  const server = createServer((client) => {
    const socket = connect(adminSocket)
    for (const way of [pipeline(client, socket), pipeline(socket, client)]) way.catch(() => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/admin/v1`, close: () => void server.close() }
}

async function signedIn(gateway: Gateway): Promise<Target> {
  const url = `${gateway.url}/admin/v1`
  const { url: link } = await admin<{ url: string }>(gateway, '/invitations', { role: 'admin' })
  const answer = await fetch(`${url}/invitations/accept`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ token: new URL(link).hash.slice(1), name: 'Fuzz', password: 'correct horse battery' }),
  })
  if (!answer.ok) throw new Error(`accepting the invitation: ${answer.status} ${await answer.text()}`)
  const { csrfToken } = (await answer.json()) as { csrfToken: string }
  const [cookie = ''] = answer.headers.getSetCookie()
  const value = cookie.split(';')[0]?.split('=')[1] ?? ''
  return {
    url,
    credentials: { FUZZ_COOKIE: value },
    headers: { 'x-csrf-token': csrfToken, 'sec-fetch-site': 'same-origin' },
  }
}
