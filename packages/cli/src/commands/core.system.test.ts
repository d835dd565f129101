import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const TSX = ['--conditions=rightofway-source', '--import=tsx']

let folder: string
let child: ChildProcess | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rightofway-core-'))
})
afterEach(async () => {
  await end('SIGKILL')
  rmSync(folder, { recursive: true })
})

async function start(...args: string[]): Promise<string> {
  child = fork(MAIN, ['core', '--data-dir', folder, '--listen-port', '0', ...args], { execArgv: TSX, stdio: 'pipe' })
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return url
}

async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
  const gone = once(child, 'exit') as Promise<[number | null]>
  child.kill(signal)
  return (await gone)[0]
}

const json = { 'content-type': 'application/json' }
const ascReqData = (ueIpv4: string) => ({ suppFeat: '0', notifUri: 'http://127.0.0.1:9/n5', ueIpv4 })
const create = (url: string, ueIpv4: string) =>
  fetch(`${url}/npcf-policyauthorization/v1/app-sessions`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ ascReqData: ascReqData(ueIpv4) }),
  })
const held = async (url: string) =>
  ((await (await fetch(`${url}/admin/v1/held`)).json()) as { pcf: { id: string; device: string }[] }).pcf

it('keeps its reservations and its settings through kill -9, and stops on a signal', async () => {
  const first = await start('--pool', '192.0.2.0/24', '--core', 'standard', '--device', '10.99.0.7=+36721601234567')
  expect((await create(first, '192.0.2.7')).status).toBe(201)
  expect((await create(first, '10.45.0.7')).status).toBe(500)
  await end('SIGKILL')
  const second = await start()
  expect(await held(second)).toMatchObject([{ device: '192.0.2.7' }])
  expect((await create(second, '192.0.2.8')).status).toBe(201)
  const found = await fetch(`${second}/nbsf-management/v1/pcfBindings?gpsi=msisdn-36721601234567`)
  expect(await found.json()).toMatchObject({ ipv4Addr: '10.99.0.7', dnn: 'internet' })
  expect(await end('SIGTERM')).toBe(0)
})
