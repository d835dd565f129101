// Devices have one identity and many names. Conflicts, lists and quotas go by the identity; answers show the name that
// was used, as it was written.

import { type Device, type DeviceId, type DeviceResponse, type Mutable, QodError } from '@rightofway/camara'
import { type Prefix, parseAddress, parsePrefix, prefixAddress, prefixFamily, prefixLength } from './address.js'
import type { DeviceAddresses } from './flow.js'

/** Kinds of identifiers, in the order in which they are tried. */
export const IDENTIFIER_KINDS = ['phoneNumber', 'ipv4Address', 'ipv6Address', 'networkAccessIdentifier'] as const
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number]

/** One identifier, normalised: two spellings of one name are equal. */
export type Identifier =
  | { readonly kind: 'phoneNumber'; readonly phoneNumber: string }
  | {
      readonly kind: 'ipv4Address'
      readonly publicAddress: string
      readonly privateAddress?: string
      readonly publicPort?: number
    }
  | { readonly kind: 'ipv6Address'; readonly address: Prefix }
  | { readonly kind: 'networkAccessIdentifier'; readonly nai: string }

/** A device is named internally by an identifier of the contract, or by its identity, which requests cannot use. */
export type DeviceName = Identifier | { readonly kind: 'id'; readonly id: DeviceId }

/** How a network identifies a device besides its addresses. At least one of both is present. */
export interface Subscriber {
  /** E.164 with a leading `+`. */
  readonly phoneNumber?: string
  /** SUPI of TS 23.003 section 2.2A, as TS 29.571 writes it: `imsi-` and digits, or `nai-` and an NAI. */
  readonly supi?: string
}

/** GPSI of TS 23.003 section 28.8, as TS 29.571 writes it: of a phone number, or of an NAI as an external identifier. */
export const gpsiOf = (name: Extract<Identifier, { kind: 'phoneNumber' | 'networkAccessIdentifier' }>): string =>
  name.kind === 'phoneNumber' ? `msisdn-${name.phoneNumber.replace('+', '')}` : `extid-${name.nai}`

/** An identifier and how the caller spelled it. */
export interface NamedBy {
  readonly identifier: Identifier
  readonly original: DeviceResponse
}

/** What can be sold for a device, by the names of CAMARA's APIs. */
export const SERVICES = ['quality-on-demand', 'qos-provisioning'] as const
export type Service = (typeof SERVICES)[number]

/** What was sold for a device. */
export interface Entitlements {
  /** Absent: all services. */
  readonly services?: readonly Service[]
  /** Names of restricted profiles that it may use. */
  readonly profiles?: readonly string[]
}

export interface ResolvedDevice extends Entitlements {
  readonly id: DeviceId
  /** The only profiles that it may use, where its directory knows. Absent: all that are available to it. */
  readonly onlyProfiles?: readonly string[]
  readonly addresses: DeviceAddresses
  /** E.164 with a leading `+`. Absent: there is none, or it is not known. */
  readonly phoneNumber?: string
  /** As in {@link Subscriber}. Absent: it is not known. */
  readonly supi?: string
}

/** The realm of an NAI is a domain name and so without case; the user part is not (RFC 7542 section 2.4). */
export function normalizeNai(nai: string): string {
  const at = nai.lastIndexOf('@')
  return at < 0 ? nai : nai.slice(0, at) + nai.slice(at).toLowerCase()
}

function byIpv6(address: Prefix): Identifier {
  if (prefixFamily(address) === 'ipv6') return { kind: 'ipv6Address', address }
  // IPv4 in IPv6 form: the address that a dual-stack server saw.
  if (prefixLength(address) !== 32) {
    throw new QodError(
      'INVALID_ARGUMENT',
      'device.ipv6Address must be a single address if it is an IPv4-mapped address',
    )
  }
  const ipv4 = prefixAddress(address)
  return { kind: 'ipv4Address', publicAddress: ipv4, privateAddress: ipv4 }
}

/** A member that is absent, or `null` where the caller may send that, is no identifier. */
const PARSERS: { readonly [K in IdentifierKind]: (device: Device) => NamedBy | undefined } = {
  phoneNumber: ({ phoneNumber }) =>
    phoneNumber === undefined
      ? undefined
      : { identifier: { kind: 'phoneNumber', phoneNumber }, original: { phoneNumber } },
  ipv4Address: ({ ipv4Address }) => {
    if (ipv4Address === undefined) return undefined
    const { publicAddress, privateAddress, publicPort } = ipv4Address
    const identifier: Mutable<Identifier & { kind: 'ipv4Address' }> = {
      kind: 'ipv4Address',
      publicAddress: parseAddress(publicAddress, 'ipv4', 'device.ipv4Address.publicAddress'),
    }
    if (privateAddress !== undefined) {
      identifier.privateAddress = parseAddress(privateAddress, 'ipv4', 'device.ipv4Address.privateAddress')
    }
    if (publicPort !== undefined) identifier.publicPort = publicPort
    return { identifier, original: { ipv4Address } }
  },
  ipv6Address: ({ ipv6Address }) =>
    ipv6Address === undefined
      ? undefined
      : { identifier: byIpv6(parsePrefix(ipv6Address, 'ipv6', 'device.ipv6Address')), original: { ipv6Address } },
  networkAccessIdentifier: ({ networkAccessIdentifier: nai }) =>
    nai === undefined
      ? undefined
      : {
          identifier: { kind: 'networkAccessIdentifier', nai: normalizeNai(nai) },
          original: { networkAccessIdentifier: nai },
        },
}

/**
 * The identifiers of a request, in the order in which they are tried.
 * @throws {QodError} `INVALID_ARGUMENT` an address that is none
 */
export const identifiersOf = (device: Device): NamedBy[] =>
  IDENTIFIER_KINDS.map((kind) => PARSERS[kind](device)).filter((named) => named !== undefined)
