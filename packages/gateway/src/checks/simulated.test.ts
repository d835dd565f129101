import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { simulatedNetworkFile } from '../../test/support/simulated-network.js'
import { loadConfig } from '../config/config.js'
import { startGateway } from '../main.js'
import { checkSimulated } from './simulated.js'

it('a simulated network outside a sandbox is a warning in log, /readyz, dashboard and doctor', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'rightofway-simulated-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const config = loadConfig({ flags: { dataDir, 'listen.port': 0 }, file: simulatedNetworkFile(dataDir) })
  const logs: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => void logs.push(line) })
  const gateway = await startGateway(config, { logger })
  onTestFinished(() => gateway.close())
  const says = 'the network simulator is simulated: it grants sessions, but does not treat packets'
  expect(logs.filter((line) => line.includes(says))).toHaveLength(1)
  for (const answer of [
    await gateway.app.inject({ url: '/readyz' }),
    await gateway.adminApp.inject({ url: '/admin/v1/status' }),
  ]) {
    expect(answer.json<{ ready: boolean; warnings: string[] }>()).toMatchObject({ ready: true, warnings: [says] })
  }
  expect(checkSimulated(config)).toMatchObject([{ verdict: 'warning', says }])
  expect(checkSimulated({ ...config, sandbox: true })).toMatchObject([{ verdict: 'ok' }])
})
