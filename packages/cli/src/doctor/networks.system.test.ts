// The networks of a stopped gateway, before `rightofway doctor`.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig, startGateway } from '@rightofway/gateway'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { describeWith } from '../../../../test/parts.js'
import { cli, temporaryFolder } from '../world.fixture.js'

const CONFIG = `networks:
  - kind: linux
    id: edge
    towardsDevices: [{ interface: nowhere0, capacityBps: 10000000 }]
    towardsServers: { interface: nowhere1, capacityBps: 10000000 }
`

describeWith(['root', 'nftables'], 'doctor, while no gateway runs', () => {
  it('names what prevents the start of a Linux network, as the start does', async () => {
    const dir = temporaryFolder()
    const file = join(dir, 'gateway.yaml')
    writeFileSync(file, CONFIG)
    const dataDir = join(dir, 'data')
    const config = loadConfig({ flags: { dataDir, 'listen.port': '0' }, file })
    const ended = await startGateway(config, { logger: pino({ level: 'silent' }) }).catch((error: Error) => error)
    if (!(ended instanceof Error)) throw new Error('the gateway started')
    expect(ended.message).toMatch(/there is no interface nowhere1 .*\nthere is no interface nowhere0 /)
    const { code, out } = await cli('doctor', '--data-dir', dataDir, '--listen-port', '0', '--config', file)
    expect(code).toBe(1)
    for (const line of ended.message.split('\n')) expect(out).toContain(line)
  })
})
