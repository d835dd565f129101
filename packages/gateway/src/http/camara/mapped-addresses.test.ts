// IPv4-mapped IPv6 addresses (RFC 4291 section 2.5.5.2): a dual-stack socket of Node shows IPv4 peers like this.

import type { CreateSession, SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { A_SESSION, QOD, type TestGateway, withGateway } from '../../../test/support/gateway.js'
import type { AdminSessionDetail } from '../admin/session-view.js'

const create = (gateway: TestGateway, body: Partial<CreateSession>) =>
  gateway.call<SessionInfo>('POST', `${QOD}/sessions`, { body: { ...A_SESSION, ...body } })

describe('an IPv4-mapped IPv6 address', () => {
  it.each([
    [{ ipv6Address: '::ffff:203.0.113.5' }, ['203.0.113.5/32']],
    [{ ipv4Address: '203.0.113.5', ipv6Address: '::ffff:203.0.113.5' }, ['203.0.113.5/32']],
    [{ ipv6Address: '::ffff:203.0.113.0/120' }, ['203.0.113.0/24']],
    [{ ipAddresses: ['::ffff:203.0.113.5', '2001:db8::5'] }, ['203.0.113.5/32', '2001:db8::5/128']],
  ] as const)('is read as IPv4 in the server %o', (applicationServer, server) =>
    withGateway(async (gateway) => {
      const answer = await create(gateway, { applicationServer } as Partial<CreateSession>)
      expect([answer.status, answer.body.qosStatus]).toEqual([201, 'AVAILABLE'])
      expect(answer.body.applicationServer).toEqual(applicationServer)
      const detail = await gateway.admin<AdminSessionDetail>('GET', `/sessions/${answer.body.sessionId}`)
      expect(detail.server).toEqual(server)
    }),
  )

  it('identifies the device with the IPv4 address, and is shown as it was written', () =>
    withGateway(async (gateway) => {
      await gateway.admin('PUT', '/devices/plain', { addresses: [{ address: '192.0.2.77' }] })
      const device = { ipv6Address: '::ffff:192.0.2.77' }
      const answer = await create(gateway, { device })
      expect([answer.status, answer.body.qosStatus, answer.body.device]).toEqual([201, 'AVAILABLE', device])
    }))

  it('is the same address of a device in either form', () =>
    withGateway(async (gateway) => {
      await gateway.admin('PUT', '/devices/mapped', { addresses: [{ address: '::ffff:192.0.2.78' }] })
      expect(await gateway.admin('GET', '/devices/mapped')).toMatchObject({
        addresses: [{ address: '192.0.2.78/32' }],
      })
      const device = { ipv4Address: { publicAddress: '192.0.2.78', privateAddress: '192.0.2.78' } }
      expect((await create(gateway, { device })).body.qosStatus).toBe('AVAILABLE')
    }))
})
