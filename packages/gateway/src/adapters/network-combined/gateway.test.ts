// The view of an application of a gateway whose network is a core and a network behind it, with an operator's
// configuration.

import type { SessionInfo } from '@rightofway/camara'
import { serveCore } from '@rightofway/core-simulator'
import { expect, it } from 'vitest'
import { coreAdmin } from '../../../test/support/core-admin.js'
import { QOD, withGateway } from '../../../test/support/gateway.js'
import { until } from '../../../test/support/waiting.js'

const DEVICE = { ipv4Address: { publicAddress: '10.45.0.2', privateAddress: '10.45.0.2' } }

it('holds a session in both, ends it in both, and continues without a part that is not required', async () => {
  const core = await serveCore({ file: ':memory:', port: 0 })
  const admin = coreAdmin(core.url)
  const heldByCore = async () => (await admin<{ nef: { id: string }[] }>('GET', '/held')).nef
  try {
    await withGateway(
      async (gateway) => {
        const heldByN6 = async () =>
          (await gateway.admin<{ held: string[] }>('GET', '/networks/n6/simulator/reservations')).held
        const create = (server: string) =>
          gateway.create({ device: DEVICE, applicationServer: { ipv4Address: server }, qosProfile: 'QOS_L' })
        const get = async ({ sessionId }: SessionInfo) =>
          (await gateway.call<SessionInfo>('GET', `${QOD}/sessions/${sessionId}`)).body

        const lost = await create('198.51.100.7')
        expect(lost).toMatchObject({ qosStatus: 'AVAILABLE' })
        expect(await heldByN6()).toHaveLength(1)
        const [subscription] = await heldByCore()
        await admin('POST', `/held/nef/${subscription?.id}/events`, { event: 'lost' })
        await until(async () => (await get(lost)).qosStatus === 'UNAVAILABLE')
        await until(async () => (await heldByN6()).length === 0 && (await heldByCore()).length === 0)
        const { text } = await gateway.callAdmin('GET', `/sessions/${lost.sessionId}`)
        expect(text).toContain('core: LOSS_OF_BEARER')
        expect(text).not.toContain('"without"')

        await gateway.admin('POST', '/networks/n6/simulator/script', { behaviour: 'refuse' })
        const alone = await create('198.51.100.8')
        expect(alone).toMatchObject({ qosStatus: 'AVAILABLE' })
        const detail = await gateway.admin('GET', `/sessions/${alone.sessionId}`)
        expect(detail).toMatchObject({ without: [{ network: 'n6', reason: expect.stringMatching(/./) as unknown }] })
        const ready = await gateway.call('GET', '/readyz')
        expect(ready.text).toContain('1 session is held without the part n6')
        const { text: metrics } = await gateway.call('GET', '/metrics')
        expect(metrics).toContain('rightofway_combined_network_incomplete{network="campus",part="n6"} 1\n')
        expect(metrics).toContain('rightofway_combined_network_incomplete{network="campus",part="core"} 0\n')
        expect((await gateway.call('DELETE', `${QOD}/sessions/${alone.sessionId}`)).status).toBe(204)
        await until(async () => (await heldByCore()).length === 0)
      },
      {
        settings: {
          'directory.kind': 'open',
          'directory.prefixes': ['10.0.0.0/8'],
          'callbacks.listen.port': 0,
        },
        networks: [
          { kind: 'combined', id: 'campus', parts: ['core', 'n6'], required: ['core'], devices: ['10.45.0.0/16'] },
          { kind: 'nef', id: 'core', url: core.url, scsAsId: 'gateway', qosReferences: { QOS_L: 'qod_l' } },
          { kind: 'simulator', id: 'n6' },
        ],
      },
    )
  } finally {
    await core.close()
  }
})
