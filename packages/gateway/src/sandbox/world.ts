// What every sandbox knows from the start. This is the only list of it: a new sandbox loads it, `rightofway sandbox`
// prints it, and docs/guides/sandbox.md is made of it.

import { API_SCOPES } from '@rightofway/camara/schemas'
import type { Behaviour } from '../adapters/network-simulator/behaviour.js'
import type { Compatibility, GrantType } from '../domain/application.js'
import type { OperatorProfile } from '../domain/availability.js'
import { IDENTIFIER_KINDS, type Service } from '../domain/device.js'

export interface WorldDevice {
  readonly id: string
  /** What it is for. */
  readonly what: string
  readonly phoneNumber?: string
  readonly networkAccessIdentifier?: string
  /** Another network access identifier of the same device. */
  readonly alias?: string
  readonly ipv4?: string
  /** Where there is NAT before `ipv4`. */
  readonly publicIpv4?: { readonly address: string; readonly port: number }
  readonly ipv6?: string
  /** What was sold for it. Default: everything. */
  readonly services?: readonly Service[]
  /** Restricted profiles that it may use. */
  readonly profiles?: readonly string[]
  /** The only profiles that it may use. Default: all that are not restricted. */
  readonly onlyProfiles?: readonly string[]
  /** How the network treats its sessions. Default: it grants them. */
  readonly behaviour?: Behaviour
}

const RESTRICTED_PROFILE = 'SANDBOX_RESTRICTED'

export const DEVICES: readonly WorldDevice[] = [
  {
    id: 'page-device',
    what: 'the device of the page "Creating a Session with duration"',
    phoneNumber: '+36721601234567',
    networkAccessIdentifier: 'device@testcsp.net',
    ipv4: '192.0.2.25',
    publicIpv4: { address: '233.252.0.2', port: 80 },
    ipv6: '2001:db8:1234:5678::/64',
  },
  {
    id: 'nokia-device',
    what: "the device of Nokia's examples; its address is public, with any port or as its own private one",
    networkAccessIdentifier: 'test-device@testcsp.net',
    alias: 'testdevice@testcsp.net',
    ipv4: '1.1.1.2',
  },
  {
    id: 'sold-device',
    what: 'it may use quality-on-demand, and not qos-provisioning',
    phoneNumber: '+99999990011',
    ipv4: '192.0.2.111',
    services: ['quality-on-demand'],
  },
  {
    id: 'unsold-device',
    what: 'it is known, but may use no API',
    phoneNumber: '+99999990012',
    ipv4: '192.0.2.112',
    services: [],
  },
  {
    id: 'device-without-profiles',
    what: 'no profile is available to it',
    phoneNumber: '+99999990013',
    ipv4: '192.0.2.113',
    onlyProfiles: [],
  },
  {
    id: 'device-with-restricted-profile',
    what: `the one device that may use ${RESTRICTED_PROFILE}`,
    phoneNumber: '+99999990014',
    ipv4: '192.0.2.114',
    profiles: [RESTRICTED_PROFILE],
  },
  {
    id: 'test-device-1',
    what: 'the network refuses its sessions at once',
    phoneNumber: '+99999990001',
    ipv4: '192.0.2.101',
    behaviour: { kind: 'refuse' },
  },
  {
    id: 'test-device-2',
    what: 'the network is slow: it grants after 5 s',
    phoneNumber: '+99999990002',
    ipv4: '192.0.2.102',
    behaviour: { kind: 'late', afterMs: 5_000 },
  },
  {
    id: 'test-device-3',
    what: 'the network never answers',
    phoneNumber: '+99999990003',
    ipv4: '192.0.2.103',
    behaviour: { kind: 'never' },
  },
  {
    id: 'test-device-4',
    what: 'the network grants, and ends the session after 10 s',
    phoneNumber: '+99999990004',
    ipv4: '192.0.2.104',
    behaviour: { kind: 'lose', afterMs: 10_000 },
  },
  {
    id: 'test-device-5',
    what: 'the network refuses after 3 s: the create has been answered REQUESTED by then',
    phoneNumber: '+99999990005',
    ipv4: '192.0.2.105',
    behaviour: { kind: 'refuse-late', afterMs: 3_000 },
  },
]

/** Numbers that are all devices: the prefix, and as many digits as there are `digits`. Their addresses follow from them. */
export const RANGE = {
  what: "any number of Nokia's examples: a device each",
  prefix: '+3670',
  digits: 6,
  addresses: '100.64.0.0/12',
} as const

/** Well-formed, and nobody's. */
export const NOBODY = {
  phoneNumber: '+99999990099',
  networkAccessIdentifier: 'nobody@testcsp.net',
  ipv4Address: { publicAddress: '198.51.100.99', publicPort: 99 },
  ipv6Address: '2001:db8:ffff::99',
} as const

export interface WorldProfile {
  readonly what: string
  readonly profile: OperatorProfile
}

/** Beside those that every new store has. */
export const PROFILES: readonly WorldProfile[] = [
  {
    what: 'INACTIVE',
    profile: { name: 'SANDBOX_INACTIVE', status: 'INACTIVE', description: 'Cannot be used now.' },
  },
  {
    what: 'DEPRECATED',
    profile: { name: 'SANDBOX_DEPRECATED', status: 'DEPRECATED', description: 'Can no longer be used.' },
  },
  {
    what: 'ACTIVE, for 60 to 120 seconds',
    profile: {
      name: 'SANDBOX_TIGHT',
      status: 'ACTIVE',
      description: 'With narrow bounds of its duration.',
      minDuration: { value: 60, unit: 'Seconds' },
      maxDuration: { value: 2, unit: 'Minutes' },
    },
  },
  {
    what: 'ACTIVE, for one device only',
    profile: {
      name: RESTRICTED_PROFILE,
      status: 'ACTIVE',
      description: 'For devices that have it in their profiles.',
      restricted: true,
    },
  },
]

export interface WorldKey {
  readonly what: string
  /** Twelve hexadecimal digits. Of an OAuth client: its id. */
  readonly prefix: string
  /** Default: all. */
  readonly scopes?: readonly string[]
  readonly compatibility?: Compatibility
  readonly client?: readonly GrantType[]
}

export interface WorldApplication {
  readonly id: string
  readonly name: string
  readonly keys: readonly WorldKey[]
}

const CLIENT_GRANTS: readonly GrantType[] = ['client_credentials', 'urn:openid:params:grant-type:ciba']

export const APPLICATIONS: readonly WorldApplication[] = [
  {
    id: 'sandbox-a',
    name: 'A',
    keys: [
      { what: 'A', prefix: 'a00000000000' },
      { what: 'A, for a client of Nokia', prefix: 'a00000000001', compatibility: 'nokia' },
      ...API_SCOPES.map((scope, index) => ({
        what: `A without ${scope}`,
        prefix: `a0000000001${index.toString(16)}`,
        scopes: API_SCOPES.filter((other) => other !== scope),
      })),
      { what: 'A, OAuth client', prefix: 'ac0000000000', client: CLIENT_GRANTS },
    ],
  },
  {
    id: 'sandbox-b',
    name: 'B',
    keys: [
      { what: 'B', prefix: 'b00000000000' },
      { what: 'B, for a client of Nokia', prefix: 'b00000000001', compatibility: 'nokia' },
      { what: 'B, OAuth client', prefix: 'bc0000000000', client: CLIENT_GRANTS },
    ],
  },
]

/** The whole key; of an OAuth client, its secret. It is none: a sandbox listens on loopback only. */
export const keyText = ({ prefix }: Pick<WorldKey, 'prefix'>): string =>
  `row_${prefix}_${'known-to-everybody'.padEnd(43, '-')}`

/** Calls of the admin API, and commands, that change how the sandbox answers. */
const SWITCHES: readonly (readonly [what: string, value: string])[] = [
  [
    'only phone numbers and IPv4 addresses identify devices; the other kinds of identifiers are switched off',
    'PUT /sandbox/identifiers {"supported":["phoneNumber","ipv4Address"]}',
  ],
  [
    'all kinds of identifiers, as at the start',
    `PUT /sandbox/identifiers ${JSON.stringify({ supported: IDENTIFIER_KINDS })}`,
  ],
  ['A may call each operation once a second', 'PUT /applications/sandbox-a/limits {"requestsPerSecond":1,"burst":1}'],
  ['A has the limits of the start: 500 requests per second, and 1000 at once', 'PUT /applications/sandbox-a/limits {}'],
  ['the next request of an application fails', 'POST /sandbox/faults {"code":"INTERNAL"}'],
  ['an hour passes', 'POST /sandbox/clock/advance {"seconds":3600}'],
  ['a token with client credentials, of A', 'rightofway sandbox token ac0000000000'],
  [
    'a three-legged token for the device of the page',
    'rightofway sandbox token ac0000000000 --phone-number +36721601234567',
  ],
  ['a token that has expired', 'rightofway sandbox token ac0000000000 --expired'],
  ['a token that another issuer signed', 'rightofway sandbox token ac0000000000 --foreign'],
]

export interface WorldRow {
  readonly kind: 'device' | 'nobody' | 'profile' | 'key' | 'client' | 'sink' | 'admin' | 'command'
  readonly what: string
  readonly values: readonly string[]
}

/** Where the sinks of a sandbox take events; of one that runs, what they are. */
export interface SinkUrls {
  readonly http: string
  readonly https: string
  /** File with the certificate that clients of `https` have to trust. */
  readonly ca: string
}

const ANY_SINKS: SinkUrls = {
  http: 'http://127.0.0.1:8080/sandbox/inbox',
  https: 'https://127.0.0.1:<port>/sandbox/inbox',
  ca: 'rightofway-data/sandbox-ca.pem',
}

/** All of it, as people read it. */
export function worldRows(sinks: SinkUrls = ANY_SINKS): WorldRow[] {
  const { publicAddress, publicPort } = NOBODY.ipv4Address
  return [
    ...DEVICES.map((device): WorldRow => ({ kind: 'device', what: device.what, values: namesOf(device) })),
    {
      kind: 'device',
      what: RANGE.what,
      values: [`${RANGE.prefix}${'n'.repeat(RANGE.digits)}`],
    },
    {
      kind: 'nobody',
      what: 'well-formed identifiers of no device',
      values: [
        NOBODY.phoneNumber,
        NOBODY.networkAccessIdentifier,
        `${publicAddress} port ${publicPort}`,
        NOBODY.ipv6Address,
      ],
    },
    { kind: 'profile', what: 'ACTIVE, for 1 to 86400 seconds', values: ['QOS_L'] },
    ...PROFILES.map(({ what, profile }): WorldRow => ({ kind: 'profile', what, values: [profile.name] })),
    ...APPLICATIONS.flatMap(({ keys }) =>
      keys.map(
        (key): WorldRow =>
          key.client === undefined
            ? { kind: 'key', what: key.what, values: [keyText(key)] }
            : { kind: 'client', what: `${key.what}: id and secret`, values: [key.prefix, keyText(key)] },
      ),
    ),
    { kind: 'sink', what: 'accepts events over http; GET lists them, DELETE deletes them', values: [sinks.http] },
    { kind: 'sink', what: 'of one session', values: [`${sinks.http}?sessionId=<id>`] },
    {
      kind: 'sink',
      what: 'the same over https; the gateway trusts it, and clients can use its CA',
      values: [sinks.https, sinks.ca],
    },
    ...SWITCHES.map(
      ([what, value]): WorldRow => ({
        kind: value.startsWith('rightofway') ? 'command' : 'admin',
        what,
        values: [value],
      }),
    ),
  ]
}

function namesOf({ phoneNumber, networkAccessIdentifier, alias, ipv4, publicIpv4, ipv6 }: WorldDevice): string[] {
  const address = publicIpv4 === undefined ? ipv4 : `${ipv4} behind ${publicIpv4.address} port ${publicIpv4.port}`
  return [phoneNumber, networkAccessIdentifier, alias, address, ipv6].filter((name) => name !== undefined)
}
