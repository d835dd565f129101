import { join } from 'node:path'
import type { AssignmentId, AssignmentInfo, DeviceId, ErrorInfo, SessionId, SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { QOD, startTestGateway, type TestGateway, withDataDir, withGateway } from '../../../test/support/gateway.js'
import { openSqliteStore } from '../../adapters/store-sqlite/store.js'
import type { Prefix } from '../../domain/address.js'

const A = { phoneNumber: '+15550000001' }
const B = { phoneNumber: '+15550000002' }

/** Two devices, the first with an address. */
async function twoDevices({ admin }: TestGateway): Promise<void> {
  await admin('PUT', '/devices/a', { ...A, addresses: [] })
  await admin('PUT', '/devices/b', { ...B, addresses: [] })
}

const bind = ({ callAdmin }: TestGateway, device: string, ...addresses: string[]) =>
  callAdmin<ErrorInfo & { addresses: { address: string; source: string; expiresAt?: string }[] }>(
    'PUT',
    `/devices/${device}/addresses`,
    { source: 'dhcp', addresses: addresses.map((address) => ({ address })) },
  )

const read = async (gateway: TestGateway, { sessionId }: SessionInfo) =>
  (await gateway.call<SessionInfo>('GET', `${QOD}/sessions/${sessionId}`)).body

describe('putDeviceAddresses', () => {
  it('replaces the earlier addresses of its source, keeps those of others, and prefers the latest', () =>
    withGateway(async (gateway) => {
      await gateway.admin('PUT', '/devices/a', { addresses: [{ address: '10.0.0.1' }] })
      await bind(gateway, 'a', '10.0.0.2', '2001:db8:7::1')
      const { body } = await bind(gateway, 'a', '10.0.0.3')
      expect(body.addresses).toEqual([
        { address: '10.0.0.3/32', source: 'dhcp' },
        { address: '10.0.0.1/32', source: 'admin' },
      ])
      expect((await bind(gateway, 'a')).body.addresses).toHaveLength(1)
    }))

  it('ends with its time to live', () =>
    withGateway(async (gateway) => {
      await gateway.admin('PUT', '/devices/a', { addresses: [] })
      await gateway.admin('PUT', '/devices/a/addresses', { ttl: 60, addresses: [{ address: '2001:db8:7::/64' }] })
      const body = { device: { ipv6Address: '2001:db8:7::1' } }
      const ask = async () => (await gateway.call('POST', `${QOD}/retrieve-sessions`, { body })).status
      expect(await ask()).toBe(200)
      await gateway.advance(60)
      expect(await ask()).toBe(404)
      // The next change removes expired addresses.
      expect((await bind(gateway, 'a')).body.addresses).toEqual([])
    }))

  it('refuses an unknown device, and invalid addresses', () =>
    withGateway(async (gateway) => {
      expect((await bind(gateway, 'nobody', '10.0.0.1')).body).toMatchObject({ status: 404, code: 'NOT_FOUND' })
      await gateway.admin('PUT', '/devices/a', { addresses: [] })
      expect((await bind(gateway, 'a', '10.0.0.0/8')).body.message).toContain('addresses[0].address must be a single')
    }))
})

describe('an address that goes to another device', () => {
  const moves: readonly [string, (gateway: TestGateway) => Promise<unknown>][] = [
    ['by a new lease', async (gateway) => bind(gateway, 'b', '10.0.0.1')],
    [
      'with the whole device',
      (gateway) => gateway.admin('PUT', '/devices/b', { ...B, addresses: [{ address: '10.0.0.1' }] }),
    ],
    [
      'after the first has given it back',
      async (gateway) => {
        await bind(gateway, 'a')
        await bind(gateway, 'b', '10.0.0.1')
      },
    ],
    [
      'after the first was forgotten',
      async (gateway) => {
        await gateway.admin('DELETE', '/devices/a')
        await bind(gateway, 'b', '10.0.0.1')
      },
    ],
  ]
  it.each(moves)('ends the sessions that its last holder has with it: %s', (_how, move) =>
    withGateway(async (gateway) => {
      await twoDevices(gateway)
      await bind(gateway, 'a', '10.0.0.1')
      const session = await gateway.create({ device: A, sink: gateway.sink.url })
      expect(session.qosStatus).toBe('AVAILABLE')
      await move(gateway)
      expect(await read(gateway, session)).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
      await gateway.sink.count(2)
      expect(await gateway.admin('GET', '/networks/simulator/simulator/reservations')).toEqual({ held: [] })
      // The next holder has no session.
      expect((await gateway.create({ device: B })).qosStatus).toBe('AVAILABLE')
    }),
  )

  it('leaves sessions with other addresses alone', () =>
    withGateway(async (gateway) => {
      await twoDevices(gateway)
      await bind(gateway, 'a', '10.0.0.1')
      const session = await gateway.create({ device: A })
      await bind(gateway, 'b', '10.0.0.2')
      expect((await read(gateway, session)).qosStatus).toBe('AVAILABLE')
    }))
})

describe('a live session', () => {
  const wished = ({ store }: TestGateway, { sessionId }: SessionInfo) =>
    store.sessions.find(sessionId as SessionId).then((stored) => stored?.session.flow.device)

  it('follows its device to another address', () =>
    withGateway(async (gateway) => {
      await twoDevices(gateway)
      await bind(gateway, 'a', '10.0.0.1')
      const session = await gateway.create({ device: A })
      await bind(gateway, 'a', '10.0.0.2', '2001:db8:7::1')
      await gateway.advance(1)
      expect(await wished(gateway, session)).toEqual({ ipv4: '10.0.0.2/32', ipv6: '2001:db8:7::/64' })
      expect(await read(gateway, session)).toMatchObject({ qosStatus: 'AVAILABLE', duration: 3600 })
      // The network was told, and has answered.
      expect(await gateway.store.sessions.hasTask(session.sessionId as SessionId)).toBe(false)
    }))

  it('keeps its address while its device has it, whatever others the device gets', () =>
    withGateway(async (gateway) => {
      await gateway.admin('PUT', '/devices/a', { ...A, addresses: [{ address: '10.0.0.1' }] })
      const session = await gateway.create({ device: A })
      await bind(gateway, 'a', '10.0.0.2')
      expect(await wished(gateway, session)).toEqual({ ipv4: '10.0.0.1/32' })
    }))

  const losses: readonly [string, (gateway: TestGateway) => Promise<unknown>][] = [
    ['is given back', (gateway) => bind(gateway, 'a')],
    ['expires', (gateway) => gateway.advance(60)],
    ['is forgotten with it', (gateway) => gateway.admin('DELETE', '/devices/a')],
    ['is replaced by one of another family', (gateway) => bind(gateway, 'a', '2001:db8:7::1')],
  ]
  it.each(losses)('ends when the only address of its device %s', (_how, lose) =>
    withGateway(async (gateway) => {
      await twoDevices(gateway)
      await gateway.admin('PUT', '/devices/a/addresses', {
        source: 'dhcp',
        ttl: 60,
        addresses: [{ address: '10.0.0.1' }],
      })
      const session = await gateway.create({ device: A })
      await lose(gateway)
      expect(await read(gateway, session)).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
    }),
  )

  it('follows changes that were made while its gateway was stopped', () =>
    withDataDir(async (dataDir) => {
      const first = await startTestGateway({ dataDir })
      await twoDevices(first)
      await first.admin('PUT', '/devices/a/addresses', { ttl: 1, addresses: [{ address: '10.0.0.1' }] })
      const session = await first.create({ device: A })
      await first.close()
      // What the other gateway of a pair would have done.
      const store = openSqliteStore({ file: join(dataDir, 'store.db') })
      await store.devices.bind(
        'a' as DeviceId,
        'admin',
        [{ address: '10.0.0.9/32' as Prefix, source: 'admin' }],
        first.clock.now(),
      )
      await store.close()
      await withGateway(async (gateway) => expect((await wished(gateway, session))?.ipv4).toBe('10.0.0.9/32'), {
        dataDir,
      })
    }))
})

describe('a service', () => {
  it('that was not sold for a device is refused to it [contract 0: SERVICE_NOT_APPLICABLE]', () =>
    withGateway(async (gateway) => {
      await gateway.admin('PUT', '/devices/a', { ...A, services: [], addresses: [] })
      const refusal = { status: 422, code: 'SERVICE_NOT_APPLICABLE' }
      for (const path of [`${QOD}/retrieve-sessions`, '/qos-profiles/v1/retrieve-qos-profiles']) {
        expect((await gateway.call('POST', path, { body: { device: A } })).body).toMatchObject(refusal)
      }
      await gateway.admin('PUT', '/devices/a', { ...A, services: ['quality-on-demand'], addresses: [] })
      expect((await gateway.call('POST', `${QOD}/retrieve-sessions`, { body: { device: A } })).status).toBe(200)
    }))
})

describe('a profile that is available in a country', () => {
  const NETWORKS = { networks: [{ kind: 'simulator', id: 'campus', country: 'HU', plmn: '21601' }] }
  const offered = async (gateway: TestGateway, countryAvailability: object[]) => {
    await gateway.admin('PUT', '/profiles/LOCAL', { name: 'LOCAL', status: 'ACTIVE', countryAvailability })
    const { body } = await gateway.call<object[]>('POST', '/qos-profiles/v1/retrieve-qos-profiles', {
      body: { device: { phoneNumber: '+36721601234567' }, name: 'LOCAL' },
    })
    return body.length === 1
  }

  it('is available to devices on networks in that country, and on the network it names', () =>
    withGateway(async (gateway) => {
      expect(await offered(gateway, [{ countryName: 'HU' }])).toBe(true)
      expect(await offered(gateway, [{ countryName: 'DE' }, { countryName: 'HU', networks: ['21601'] }])).toBe(true)
      expect(await offered(gateway, [{ countryName: 'HU', networks: ['21630'] }])).toBe(false)
      expect(await offered(gateway, [{ countryName: 'DE' }])).toBe(false)
      const answer = await gateway.call<ErrorInfo>('POST', `${QOD}/sessions`, {
        body: {
          device: { phoneNumber: '+36721601234567' },
          applicationServer: { ipv4Address: '198.51.100.1' },
          qosProfile: 'LOCAL',
          duration: 60,
        },
      })
      expect(answer.body.code).toBe('QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE')
    }, NETWORKS))
})

describe('importDevices', () => {
  const importFile = ({ callAdmin }: TestGateway, format: string, text: string) =>
    callAdmin<ErrorInfo>('POST', '/import-devices', { format, text })

  it('takes a table, with quoted fields and any line ends', () =>
    withGateway(async (gateway) => {
      const table =
        '\ufeffdevice,phoneNumber,addresses,publicAddress,publicPorts,profiles\r\n' +
        'cam-1,+15550000003,10.0.0.1 2001:db8:9::/64,198.51.100.9,1024-2047,QOS_X\n\n' +
        '"cam-2",,"10.0.0.2",,,\r\n'
      expect((await importFile(gateway, 'csv', table)).body).toEqual({ devices: 2 })
      expect(await gateway.admin('GET', '/devices/cam-1')).toEqual({
        device: 'cam-1',
        phoneNumber: '+15550000003',
        profiles: ['QOS_X'],
        addresses: [
          {
            address: '10.0.0.1/32',
            source: 'import',
            publicAddress: '198.51.100.9',
            publicPorts: { from: 1024, to: 2047 },
          },
          { address: '2001:db8:9::/64', source: 'import' },
        ],
      })
      expect(await gateway.admin('GET', '/devices/cam-2')).toMatchObject({ addresses: [{ address: '10.0.0.2/32' }] })
    }))

  it('takes a YAML list of devices as they are shown', () =>
    withGateway(async (gateway) => {
      const text = '- device: cam-1\n  services: [quality-on-demand]\n  addresses: [{ address: 10.0.0.1 }]\n'
      expect((await importFile(gateway, 'yaml', text)).body).toEqual({ devices: 1 })
      const known = await gateway.admin<object>('GET', '/devices/cam-1')
      expect((await importFile(gateway, 'yaml', JSON.stringify([known]))).status).toBe(200)
      expect(await gateway.admin('GET', '/devices/cam-1')).toEqual(known)
    }))

  it.each([
    ['csv', 'device\ncam-1\ncam-1\n', 'line 3: the device cam-1 occurs twice'],
    ['csv', 'device,imsi\ncam-1,1\n', 'imsi is not a column'],
    ['csv', 'device,addresses\ncam-1\n', 'line 2: it has 1 fields, but the first line has 2'],
    ['csv', 'device,addresses\ncam-1,nowhere\n', 'line 2: addresses[0].address must be an IPv4 address'],
    ['csv', 'device,phoneNumber\n"cam"1,x\n', 'The file is not CSV: line 2'],
    ['csv', 'device,phoneNumber\ncam-1,0155\n', 'line 2: phoneNumber must match'],
    ['yaml', 'device: cam-1', 'must be a list of devices'],
    ['yaml', '- device: cam-1\n  addresses: []\n  imsi: 1\n', 'device 1: imsi is not a known member'],
    ['yaml', '- [', 'The file is not YAML'],
  ])('refuses a file as a whole, and says where it is wrong: %s %j', (format, text, message) =>
    withGateway(async (gateway) => {
      const answer = await importFile(gateway, format, text)
      expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT' } })
      expect(answer.body.message).toContain(message)
      expect((await gateway.callAdmin('GET', '/devices/cam-1')).status).toBe(404)
    }),
  )

  it('refuses a name of another device, unless the same file takes it from that device', () =>
    withGateway(async (gateway) => {
      await twoDevices(gateway)
      const taken = await importFile(gateway, 'csv', `device,phoneNumber\nnew,+15550000009\nc,${A.phoneNumber}\n`)
      expect(taken).toMatchObject({
        status: 409,
        body: { message: 'Another device has the phoneNumber of c.' },
      })
      expect((await gateway.callAdmin('GET', '/devices/new')).status).toBe(404)
      const swapped = `device,phoneNumber\na,${B.phoneNumber}\nb,${A.phoneNumber}\n`
      expect((await importFile(gateway, 'csv', swapped)).status).toBe(200)
      expect(await gateway.admin('GET', '/devices/b')).toMatchObject(A)
    }))
})

describe('a live assignment', () => {
  const ASSIGNMENTS = '/qos-provisioning/v0.4/qos-assignments'

  /** Creates an assignment of device A. @returns reads its state */
  async function assign(gateway: TestGateway) {
    const { body } = await gateway.call<AssignmentInfo>('POST', ASSIGNMENTS, {
      body: { device: A, qosProfile: 'QOS_L' },
    })
    const id = body.assignmentId as AssignmentId
    return async () => {
      const stored = await gateway.store.sessions.find(id)
      const { body: now } = await gateway.call<AssignmentInfo>('GET', `${ASSIGNMENTS}/${id}`)
      const told = !(await gateway.store.sessions.hasTask(id))
      return { addresses: stored?.session.addresses, status: now.status, statusInfo: now.statusInfo, told }
    }
  }

  it('follows its device to other addresses, and pauses while it has none', () =>
    withGateway(async (gateway) => {
      await twoDevices(gateway)
      await bind(gateway, 'a', '10.0.0.1')
      const state = await assign(gateway)
      expect(await state()).toEqual({ addresses: { ipv4: '10.0.0.1/32' }, status: 'AVAILABLE', told: true })
      await bind(gateway, 'a', '10.0.0.2', '2001:db8:7::1')
      await gateway.advance(1)
      const there = { addresses: { ipv4: '10.0.0.2/32', ipv6: '2001:db8:7::/64' }, status: 'AVAILABLE', told: true }
      expect(await state()).toEqual(there)
      await bind(gateway, 'a')
      await gateway.advance(3_600)
      expect(await state()).toEqual({ addresses: {}, status: 'AVAILABLE', told: true })
      // The next device with its address does not get its QoS.
      await bind(gateway, 'b', '10.0.0.2')
      await gateway.advance(1)
      expect(await state()).toEqual({ addresses: {}, status: 'AVAILABLE', told: true })
      await bind(gateway, 'a', '10.0.0.3')
      await gateway.advance(1)
      expect(await state()).toEqual({ addresses: { ipv4: '10.0.0.3/32' }, status: 'AVAILABLE', told: true })
    }))

  it('ends with its device', () =>
    withGateway(async (gateway) => {
      await twoDevices(gateway)
      await bind(gateway, 'a', '10.0.0.1')
      const state = await assign(gateway)
      await gateway.admin('DELETE', '/devices/a')
      await gateway.advance(1)
      expect(await state()).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED', told: true })
    }))

  it('is refused with a reason where its device has no address, or was not sold it', () =>
    withGateway(async (gateway) => {
      await twoDevices(gateway)
      const refusal = async () =>
        (await gateway.call<ErrorInfo>('POST', ASSIGNMENTS, { body: { device: A, qosProfile: 'QOS_L' } })).body
      expect(await refusal()).toEqual({
        status: 422,
        code: 'SERVICE_NOT_APPLICABLE',
        message: 'The device has no address: it is not connected to the network',
      })
      await gateway.admin('PUT', '/devices/a', {
        ...A,
        services: ['quality-on-demand'],
        addresses: [{ address: '10.0.0.1' }],
      })
      expect(await refusal()).toMatchObject({ status: 422, code: 'SERVICE_NOT_APPLICABLE' })
    }))
})
