import type { Device, ErrorInfo, SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { PAGE_DEVICE, QOD, type TestGateway, withGateway } from '../../../test/support/gateway.js'

const REFUSED = { phoneNumber: '+99999990001' }

const retrieve = ({ call }: TestGateway, device: Device | undefined, key?: string) =>
  call<SessionInfo[] & ErrorInfo>('POST', `${QOD}/retrieve-sessions`, {
    body: device === undefined ? {} : { device },
    ...(key !== undefined && { key }),
  })

const at = (ipv4Address: string) => ({ applicationServer: { ipv4Address } })

describe('retrieveSessionsByDevice', () => {
  it('lists sessions as getSession shows them; without sessions an empty list, never 404 [2.4]', () =>
    withGateway(async (gateway) => {
      expect(await retrieve(gateway, PAGE_DEVICE)).toMatchObject({ status: 200, body: [] })
      const session = await gateway.create({ sink: gateway.sink.url, ...at('233.252.0.0/24') })
      expect((await retrieve(gateway, PAGE_DEVICE)).body).toEqual([session])
    }))

  it('finds the device by any of its identifiers, in any spelling, and shows the one in the create [2.4]', () =>
    withGateway(async (gateway) => {
      const ipv6Address = '2001:DB8:1234:5678::1'
      const session = await gateway.create({ device: { ipv6Address } })
      expect(session.device).toEqual({ ipv6Address })
      for (const device of [
        PAGE_DEVICE,
        { ipv6Address: '2001:0db8:1234:5678:ffff::2' },
        { networkAccessIdentifier: 'device@TESTCSP.NET' },
        { ipv4Address: { publicAddress: '233.252.0.2', publicPort: 80 } },
        { ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25' } },
        { phoneNumber: '+1234567890', ipv6Address: '2001:db8:1234:5678::3' },
      ]) {
        expect((await retrieve(gateway, device)).body).toEqual([session])
      }
      expect((await retrieve(gateway, REFUSED)).body).toEqual([])
    }))

  it('lists live sessions first, newest first, and ended ones while they are retained [contract 0]', () =>
    withGateway(async (gateway) => {
      const made = async (duration: number, address: string) => {
        const { sessionId } = await gateway.create({ duration, ...at(address) })
        // Ids of the same millisecond have no order.
        await gateway.advance(1)
        return sessionId
      }
      const long1 = await made(3600, '198.51.100.1')
      const brief1 = await made(60, '198.51.100.2')
      const long2 = await made(3600, '198.51.100.3')
      const brief2 = await made(60, '198.51.100.4')
      const order = async () => (await retrieve(gateway, PAGE_DEVICE)).body.map(({ sessionId }) => sessionId)
      expect(await order()).toEqual([brief2, long2, brief1, long1])
      await gateway.advance(60)
      expect(await order()).toEqual([long2, long1, brief2, brief1])
      await gateway.advance(360)
      expect(await order()).toEqual([long2, long1])
      await gateway.call('DELETE', `${QOD}/sessions/${long2}`)
      expect(await order()).toEqual([long1])
    }))

  it('lists at most 100, and never drops a live one for an ended one [schema RetrieveSessionsOutput]', () =>
    withGateway(
      async (gateway) => {
        const live = await gateway.create(at('192.0.2.1'))
        for (let index = 0; index < 100; index++) await gateway.create({ duration: 1, ...at(`198.51.100.${index}`) })
        await gateway.advance(2)
        const { body } = await retrieve(gateway, PAGE_DEVICE)
        expect(body).toHaveLength(100)
        expect(body[0]).toEqual(live)
        expect(body.slice(1).every(({ qosStatus }) => qosStatus === 'UNAVAILABLE')).toBe(true)
      },
      { settings: { 'limits.sessionsPerDevice': 101 } },
    ))

  it('lists only sessions of the calling application [2.0: ownership]', () =>
    withGateway(async (gateway) => {
      const { key } = await gateway.newKey()
      await gateway.create()
      expect(await retrieve(gateway, PAGE_DEVICE, key)).toMatchObject({ status: 200, body: [] })
    }))

  it('requires a device that exists [2.4]', () =>
    withGateway(
      async (gateway) => {
        expect((await retrieve(gateway, undefined)).body).toEqual({
          status: 422,
          code: 'MISSING_IDENTIFIER',
          message: 'Neither the body nor the access token identifies a device.',
        })
        const nai = { networkAccessIdentifier: 'device@testcsp.net' }
        expect((await retrieve(gateway, nai)).body).toMatchObject({ status: 422, code: 'UNSUPPORTED_IDENTIFIER' })
        expect((await retrieve(gateway, { phoneNumber: '+1234567890' })).body).toEqual({
          status: 404,
          code: 'IDENTIFIER_NOT_FOUND',
          message: 'No device is known by these identifiers.',
        })
      },
      { settings: { 'directory.identifiers': ['phoneNumber'] } },
    ))

  it.each([
    ['no body', undefined],
    ['a device that is nothing', { device: {} }],
    ['a public address alone', { device: { ipv4Address: { publicAddress: '233.252.0.2' } } }],
    ['an address that is none', { device: { ipv6Address: '...' } }],
    ['an unknown member', { device: PAGE_DEVICE, status: 'AVAILABLE' }],
  ])('refuses %s [2.4: INVALID_ARGUMENT]', (_what, body) =>
    withGateway(async ({ call }) => {
      const answer = await call('POST', `${QOD}/retrieve-sessions`, body && { body })
      expect(answer.body).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' })
    }),
  )
})
