import { after, type DeviceId, type Instant, QodError, seconds, toDateTime } from '@rightofway/camara'
import {
  closed,
  DateTime,
  described,
  Ipv4Address,
  NetworkAccessIdentifier,
  type Operation,
  oneOf,
  PhoneNumber,
  PortRange,
  QosProfileName,
} from '@rightofway/camara/schemas'
import Type, { type Static } from 'typebox'
import { familyOf, parseAddress, parsePrefix, prefixFamily, prefixLength } from '../../domain/address.js'
import { SERVICES } from '../../domain/device.js'
import { checkUnicast } from '../../domain/unicast.js'
import type { AddressBinding, DeviceRecord } from '../../ports/store/devices.js'
import { bindAddresses } from '../../usecases/devices/bind-addresses.js'
import { deleteDevice as forgetDevice } from '../../usecases/devices/delete-device.js'
import { getDevice as knownDevice } from '../../usecases/devices/get-device.js'
import { putDevices } from '../../usecases/devices/put-devices.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { FILE_FORMATS, readDevices } from './device-files.js'
import { Id, SHOWN_TEXT } from './schemas.js'

const tag = 'Devices'
const DevicePath = closed({ device: Id })

/** A device's IPv6 address stands for its whole prefix. */
const IPV6_PREFIX_LENGTH = 64

const where = {
  address: Type.String({
    maxLength: 49,
    description: `As its network sees it: an IPv4 address, or an IPv6 prefix (/${IPV6_PREFIX_LENGTH} where none is given).`,
  }),
  publicAddress: Type.Optional(described(Ipv4Address, 'As servers see it, where there is NAT in between.')),
  publicPorts: Type.Optional(described(PortRange, 'Which ports of publicAddress are its own. Absent: all.')),
}
const Source = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: SHOWN_TEXT,
  description: 'Who said so. Default: admin.',
})

const Address = closed(
  {
    ...where,
    source: Type.Optional(Source),
    expiresAt: Type.Optional(described(DateTime, 'Default: until it is replaced.')),
  },
  { title: 'DeviceAddress', description: 'An address that a device has.' },
)

const identifiers = {
  phoneNumber: Type.Optional(PhoneNumber),
  networkAccessIdentifier: Type.Optional(NetworkAccessIdentifier),
  services: Type.Optional(
    Type.Array(oneOf([...SERVICES]), { uniqueItems: true, description: 'What was sold for it. Default: all.' }),
  ),
  profiles: Type.Optional(
    Type.Array(QosProfileName, {
      uniqueItems: true,
      maxItems: 1_000,
      description: 'Restricted profiles that it may use. Default: none.',
    }),
  ),
  addresses: Type.Array(Address, { maxItems: 16 }),
}
const PutDevice = closed(identifiers, { title: 'PutDevice', description: 'A device to be added or replaced.' })
const KnownDevice = closed({ device: Id, ...identifiers }, { title: 'KnownDevice', description: 'A device we know.' })

const putDevice = {
  operationId: 'putDevice',
  method: 'PUT',
  path: '/devices/{device}',
  summary: 'Add a device, or replace what is known of it',
  tag,
  params: DevicePath,
  body: PutDevice,
  success: { status: 200, description: 'The device.', schema: KnownDevice },
  errors: ['INVALID_ARGUMENT', 'CONFLICT'],
} as const satisfies Operation

const putAddresses = {
  operationId: 'putDeviceAddresses',
  method: 'PUT',
  path: '/devices/{device}/addresses',
  summary: 'Say which addresses a device has now; sessions of the device that had them before end',
  tag,
  params: DevicePath,
  body: closed(
    {
      source: Type.Optional(
        described(Source, 'Who says so: what it said before is replaced, what others said stays. Default: admin.'),
      ),
      ttl: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 4_294_967_295,
          description: 'Seconds that it has them. Default: until they are replaced.',
        }),
      ),
      addresses: Type.Array(closed(where, { title: 'AddressToBind', description: 'An address that a device has.' }), {
        maxItems: 16,
        description: 'None: it has none of those any more that this source named.',
      }),
    },
    { title: 'PutDeviceAddresses', description: 'Addresses of a device, those to be preferred first.' },
  ),
  success: { status: 200, description: 'The device.', schema: KnownDevice },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const importDevices = {
  operationId: 'importDevices',
  method: 'POST',
  path: '/import-devices',
  summary: 'Add or replace the devices of a file, all or none',
  tag,
  body: closed(
    {
      format: oneOf([...FILE_FORMATS]),
      text: Type.String({ description: 'What is in the file.' }),
    },
    { title: 'DeviceFile', description: 'A file of devices (docs/devices.md).' },
  ),
  success: { status: 200, description: 'How many.', schema: closed({ devices: Type.Integer() }) },
  errors: ['INVALID_ARGUMENT', 'CONFLICT'],
} as const satisfies Operation

const getDevice = {
  operationId: 'getDevice',
  method: 'GET',
  path: '/devices/{device}',
  summary: 'Get a device',
  tag,
  params: DevicePath,
  success: { status: 200, description: 'The device.', schema: KnownDevice },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const MAX_PAGE = 1_000

const listDevices = {
  operationId: 'listDevices',
  method: 'GET',
  path: '/devices',
  summary: 'List devices in the order of their ids',
  tag,
  query: closed({
    after: Type.Optional(described(Id, 'The last one seen.')),
    search: Type.Optional(
      Type.String({
        maxLength: 128,
        pattern: '^[^\\u0000-\\u001f\\u007f]*$',
        description:
          'Words between spaces: devices that have each of them, in any letter case, in id, number, network access identifier or addresses. For viewers: in the id.',
      }),
    ),
  }),
  success: { status: 200, description: `At most ${MAX_PAGE}.`, schema: Type.Array(KnownDevice) },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const deleteDevice = {
  operationId: 'deleteDevice',
  method: 'DELETE',
  path: '/devices/{device}',
  summary: 'Forget a device; its sessions go on',
  tag,
  params: DevicePath,
  success: { status: 204, description: 'It is forgotten.' },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

export const deviceRoutes = [
  route({
    operation: putDevice,
    async handle({ params, body }, deps: AdminDeps) {
      const record = toRecord(params.device, body)
      await putDevices(deps, [record])
      return { body: toKnownDevice(record) }
    },
  }),
  route({
    operation: importDevices,
    async handle({ body }, deps: AdminDeps) {
      const devices = readDevices(body.format, body.text, KnownDevice, ({ device, ...rest }) => toRecord(device, rest))
      await putDevices(deps, devices)
      return { body: { devices: devices.length } }
    },
  }),
  route({
    operation: putAddresses,
    async handle({ params, body }, deps: AdminDeps) {
      const { source = 'admin', ttl, addresses } = body
      const expiresAt = ttl === undefined ? undefined : toDateTime(after(deps.clock.now(), seconds(ttl)))
      const bindings = addresses.map((address, index) =>
        toBinding({ ...address, source, ...(expiresAt !== undefined && { expiresAt }) }, `addresses[${index}]`),
      )
      return { body: toKnownDevice(await bindAddresses(deps, params.device as DeviceId, source, bindings)) }
    },
  }),
  route({
    operation: getDevice,
    async handle({ params }, deps: AdminDeps) {
      return { body: toKnownDevice(await knownDevice(deps, params.device as DeviceId)) }
    },
  }),
  route({
    operation: listDevices,
    async handle({ query, caller }, { store }: AdminDeps) {
      const words = (query.search ?? '').toLowerCase().split(' ').filter(Boolean)
      // Whoever is not shown a number must not find it out digit by digit.
      const search = words.length === 0 ? undefined : { words, personal: caller.operator?.role !== 'viewer' }
      const records = await store.devices.list(query.after as DeviceId | undefined, MAX_PAGE, search)
      return { body: records.map(toKnownDevice) }
    },
  }),
  route({
    operation: deleteDevice,
    async handle({ params }, deps: AdminDeps) {
      await forgetDevice(deps, params.device as DeviceId)
      return {}
    },
  }),
]

function toRecord(id: string, device: Static<typeof PutDevice>): DeviceRecord {
  const addresses = device.addresses.map((address, index) => toBinding(address, `addresses[${index}]`))
  const twice = addresses.findIndex(({ address }, index) =>
    addresses.some((a, i) => i < index && a.address === address),
  )
  if (twice >= 0) throw new QodError('INVALID_ARGUMENT', `addresses[${twice}].address is given twice`)
  return { ...device, id: id as DeviceId, addresses }
}

function toBinding(given: Static<typeof Address>, field: string): AddressBinding {
  const { address, publicAddress, publicPorts, source = 'admin', expiresAt } = given
  const written = familyOf(address)
  const length = written === 'ipv6' ? IPV6_PREFIX_LENGTH : undefined
  const prefix = parsePrefix(address, written, `${field}.address`, length)
  checkUnicast(prefix, `${field}.address`)
  if (prefixFamily(prefix) === 'ipv4' && prefixLength(prefix) !== 32) {
    throw new QodError('INVALID_ARGUMENT', `${field}.address must be a single IPv4 address: a device has one`)
  }
  if (publicPorts !== undefined && publicPorts.to < publicPorts.from) {
    throw new QodError('INVALID_ARGUMENT', `${field}.publicPorts: \`to\` must not be below \`from\``)
  }
  if (publicPorts !== undefined && publicAddress === undefined) {
    throw new QodError('INVALID_ARGUMENT', `${field}.publicPorts are given without the publicAddress they are of`)
  }
  return {
    address: prefix,
    source,
    ...(publicAddress !== undefined && {
      publicAddress: parseAddress(publicAddress, 'ipv4', `${field}.publicAddress`),
    }),
    ...(publicPorts && { publicPorts: [publicPorts.from, publicPorts.to] as const }),
    ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) as Instant }),
  }
}

const toKnownDevice = (record: DeviceRecord) => ({
  ...namesOf(record),
  ...(record.services && { services: [...record.services] }),
  ...(record.profiles && { profiles: [...record.profiles] }),
  addresses: record.addresses.map(toAddress),
})

const namesOf = ({ id, phoneNumber, networkAccessIdentifier }: DeviceRecord) => ({
  device: id as string,
  ...(phoneNumber !== undefined && { phoneNumber }),
  ...(networkAccessIdentifier !== undefined && { networkAccessIdentifier }),
})

const toAddress = ({ address, publicAddress, publicPorts, source, expiresAt }: AddressBinding) => ({
  address: address as string,
  source,
  ...(publicAddress !== undefined && { publicAddress }),
  ...(publicPorts && { publicPorts: { from: publicPorts[0], to: publicPorts[1] } }),
  ...(expiresAt !== undefined && { expiresAt: toDateTime(expiresAt) }),
})
