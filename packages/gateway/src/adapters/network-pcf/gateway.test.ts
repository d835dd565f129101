// The view of an application of a gateway whose network is a 5G core, with an operator's configuration.

import type { SessionInfo } from '@rightofway/camara'
import { type Exchange, serveCore } from '@rightofway/core-simulator'
import { expect, it } from 'vitest'
import { coreAdmin } from '../../../test/support/core-admin.js'
import { QOD, withGateway } from '../../../test/support/gateway.js'
import { until } from '../../../test/support/waiting.js'

const deviceAt = (address: string) => ({ ipv4Address: { publicAddress: address, privateAddress: address } })

it('holds sessions at the PCF that the BSF names, with tokens of the NRF, over HTTP/2 both ways', async () => {
  const core = await serveCore({
    ...{ file: ':memory:', port: 0 },
    settings: { core: 'free5gc', authorization: ['pcf', 'bsf'], clients: [{ id: 'nobody', secret: 'x' }] },
  })
  const exchanges: Exchange[] = []
  core.watch((exchange) => exchanges.push(exchange))
  const admin = coreAdmin(core.url)
  const held = async () => (await admin<{ pcf: { id: string; pccRules: object[] }[] }>('GET', '/held')).pcf
  try {
    await withGateway(
      async (gateway) => {
        const create = (address: string) =>
          gateway.create({ device: deviceAt(address), applicationServer: { ipv4Address: '198.51.100.7' } })
        const session = await create('10.45.0.2')
        expect(session).toMatchObject({ qosStatus: 'AVAILABLE' })
        const [context] = await held()
        expect(context?.pccRules).toMatchObject([{ fiveQi: 2 }, { fiveQi: 2 }])
        await admin('DELETE', '/tokens')
        await admin('POST', `/held/pcf/${context?.id}/events`, { event: 'terminated' })
        const get = async () => (await gateway.call<SessionInfo>('GET', `${QOD}/sessions/${session.sessionId}`)).body
        await until(async () => (await get()).qosStatus === 'UNAVAILABLE')
        expect(await get()).toMatchObject({ statusInfo: 'NETWORK_TERMINATED' })

        const offline = await create('10.46.0.2')
        expect(offline).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
        const { text } = await gateway.callAdmin('GET', `/sessions/${offline.sessionId}`)
        expect(text).toContain('the device has no PDU session')
      },
      {
        settings: {
          'directory.kind': 'open',
          'directory.prefixes': ['10.0.0.0/8'],
          'callbacks.listen.port': 0,
        },
        networks: [
          {
            ...{ kind: 'pcf', id: 'core', bsfUrl: core.url, nrfUrl: core.url, core: 'free5gc' },
            nfInstanceId: '019748a0-0000-4000-8000-000000000001',
          },
        ],
      },
    )
    const asked = exchanges.filter(({ door }) => ['pcf', 'bsf', 'nrf', 'token'].includes(door))
    expect(new Set(asked.map(({ httpVersion }) => httpVersion))).toEqual(new Set(['2.0']))
    expect(asked.map(({ door }) => door)).toEqual(expect.arrayContaining(['bsf', 'nrf', 'pcf', 'token']))
    const [token] = exchanges.filter(({ door }) => door === 'token')
    expect(token?.body).toMatchObject({ nfType: 'AF', targetNfType: 'BSF', scope: 'nbsf-management' })
  } finally {
    await core.close()
  }
})

it('sends the PCF the SUPI that the directory knows', async () => {
  const core = await serveCore({ file: ':memory:', port: 0, settings: { core: 'free5gc' } })
  const admin = coreAdmin(core.url)
  const supi = 'imsi-001010000000007'
  await admin('PUT', `/pdu-sessions/${supi}`, { ipv4: '10.45.0.7' })
  try {
    await withGateway(
      async (gateway) => {
        const put = (more: object) =>
          gateway.admin('PUT', '/devices/robot', { addresses: [{ address: '10.45.0.7' }], ...more })
        await put({ supi })
        expect(await gateway.admin('GET', '/devices/robot')).toMatchObject({ supi })
        const session = await gateway.create({ device: deviceAt('10.45.0.7') })
        expect(session).toMatchObject({ qosStatus: 'AVAILABLE' })
        const { pcf } = await admin<{ pcf: { request: { supi: string } }[] }>('GET', '/held')
        expect(JSON.stringify(pcf)).toContain(supi)
        await put({ supi: 'imsi-001010000000008' })
        const other = await gateway.create({
          device: deviceAt('10.45.0.7'),
          applicationServer: { ipv4Address: '198.51.100.9' },
        })
        expect(other).toMatchObject({ qosStatus: 'UNAVAILABLE' })
      },
      {
        settings: { 'callbacks.listen.port': 0 },
        networks: [{ kind: 'pcf', id: 'core', url: core.url, core: 'free5gc' }],
      },
    )
  } finally {
    await core.close()
  }
})
