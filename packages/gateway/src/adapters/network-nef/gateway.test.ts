// The view of an application of a gateway whose network is a NEF, with an operator's configuration.

import type { SessionInfo } from '@rightofway/camara'
import { serveCore } from '@rightofway/core-simulator'
import { expect, it } from 'vitest'
import { coreAdmin } from '../../../test/support/core-admin.js'
import { QOD, withGateway } from '../../../test/support/gateway.js'
import { until } from '../../../test/support/waiting.js'

const A_DEVICE = { ipv4Address: { publicAddress: '10.45.0.2', privateAddress: '10.45.0.2' } }

it('holds sessions with client credentials, and ends those that the network loses', async () => {
  const core = await serveCore({
    ...{ file: ':memory:', port: 0 },
    settings: { authorization: ['nef'], clients: [{ id: 'gateway', secret: 's3cret' }] },
  })
  const admin = coreAdmin(core.url)
  const held = async () => (await admin<{ nef: { id: string; document: object }[] }>('GET', '/held')).nef
  try {
    await withGateway(
      async (gateway) => {
        const create = (more: object = {}) =>
          gateway.create({
            ...{ device: A_DEVICE, applicationServer: { ipv4Address: '198.51.100.7' } },
            ...{ sink: `${gateway.sink.url}/events`, ...more },
          })
        const session = await create()
        expect(session).toMatchObject({ qosStatus: 'AVAILABLE' })
        const [subscription] = await held()
        expect(subscription?.document).toMatchObject({ ueIpv4Addr: '10.45.0.2', qosReference: 'qod_l' })
        // Another token than before.
        await admin('DELETE', '/tokens')
        await admin('POST', `/held/nef/${subscription?.id}/events`, { event: 'lost' })
        const get = async () => (await gateway.call<SessionInfo>('GET', `${QOD}/sessions/${session.sessionId}`)).body
        await until(async () => (await get()).qosStatus === 'UNAVAILABLE')
        expect(await get()).toMatchObject({ statusInfo: 'NETWORK_TERMINATED' })
        await until(async () => (await held()).length === 0)

        const refused = await create({
          qosProfile: 'QOS_S',
          applicationServer: { ipv4Address: '198.51.100.8' },
        })
        expect(refused).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
        const { body } = await gateway.callAdmin<{ reason?: string }>('GET', `/sessions/${refused.sessionId}`)
        expect(JSON.stringify(body)).toContain('answered 403 REQUESTED_SERVICE_NOT_AUTHORIZED')
        const { text } = await gateway.call('GET', '/metrics')
        expect(text).toContain('rightofway_api_network_up{network="core"} 1\n')
      },
      {
        settings: {
          'directory.kind': 'open',
          'directory.prefixes': ['10.0.0.0/8'],
          'callbacks.listen.port': 0,
        },
        networks: [
          {
            ...{ kind: 'nef', id: 'core', url: core.url, scsAsId: 'gateway' },
            ...{ tokenUrl: `${core.url}/oauth2/token`, clientId: 'gateway', clientSecret: 's3cret' },
            qosReferences: { QOS_L: 'qod_l', QOS_S: 'gold' },
          },
        ],
      },
    )
  } finally {
    await core.close()
  }
})
