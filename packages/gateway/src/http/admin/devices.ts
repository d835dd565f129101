import { type DeviceId, type Instant, QodError, toDateTime } from '@rightofway/camara'
import {
  closed,
  DateTime,
  described,
  Ipv4Address,
  NetworkAccessIdentifier,
  type Operation,
  PhoneNumber,
  PortRange,
} from '@rightofway/camara/schemas'
import Type, { type Static } from 'typebox'
import { familyOf, parseAddress, parsePrefix, prefixLength } from '../../domain/address.js'
import { type AddressBinding, type DeviceRecord, IdentifierTaken } from '../../ports/store.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { Id } from './schemas.js'

const tag = 'Devices'
const DevicePath = closed({ device: Id })

/** A device's IPv6 address stands for its whole prefix. */
const IPV6_PREFIX_LENGTH = 64

const Address = closed(
  {
    address: Type.String({
      maxLength: 49,
      description: `As its network sees it: an IPv4 address, or an IPv6 prefix (/${IPV6_PREFIX_LENGTH} where none is given).`,
    }),
    publicAddress: Type.Optional(described(Ipv4Address, 'As servers see it, where there is NAT in between.')),
    publicPorts: Type.Optional(described(PortRange, 'Which ports of publicAddress are its own. Absent: all.')),
    source: Type.Optional(Type.String({ maxLength: 64, description: 'Who said so. Default: admin.' })),
    expiresAt: Type.Optional(described(DateTime, 'Default: until it is replaced.')),
  },
  { title: 'DeviceAddress', description: 'An address that a device has.' },
)

const identifiers = {
  phoneNumber: Type.Optional(PhoneNumber),
  networkAccessIdentifier: Type.Optional(NetworkAccessIdentifier),
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
  query: closed({ after: Type.Optional(described(Id, 'The last one seen.')) }),
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
    async handle({ params, body }, { store }: AdminDeps) {
      const record: DeviceRecord = {
        ...body,
        id: params.device as DeviceId,
        addresses: body.addresses.map((address, index) => toBinding(address, `addresses[${index}]`)),
      }
      try {
        await store.devices.put(record)
      } catch (error) {
        if (!(error instanceof IdentifierTaken)) throw error
        throw new QodError('CONFLICT', `Another device has this ${error.kind}.`)
      }
      return { body: toKnownDevice(record) }
    },
  }),
  route({
    operation: getDevice,
    async handle({ params }, { store }: AdminDeps) {
      const record = await store.devices.find(params.device as DeviceId)
      if (record === undefined) throw noSuchDevice()
      return { body: toKnownDevice(record) }
    },
  }),
  route({
    operation: listDevices,
    async handle({ query }, { store }: AdminDeps) {
      const records = await store.devices.list(query.after as DeviceId | undefined, MAX_PAGE)
      return { body: records.map(toKnownDevice) }
    },
  }),
  route({
    operation: deleteDevice,
    async handle({ params }, { store }: AdminDeps) {
      if (!(await store.devices.delete(params.device as DeviceId))) throw noSuchDevice()
      return {}
    },
  }),
]

const noSuchDevice = () => new QodError('NOT_FOUND', 'There is no such device.')

function toBinding(given: Static<typeof Address>, field: string): AddressBinding {
  const { address, publicAddress, publicPorts, source = 'admin', expiresAt } = given
  const family = familyOf(address)
  const length = family === 'ipv6' ? IPV6_PREFIX_LENGTH : undefined
  const prefix = parsePrefix(address, family, `${field}.address`, length)
  if (family === 'ipv4' && prefixLength(prefix) !== 32) {
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

const toKnownDevice = ({ id, phoneNumber, networkAccessIdentifier, addresses }: DeviceRecord) => ({
  device: id as string,
  ...(phoneNumber !== undefined && { phoneNumber }),
  ...(networkAccessIdentifier !== undefined && { networkAccessIdentifier }),
  addresses: addresses.map(({ address, publicAddress, publicPorts, source, expiresAt }) => ({
    address: address as string,
    source,
    ...(publicAddress !== undefined && { publicAddress }),
    ...(publicPorts && { publicPorts: { from: publicPorts[0], to: publicPorts[1] } }),
    ...(expiresAt !== undefined && { expiresAt: toDateTime(expiresAt) }),
  })),
})
