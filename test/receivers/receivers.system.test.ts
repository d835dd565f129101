// `parseQodEvent` in common web frameworks, as npm has them.

import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newSigningSecret, signatureHeaders } from '../../packages/gateway/src/auth/secrets/webhook-signature.js'
import { qodEventRequest } from '../../packages/sdk/src/testing.js'
import { describeWith } from '../parts.js'

const run = promisify(execFile)
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const TOKEN = 'the-token-of-the-sink'
const SECRET = newSigningSecret()
const EVENT = {
  token: TOKEN,
  sessionId: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
  status: 'UNAVAILABLE',
  statusInfo: 'NETWORK_TERMINATED',
} as const

/** By name, the port of each. */
type Ports = Readonly<Record<string, number>>

/** Frameworks that parse the body and keep no bytes: a signature cannot be verified there, and the error says so. */
const WITHOUT_BYTES = /^express\d behind express\.json\(\) of every type$/

describeWith(['registry'], 'an event that comes to', () => {
  let folder: string
  const children: ChildProcess[] = []
  let plain: Ports
  let signed: Ports

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rightofway-receivers-'))
    cpSync(file('package.json'), join(folder, 'package.json'))
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'], { cwd: folder })
    await build({
      entryPoints: [file('program.mjs')],
      outfile: join(folder, 'program.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      conditions: ['rightofway-source'],
      // The frameworks are those of the folder.
      external: ['express4', 'express5', 'fastify', 'hono', '@hono/*', '@nestjs/*', 'reflect-metadata'],
    })
    plain = await start('')
    signed = await start(SECRET)
    // npm may have to fetch all of them.
  }, 600_000)

  afterAll(() => {
    for (const child of children) child.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  async function start(secret: string): Promise<Ports> {
    const env = { ...process.env, SINK_TOKEN: TOKEN, SINK_SECRET: secret }
    const child = fork(join(folder, 'program.mjs'), { env, execArgv: [] })
    children.push(child)
    const [{ ports }] = (await once(child, 'message')) as [{ ports: Ports }]
    return ports
  }

  const send = async (port: number | undefined, options: Parameters<typeof qodEventRequest>[0], secret?: string) => {
    const request = qodEventRequest({ ...options, url: `http://127.0.0.1:${port}/events` })
    const body = await request.text()
    const headers = new Headers(request.headers)
    const { id } = JSON.parse(body) as { id: string }
    const proof = secret === undefined ? {} : signatureHeaders({ id, now: Date.now(), body }, [secret])
    for (const [name, value] of Object.entries(proof)) headers.set(name, value)
    const answer = await fetch(request.url, { method: 'POST', headers, body })
    return { status: answer.status, text: await answer.text() }
  }

  it('every framework, behind every usual middleware, is read', async () => {
    expect(Object.keys(plain).length).toBeGreaterThan(15)
    for (const [name, port] of Object.entries(plain)) {
      const { status, text } = await send(port, EVENT)
      expect([name, status, text]).toEqual([name, 200, expect.stringContaining('"status":"UNAVAILABLE"')])
      expect(JSON.parse(text)).toMatchObject({ sessionId: EVENT.sessionId, statusInfo: 'NETWORK_TERMINATED' })
    }
  })

  it('every framework is refused without its token', async () => {
    for (const [name, port] of Object.entries(plain)) {
      const { status } = await send(port, { ...EVENT, token: 'another' })
      expect([name, status]).toEqual([name, 401])
    }
  })

  it('every framework with the bytes is verified by its signature, and the others report what is missing', async () => {
    for (const [name, port] of Object.entries(signed)) {
      const good = await send(port, EVENT, SECRET)
      if (WITHOUT_BYTES.test(name)) {
        expect([name, good]).toEqual([
          name,
          { status: 500, text: expect.stringContaining('QodArgumentError') as unknown },
        ])
        continue
      }
      expect([name, good.status, good.text]).toEqual([name, 200, expect.any(String)])
      expect([name, (await send(port, EVENT, newSigningSecret())).status]).toEqual([name, 401])
      expect([name, (await send(port, EVENT)).status]).toEqual([name, 401])
    }
  })
})
