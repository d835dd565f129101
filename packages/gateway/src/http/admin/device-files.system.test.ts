// Imports into a gateway that serves other requests at the same time.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayProcess, startGatewayProcess } from '../../../../../test/gateway-process.js'

const LINES = 25_000
const ITEMS = 14_000

const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
const list = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('')

const TABLE = `device,addresses\n${list(LINES, (index) => `csv-${index},${address(index)}\n`)}`
const YAML = list(ITEMS, (index) => `- device: yaml-${index}\n  addresses:\n    - address: ${address(index)}\n`)

let gateway: GatewayProcess
let dataDir: string
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'rightofway-import-'))
  gateway = await startGatewayProcess({ dataDir })
})
afterAll(async () => {
  await gateway.signal('SIGTERM')
  rmSync(dataDir, { recursive: true, force: true })
})

const importFile = (format: string, text: string) =>
  gateway.admin<{ devices: number }>('POST', '/import-devices', { format, text })

describe('importDevices', () => {
  it.each([
    ['CSV', 'csv', `${TABLE}.,10.200.0.1\n`, `line ${LINES + 2}: device must match`],
    ['YAML', 'yaml', `${YAML}- device: .\n  addresses: []\n`, `device ${ITEMS + 1}: device must match`],
  ])('answers other requests while a file of %s is read and checked', async (_what, format, text, refusal) => {
    let reading = true
    const imported = importFile(format, text).finally(() => {
      reading = false
    })
    const refused = expect(imported).rejects.toThrow(refusal)
    let answered = 0
    // Parsed in the main thread, a file lets a few requests pass while it arrives, and no more.
    while (reading) {
      expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200)
      answered += 1
    }
    await refused
    expect(answered).toBeGreaterThan(50)
  })

  it('takes all devices of a file', async () => {
    const nameOf = (index: number) => `camera-${String(index).padStart(3, '0')}`
    const text = list(600, (index) => `- device: ${nameOf(index)}\n  addresses: []\n`)
    expect(await importFile('yaml', text)).toEqual({ devices: 600 })
    const known = await gateway.admin<{ device: string }[]>('GET', '/devices')
    expect(known.map(({ device }) => device)).toEqual(Array.from({ length: 600 }, (_, index) => nameOf(index)))
  })

  it('refuses at once what is too deep to be read', async () => {
    await expect(importFile('yaml', '['.repeat(1_000_000))).rejects.toThrow(/400 .*more than 32 levels of lists/)
  })
})
