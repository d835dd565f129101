// Monitoring: the alert rules, validated and tested by promtool, and a gateway that a real Prometheus scrapes.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from '../packages/gateway/test/support/free-port.js'
import { startTestGateway } from '../packages/gateway/test/support/gateway.js'
import { until } from '../packages/gateway/test/support/waiting.js'
import { ALERTS } from '../scripts/watching/alerts.js'
import { describeWith } from './parts.js'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('../contrib/prometheus', import.meta.url))

describeWith(['prometheus'], 'the alert rules', () => {
  it('are valid for promtool', async () => {
    const { stdout } = await run('promtool', ['check', 'rules', join(folder, 'rightofway.rules.yml')])
    expect(stdout).toContain(`SUCCESS: ${ALERTS.length} rules found`)
  })

  it('fire for the intended series, and not for others', async () => {
    await run('promtool', ['test', 'rules', join(folder, 'rightofway.test.yml')])
  })
})

describeWith(['prometheus'], 'a gateway scraped by Prometheus', () => {
  it('is up, with metrics that promtool accepts, and its rules are loaded', async () => {
    const gateway = await startTestGateway()
    const dir = mkdtempSync(join(tmpdir(), 'rightofway-prometheus-'))
    const port = await freePort()
    const config = {
      global: { scrape_interval: '1s' },
      rule_files: [join(folder, 'rightofway.rules.yml')],
      scrape_configs: [{ job_name: 'rightofway', static_configs: [{ targets: [gateway.url.replace('http://', '')] }] }],
    }
    writeFileSync(join(dir, 'prometheus.yml'), JSON.stringify(config))
    const flags = [`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`]
    const prometheus = spawn('prometheus', [...flags, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' })
    onTestFinished(async () => {
      prometheus.kill()
      await once(prometheus, 'exit')
      rmSync(dir, { recursive: true })
    })
    const ask = async (path: string): Promise<{ data: { result: { value: [number, string] }[] } }> => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)
      return (await answer.json()) as { data: { result: { value: [number, string] }[] } }
    }
    const scraped = async (name: string): Promise<string | undefined> =>
      (await ask(`query?query=${name}`).catch(() => undefined))?.data.result[0]?.value[1]
    await until(async () => (await scraped('up')) === '1')
    await until(async () => (await scraped('rightofway_gateways')) === '1')
    expect(JSON.stringify(await ask('rules'))).toContain('RightOfWayNetworkNotDriven')

    const text = await (await fetch(`${gateway.url}/metrics`)).text()
    const lint = run('promtool', ['check', 'metrics'])
    lint.child.stdin?.end(text)
    // Its style warnings are about names that are published already.
    await lint.catch((error: { code: number; stderr: string }) => expect(error).toMatchObject({ code: 3 }))
  })
})
