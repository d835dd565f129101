import type { ErrorInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { A_SESSION, QOD, type TestGateway, withGateway } from '../../../test/support/gateway.js'
import { DEVICES } from '../../sandbox/world.js'

interface Device {
  device: string
}

const put = ({ callAdmin }: TestGateway, id: string, body: object) =>
  callAdmin<Device & ErrorInfo>('PUT', `/devices/${id}`, body)

const CAMERA = {
  phoneNumber: '+3613333333',
  networkAccessIdentifier: 'Camera-7@Campus.example',
  addresses: [
    {
      address: '10.0.0.7',
      publicAddress: '198.51.100.7',
      publicPorts: { from: 1024, to: 2047 },
      source: 'dhcp',
      expiresAt: '2099-01-01T00:00:00.000Z',
    },
    { address: '2001:DB8:7::1' },
  ],
}

describe('putDevice', () => {
  it('adds a device; addresses are kept as the network writes them, an IPv6 address as its prefix', () =>
    withGateway(async (gateway) => {
      const answer = await put(gateway, 'camera-7', CAMERA)
      const known = {
        ...CAMERA,
        device: 'camera-7',
        addresses: [
          { ...CAMERA.addresses[0], address: '10.0.0.7/32' },
          { address: '2001:db8:7::/64', source: 'admin' },
        ],
      }
      expect(answer).toMatchObject({ status: 200, body: known })
      expect(await gateway.admin('GET', '/devices/camera-7')).toEqual(known)
    }))

  it('makes a device that a create can name by each of its identifiers', () =>
    withGateway(async (gateway) => {
      await put(gateway, 'camera-7', CAMERA)
      for (const device of [
        { phoneNumber: CAMERA.phoneNumber },
        { networkAccessIdentifier: 'Camera-7@campus.EXAMPLE' },
        { ipv4Address: { publicAddress: '198.51.100.7', publicPort: 2047 } },
        { ipv4Address: { publicAddress: '198.51.100.7', privateAddress: '10.0.0.7' } },
        { ipv6Address: '2001:db8:7::abcd' },
      ]) {
        const answer = await gateway.call('POST', `${QOD}/retrieve-sessions`, { body: { device } })
        expect(answer.status, JSON.stringify(device)).toBe(200)
      }
      const stranger = { device: { ipv4Address: { publicAddress: '198.51.100.7', publicPort: 2048 } } }
      expect((await gateway.call('POST', `${QOD}/retrieve-sessions`, { body: stranger })).status).toBe(404)
    }))

  it('replaces the whole device', () =>
    withGateway(async (gateway) => {
      await put(gateway, 'camera-7', CAMERA)
      const bare = { addresses: [] }
      expect((await put(gateway, 'camera-7', bare)).body).toEqual({ device: 'camera-7', ...bare })
      expect(await gateway.admin('GET', '/devices/camera-7')).toEqual({ device: 'camera-7', ...bare })
      const body = { device: { phoneNumber: CAMERA.phoneNumber } }
      expect((await gateway.call('POST', `${QOD}/retrieve-sessions`, { body })).status).toBe(404)
    }))

  it.each(['.', '..', '...'])('refuses a name that a URL cannot contain, from a file too: %s', (device) =>
    withGateway(async (gateway) => {
      const file = { format: 'csv', text: `device,addresses\n${device},10.0.0.1\n` }
      const answer = await gateway.callAdmin<ErrorInfo>('POST', '/import-devices', file)
      expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT' } })
      expect(answer.body.message).toMatch('line 2: device must match')
    }),
  )

  it('refuses a table without a header line, and quotes nothing of it', () =>
    withGateway(async (gateway) => {
      const file = { format: 'csv', text: `device,${CAMERA.phoneNumber}\ncamera-7,10.0.0.1\n` }
      const { status, body } = await gateway.callAdmin<ErrorInfo>('POST', '/import-devices', file)
      expect(status).toBe(400)
      expect(body.message).toContain('; the name of column 2 is not a column')
      expect(body.message).not.toContain(CAMERA.phoneNumber)
    }))

  it('refuses a file of too many devices', () =>
    withGateway(async (gateway) => {
      const file = { format: 'csv', text: `device\n${Array.from({ length: 100_001 }, (_, n) => `d${n}\n`).join('')}` }
      expect(await gateway.callAdmin<ErrorInfo>('POST', '/import-devices', file)).toMatchObject({
        status: 400,
        body: { message: 'The file has 100001 devices, and may have 100000: import it in parts' },
      })
    }))

  it('reads the largest file allowed, each character escaped, and refuses a larger one', () =>
    withGateway(async (gateway) => {
      const text = `[] #${'"'.repeat(8 * 1_048_576 - 4)}`
      expect(await gateway.callAdmin('POST', '/import-devices', { format: 'yaml', text })).toMatchObject({
        status: 200,
        body: { devices: 0 },
      })
      expect(await gateway.callAdmin('POST', '/import-devices', { format: 'yaml', text: `${text}"` })).toMatchObject({
        status: 400,
      })
      const twice = { format: 'yaml', text: text + text }
      expect(await gateway.callAdmin('POST', '/import-devices', twice)).toMatchObject({ status: 413 })
    }))

  it('has sessions of many devices follow in one import', () =>
    withGateway(async (gateway) => {
      const many = 1_200
      const table = (first: number) =>
        `device,addresses\n${Array.from({ length: many }, (_, n) => `d${n},10.${first}.${n >> 8}.${n & 255}\n`).join('')}`
      await gateway.callAdmin('POST', '/import-devices', { format: 'csv', text: table(1) })
      const ids = await Promise.all(
        [0, 600, many - 1].map(async (n) => {
          const address = `10.1.${n >> 8}.${n & 255}`
          const device = { ipv4Address: { publicAddress: address, privateAddress: address } }
          return (await gateway.create({ device })).sessionId
        }),
      )
      await gateway.callAdmin('POST', '/import-devices', { format: 'csv', text: table(2) })
      for (const [index, id] of ids.entries()) {
        const n = [0, 600, many - 1][index] as number
        const session = await gateway.admin<{ device: unknown }>('GET', `/sessions/${id}`)
        expect(JSON.stringify(session)).toContain(`10.2.${n >> 8}.${n & 255}`)
      }
    }))

  it('refuses a name of another device, and says which; a device may keep its own', () =>
    withGateway(async (gateway) => {
      await put(gateway, 'camera-7', CAMERA)
      const { phoneNumber } = CAMERA
      expect((await put(gateway, 'camera-8', { phoneNumber, addresses: [] })).body).toEqual({
        status: 409,
        code: 'CONFLICT',
        message: 'Another device has this phoneNumber.',
      })
      const nai = { networkAccessIdentifier: 'Camera-7@CAMPUS.example', addresses: [] }
      expect((await put(gateway, 'camera-8', nai)).body.message).toBe(
        'Another device has this networkAccessIdentifier.',
      )
      expect((await put(gateway, 'camera-7', CAMERA)).status).toBe(200)
    }))

  it.each([
    ['a/b', { addresses: [] }, 404, 'There is nothing at this path.'],
    ['a%2Fb', { addresses: [] }, 400, 'device (path) must match ^\\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*$'],
    ['x'.repeat(65), { addresses: [] }, 400, 'device (path) must have at most 64 characters'],
    ['x', {}, 400, 'addresses is required'],
    ['x', { addresses: [], imsi: 1 }, 400, 'imsi is not a known member'],
    ['x', { addresses: [{}] }, 400, 'addresses[0].address is required'],
    ['x', { addresses: [{ address: '10.0.0.0/8' }] }, 400, 'addresses[0].address must be a single IPv4 address'],
    ['x', { addresses: [{ address: '10.0.0.256' }] }, 400, 'addresses[0].address must be an IPv4 address'],
    ['x', { addresses: [{ address: '2001:db8::/129' }] }, 400, 'addresses[0].address must be an IPv6 address'],
    ['x', { addresses: [{ address: '10.0.0.1', publicPorts: { from: 1, to: 2 } }] }, 400, 'requires publicAddress'],
    [
      'x',
      { addresses: [{ address: '10.0.0.1', publicAddress: '198.51.100.1', publicPorts: { from: 2, to: 1 } }] },
      400,
      'addresses[0].publicPorts: `to` must not be below `from`',
    ],
    [
      'x',
      { addresses: [{ address: '10.0.0.1', publicAddress: '010.0.0.1' }] },
      400,
      'addresses[0].publicAddress must be',
    ],
    ['x', { addresses: [{ address: '10.0.0.1', expiresAt: '2026-06-01' }] }, 400, 'addresses[0].expiresAt must be'],
  ])('refuses %s: %j', (id, body, status, words) =>
    withGateway(async (gateway) => {
      const refusal = await put(gateway, id, body)
      expect(refusal.status).toBe(status)
      expect(refusal.body.message).toContain(words)
    }),
  )
})

describe('an address with an end', () => {
  it('belongs to the device until then, and to no device afterwards', () =>
    withGateway(async (gateway) => {
      const { now } = await gateway.admin<{ now: string }>('GET', '/sandbox/clock')
      const expiresAt = new Date(Date.parse(now) + 60_000).toISOString()
      await put(gateway, 'camera-7', { addresses: [{ address: '2001:db8:7::/64', expiresAt }] })
      const body = { device: { ipv6Address: '2001:db8:7::1' } }
      expect((await gateway.call('POST', `${QOD}/retrieve-sessions`, { body })).status).toBe(200)
      await gateway.advance(60)
      expect((await gateway.call('POST', `${QOD}/retrieve-sessions`, { body })).status).toBe(404)
    }))
})

describe('listDevices', () => {
  it('searches all devices on the server, and refuses queries that can match none', () =>
    withGateway(async (gateway) => {
      await put(gateway, 'camera-7', CAMERA)
      await put(gateway, 'camera-8', { addresses: [] })
      const found = async (search: string) =>
        (await gateway.admin<Device[]>('GET', `/devices?search=${encodeURIComponent(search)}`)).map((it) => it.device)
      expect(await found('CAMERA')).toEqual(['camera-7', 'camera-8'])
      expect(await found(' camera  campus ')).toEqual(['camera-7'])
      expect(await found('198.51.100.7')).toEqual(['camera-7'])
      const answer = await gateway.callAdmin<ErrorInfo>('GET', '/devices?search=a%00b')
      expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT' } })
    }))

  it('lists them by id, from behind the last one seen', () =>
    withGateway(async ({ admin }) => {
      const ids = (await admin<Device[]>('GET', '/devices')).map(({ device }) => device)
      expect(ids).toEqual(DEVICES.map(({ id }) => id).sort())
      const later = await admin<Device[]>('GET', '/devices?after=test-device-2')
      expect(later.map(({ device }) => device)).toEqual(ids.slice(ids.indexOf('test-device-2') + 1))
    }))

  it('refuses unknown query parameters', () =>
    withGateway(async ({ callAdmin }) => {
      const refusal = await callAdmin<ErrorInfo>('GET', '/devices?before=x')
      expect(refusal.body).toEqual({
        status: 400,
        code: 'INVALID_ARGUMENT',
        message: 'before (query) is not a known member; allowed are after, search',
      })
    }))
})

describe('deleteDevice', () => {
  it('deletes the device and ends its sessions, which still count when it is added again', () =>
    withGateway(async (gateway) => {
      const { admin, call, create } = gateway
      const page = await admin<Device & { addresses: object[] }>('GET', '/devices/page-device')
      const session = await create()
      expect((await gateway.callAdmin('DELETE', '/devices/page-device')).status).toBe(204)
      const { body } = await call('GET', `${QOD}/sessions/${session.sessionId}`)
      expect(body).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
      expect((await call('POST', `${QOD}/sessions`, { body: A_SESSION })).status).toBe(404)
      // As it was shown.
      const { device, ...known } = page
      expect(await put(gateway, device, known)).toMatchObject({ status: 200, body: page })
      expect((await call('POST', `${QOD}/sessions`, { body: A_SESSION })).status).toBe(409)
    }))

  it('refuses an unknown device, and so does getDevice', () =>
    withGateway(async ({ callAdmin }) => {
      const refusal = { status: 404, code: 'NOT_FOUND', message: 'There is no such device.' }
      expect((await callAdmin('DELETE', '/devices/camera-7')).body).toEqual(refusal)
      expect((await callAdmin('GET', '/devices/camera-7')).body).toEqual(refusal)
    }))
})
