// A device in the admin API.

import { type DeviceId, type Instant, QodError, toDateTime } from '@rightofway/camara'
import {
  closed,
  DateTime,
  described,
  Ipv4Address,
  NetworkAccessIdentifier,
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
import { Id, SHOWN_TEXT } from './schemas.js'

/** A device's IPv6 address stands for its whole prefix. */
const IPV6_PREFIX_LENGTH = 64

/** The address of a device. */
export const where = {
  address: Type.String({
    minLength: 2,
    maxLength: 49,
    description: `As its network sees it: an IPv4 address, or an IPv6 prefix (default length /${IPV6_PREFIX_LENGTH}).`,
  }),
  publicAddress: Type.Optional(described(Ipv4Address, 'With NAT: the address that servers see.')),
  publicPorts: Type.Optional(described(PortRange, 'Ports of publicAddress that belong to the device. Absent: all.')),
}
export const Source = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: SHOWN_TEXT,
  description: 'Source of the address. Default: admin.',
})

const Address = closed(
  {
    ...where,
    source: Type.Optional(Source),
    expiresAt: Type.Optional(described(DateTime, 'Default: until it is replaced.')),
  },
  { title: 'DeviceAddress', description: 'An address of a device.' },
)

const identifiers = {
  phoneNumber: Type.Optional(PhoneNumber),
  networkAccessIdentifier: Type.Optional(NetworkAccessIdentifier),
  supi: Type.Optional(
    Type.String({
      maxLength: 258,
      pattern: '^(imsi-[0-9]{5,15}|nai-[\\x21-\\x7e]+)$',
      description: 'SUPI, as a mobile core knows its subscriber: `imsi-001010000000001`, or `nai-` and an NAI.',
    }),
  ),
  services: Type.Optional(
    Type.Array(oneOf([...SERVICES]), { uniqueItems: true, description: 'Profiles that it may use. Default: all.' }),
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
export const PutDevice = closed(identifiers, { title: 'PutDevice', description: 'A device to add or replace.' })
export const KnownDevice = closed(
  { device: Id, ...identifiers },
  { title: 'KnownDevice', description: 'A device that the gateway knows.' },
)

/** @throws {QodError} `INVALID_ARGUMENT` */
export function toRecord(id: string, device: Static<typeof PutDevice>): DeviceRecord {
  const addresses = device.addresses.map((address, index) => toBinding(address, `addresses[${index}]`))
  const twice = addresses.findIndex(({ address }, index) =>
    addresses.some((a, i) => i < index && a.address === address),
  )
  if (twice >= 0) throw new QodError('INVALID_ARGUMENT', `addresses[${twice}].address is given twice`)
  return { ...device, id: id as DeviceId, addresses }
}

/**
 * @param field its place in the request, for the error
 * @throws {QodError} `INVALID_ARGUMENT`
 */
export function toBinding(given: Static<typeof Address>, field: string): AddressBinding {
  const { address, publicAddress, publicPorts, source = 'admin', expiresAt } = given
  const written = familyOf(address)
  const length = written === 'ipv6' ? IPV6_PREFIX_LENGTH : undefined
  const prefix = parsePrefix(address, written, `${field}.address`, length)
  checkUnicast(prefix, `${field}.address`)
  if (prefixFamily(prefix) === 'ipv4' && prefixLength(prefix) !== 32) {
    throw new QodError('INVALID_ARGUMENT', `${field}.address must be a single IPv4 address`)
  }
  if (publicPorts !== undefined && publicPorts.to < publicPorts.from) {
    throw new QodError('INVALID_ARGUMENT', `${field}.publicPorts: \`to\` must not be below \`from\``)
  }
  if (publicPorts !== undefined && publicAddress === undefined) {
    throw new QodError('INVALID_ARGUMENT', `${field}.publicPorts requires publicAddress`)
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

export const toKnownDevice = (record: DeviceRecord) => ({
  ...namesOf(record),
  ...(record.services && { services: [...record.services] }),
  ...(record.profiles && { profiles: [...record.profiles] }),
  addresses: record.addresses.map(toAddress),
})

const namesOf = ({ id, phoneNumber, networkAccessIdentifier, supi }: DeviceRecord) => ({
  device: id as string,
  ...(phoneNumber !== undefined && { phoneNumber }),
  ...(networkAccessIdentifier !== undefined && { networkAccessIdentifier }),
  ...(supi !== undefined && { supi }),
})

const toAddress = ({ address, publicAddress, publicPorts, source, expiresAt }: AddressBinding) => ({
  address: address as string,
  source,
  ...(publicAddress !== undefined && { publicAddress }),
  ...(publicPorts && { publicPorts: { from: publicPorts[0], to: publicPorts[1] } }),
  ...(expiresAt !== undefined && { expiresAt: toDateTime(expiresAt) }),
})
