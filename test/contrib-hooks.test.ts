// The hooks of contrib/, called as their programs call them, with the arguments and the environment that these document.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, vi } from 'vitest'
import { type TestGateway, withGateway } from '../packages/gateway/test/support/gateway.js'
import { describeWith } from './parts.js'

// Each call is a shell and a curl, and the machine may be busy.
vi.setConfig({ testTimeout: 30_000 })

const MAC = '00:11:22:AA:BB:CC'
const DEVICE = '00-11-22-aa-bb-cc'

interface Known {
  readonly addresses: readonly { address: string; source: string; expiresAt?: string }[]
}

/** Calls a hook. @returns the addresses of the device, with the seconds until they expire */
function hook(gateway: TestGateway, name: string) {
  return async (argv: readonly string[], env: Readonly<Record<string, string>>, device = DEVICE) => {
    const file = fileURLToPath(new URL(`../contrib/${name}`, import.meta.url))
    await promisify(execFile)(file, [...argv], {
      env: { PATH: process.env['PATH'] ?? '', RIGHTOFWAY_ADMIN_SOCKET: gateway.adminSocket, ...env },
    })
    const { addresses } = await gateway.admin<Known>('GET', `/devices/${device}`)
    return addresses.map(({ address, expiresAt }) => {
      if (expiresAt === undefined) return address
      const seconds = Math.round((Date.parse(expiresAt) - gateway.clock.now()) / 60_000) * 60
      return `${address} for ${seconds} s`
    })
  }
}

const withDevice = (name: string, use: (call: ReturnType<typeof hook>, gateway: TestGateway) => Promise<void>) => () =>
  withGateway(async (gateway) => {
    await gateway.admin('PUT', `/devices/${DEVICE}`, { addresses: [] })
    await use(hook(gateway, name), gateway)
  })

describeWith(['curl'], 'the hook for dnsmasq', () => {
  const remaining = { DNSMASQ_TIME_REMAINING: '3600', DNSMASQ_INTERFACE: 'eth0', DNSMASQ_CLIENT_ID: `01:${MAC}` }

  it(
    'binds a lease, renews it, moves on to another one, and gives up the old one late [dnsmasq(8) --dhcp-script]',
    withDevice('dnsmasq-hook', async (call) => {
      expect(await call(['add', MAC, '10.0.0.5', 'camera'], remaining)).toEqual(['10.0.0.5/32 for 3600 s'])
      const later = { ...remaining, DNSMASQ_TIME_REMAINING: '7200' }
      expect(await call(['old', MAC, '10.0.0.5'], later)).toEqual(['10.0.0.5/32 for 7200 s'])
      expect(await call(['add', MAC, '10.0.0.6'], remaining)).toEqual([
        '10.0.0.6/32 for 3600 s',
        '10.0.0.5/32 for 7200 s',
      ])
      expect(await call(['del', MAC, '10.0.0.5'], {})).toEqual(['10.0.0.6/32 for 3600 s'])
    }),
  )

  it(
    'binds an IPv6 lease as the one address it is',
    withDevice('dnsmasq-hook', async (call, gateway) => {
      await gateway.admin('PUT', '/devices/00-01-00-01', { addresses: [] })
      const env = { ...remaining, DNSMASQ_IAID: '1', DNSMASQ_MAC: MAC }
      expect(await call(['add', '00:01:00:01', '2001:db8::5'], env, '00-01-00-01')).toEqual([
        '2001:db8::5/128 for 3600 s',
      ])
    }),
  )

  it(
    'passes over devices that nobody knows, names that are odd, and calls that are about something else',
    withDevice('dnsmasq-hook', async (call) => {
      expect(await call(['add', '00:00:00:00:00:01', '10.0.0.7'], remaining)).toEqual([])
      expect(await call(['add', `${MAC}/../x","a":"`, '10.0.0.7'], remaining)).toEqual([])
      expect(await call(['tftp', '100', '10.0.0.7', '/boot'], {})).toEqual([])
      expect(await call(['arp-add', MAC, '10.0.0.7'], {})).toEqual([])
    }),
  )

  it(
    'fails where no gateway answers, so that dnsmasq logs it',
    withDevice('dnsmasq-hook', async (call) => {
      const env = { ...remaining, RIGHTOFWAY_ADMIN_SOCKET: '/nowhere' }
      await expect(call(['add', MAC, '10.0.0.5'], env)).rejects.toThrow()
    }),
  )
})

/** The variables of a lease, as Kea's run_script library sets them. */
const lease4 = (prefix: string, address: string, lifetime = '3600') => ({
  [`${prefix}_ADDRESS`]: address,
  [`${prefix}_HWADDR`]: MAC.toLowerCase(),
  [`${prefix}_HWADDR_TYPE`]: '1',
  [`${prefix}_VALID_LIFETIME`]: lifetime,
  [`${prefix}_STATE`]: 'default',
  [`${prefix}_HOSTNAME`]: 'camera',
})
const lease6 = (prefix: string, address: string, type: string, length: string) => ({
  ...lease4(prefix, address),
  [`${prefix}_DUID`]: '00:01:00:01',
  [`${prefix}_IAID`]: '1',
  [`${prefix}_TYPE`]: type,
  [`${prefix}_PREFIX_LEN`]: length,
})

describeWith(['curl'], 'the hook for Kea', () => {
  it(
    'binds what was committed, and gives up what was deleted with it [leases4_committed]',
    withDevice('kea-hook', async (call) => {
      const first = { LEASES4_SIZE: '1', DELETED_LEASES4_SIZE: '0', ...lease4('LEASES4_AT0', '10.0.0.5') }
      expect(await call(['leases4_committed'], first)).toEqual(['10.0.0.5/32 for 3600 s'])
      const next = {
        LEASES4_SIZE: '1',
        DELETED_LEASES4_SIZE: '1',
        ...lease4('LEASES4_AT0', '10.0.0.6'),
        ...lease4('DELETED_LEASES4_AT0', '10.0.0.5'),
      }
      expect(await call(['leases4_committed'], next)).toEqual(['10.0.0.6/32 for 3600 s'])
    }),
  )

  it(
    'follows a lease to its end [lease4_renew, lease4_expire, lease4_release]',
    withDevice('kea-hook', async (call) => {
      expect(await call(['lease4_renew'], lease4('LEASE4', '10.0.0.5', '7200'))).toEqual(['10.0.0.5/32 for 7200 s'])
      expect(await call(['lease4_expire'], { ...lease4('LEASE4', '10.0.0.5'), REMOVE_LEASE: '1' })).toEqual([])
      expect(await call(['lease4_renew'], lease4('LEASE4', '10.0.0.5', '4294967295'))).toEqual(['10.0.0.5/32'])
      expect(await call(['lease4_release'], lease4('LEASE4', '10.0.0.5'))).toEqual([])
    }),
  )

  it(
    'tells addresses from prefixes [leases6_committed]',
    withDevice('kea-hook', async (call) => {
      const env = {
        LEASES6_SIZE: '2',
        DELETED_LEASES6_SIZE: '0',
        ...lease6('LEASES6_AT0', '2001:db8::5', 'IA_NA', '128'),
        ...lease6('LEASES6_AT1', '2001:db8:7::', 'IA_PD', '56'),
      }
      expect(await call(['leases6_committed'], env)).toEqual([
        '2001:db8:7::/56 for 3600 s',
        '2001:db8::5/128 for 3600 s',
      ])
      expect(await call(['lease6_release'], lease6('LEASE6', '2001:db8:7::', 'IA_PD', '56'))).toEqual([
        '2001:db8::5/128 for 3600 s',
      ])
    }),
  )
})

describeWith(['curl'], 'the hook for FreeRADIUS', () => {
  const session = (status: string, id: string, more: Readonly<Record<string, string>> = {}) => ({
    ACCT_STATUS_TYPE: status,
    ACCT_SESSION_ID: `"${id}"`,
    USER_NAME: '"00-11-22-AA-BB-CC"',
    NAS_IP_ADDRESS: '192.0.2.1',
    ...more,
  })

  it(
    'binds the addresses of a session until its Stop, and no Stop of an older one takes them away [rlm_exec]',
    withDevice('freeradius-hook', async (call) => {
      const addresses = { FRAMED_IP_ADDRESS: '10.0.0.5', FRAMED_IPV6_PREFIX: '2001:db8:7::/64' }
      const both = ['10.0.0.5/32', '2001:db8:7::/64']
      expect(await call([], session('Start', 's1', addresses))).toEqual(both)
      expect(await call([], session('Start', 's2', addresses))).toEqual(both)
      expect(await call([], session('Stop', 's1', addresses))).toEqual(both)
      expect(await call([], session('Interim-Update', 's2', { ...addresses, RIGHTOFWAY_RADIUS_TTL: '600' }))).toEqual([
        '10.0.0.5/32 for 600 s',
        '2001:db8:7::/64 for 600 s',
      ])
      expect(await call([], session('Stop', 's2', addresses))).toEqual([])
    }),
  )

  it(
    'knows devices by their number where that is asked for, and passes over a session without addresses',
    withDevice('freeradius-hook', async (call, gateway) => {
      await gateway.admin('PUT', '/devices/15550000001', { addresses: [] })
      const env = {
        ...session('Start', 's1', { FRAMED_IP_ADDRESS: '10.0.0.5', CALLING_STATION_ID: '"+15550000001"' }),
        RIGHTOFWAY_RADIUS_DEVICE: 'CALLING_STATION_ID',
      }
      expect(await call([], env, '15550000001')).toEqual(['10.0.0.5/32'])
      expect(await call([], session('Start', 's3'))).toEqual([])
    }),
  )
})
