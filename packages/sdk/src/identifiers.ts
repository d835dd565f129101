// The identifiers of a device and their forms. Messages quote no number and no address, because errors are logged.

import { isIpv4, isIpv6 } from './addresses.js'
import { QodArgumentError } from './errors.js'

/**
 * The IPv4 address of a device. Many devices share a public address, so the port or the private address is needed too.
 */
export interface DeviceIpv4Addr {
  /** The address that servers see (after NAT). */
  readonly publicAddress: string
  /** The device's own address (before NAT). */
  readonly privateAddress?: string | undefined
  /** The port that servers see, 1 to 65535. */
  readonly publicPort?: number | undefined
}

/** Identifiers of one device, at least one. The endpoint uses the first that it supports and knows. */
export interface DeviceIdentifiers {
  /** E.164: 5 to 15 digits, with or without a leading `+`, no spaces or brackets. */
  readonly phoneNumber?: string | undefined
  readonly ipv4Address?: DeviceIpv4Addr | undefined
  /** The device's address, or any of its prefix. */
  readonly ipv6Address?: string | undefined
  /** The subscription, as `user@realm`. Not every operator supports it. */
  readonly networkAccessIdentifier?: string | undefined
}

const KINDS = ['phoneNumber', 'ipv4Address', 'ipv6Address', 'networkAccessIdentifier'] as const

/** The identifiers as they are sent. @throws {QodArgumentError} */
export function checkedIdentifiers(given: DeviceIdentifiers): DeviceIdentifiers {
  const strange = Object.keys(given).find((name) => !KINDS.includes(name as (typeof KINDS)[number]))
  if (strange !== undefined) {
    throw new QodArgumentError(`${strange} is not an identifier of a device: use ${KINDS.join(', ')}`)
  }
  const { phoneNumber, ipv4Address, ipv6Address, networkAccessIdentifier } = given
  const checked: { -readonly [K in keyof DeviceIdentifiers]: DeviceIdentifiers[K] } = {}
  if (networkAccessIdentifier !== undefined) {
    if (typeof networkAccessIdentifier !== 'string' || networkAccessIdentifier === '') {
      throw new QodArgumentError('networkAccessIdentifier must be a string such as device@testcsp.net')
    }
    checked.networkAccessIdentifier = networkAccessIdentifier
  }
  if (phoneNumber !== undefined) checked.phoneNumber = e164(phoneNumber)
  if (ipv4Address !== undefined) checked.ipv4Address = checkedIpv4(ipv4Address)
  if (ipv6Address !== undefined) {
    if (!isIpv6(ipv6Address))
      throw new QodArgumentError('ipv6Address must be one IPv6 address, without a prefix length')
    checked.ipv6Address = ipv6Address
  }
  if (Object.keys(checked).length === 0) {
    throw new QodArgumentError(
      `a device needs at least one of ${KINDS.join(', ')}; for a token that names the device, use devices.fromToken()`,
    )
  }
  return checked
}

function e164(phoneNumber: string): string {
  if (!/^\+?[1-9]\d{4,14}$/.test(phoneNumber)) {
    throw new QodArgumentError(
      'phoneNumber must be 5 to 15 digits, starting with the country code, without spaces or brackets',
    )
  }
  return phoneNumber.startsWith('+') ? phoneNumber : `+${phoneNumber}`
}

function checkedIpv4({ publicAddress, privateAddress, publicPort }: DeviceIpv4Addr): DeviceIpv4Addr {
  for (const [name, address] of Object.entries({ publicAddress, privateAddress })) {
    if (name === 'privateAddress' && address === undefined) continue
    if (!isIpv4(address)) throw new QodArgumentError(`ipv4Address.${name} must be one IPv4 address`)
  }
  if (publicPort !== undefined && !isPort(publicPort)) {
    throw new QodArgumentError('ipv4Address.publicPort must be a whole number from 1 to 65535')
  }
  if (privateAddress === undefined && publicPort === undefined) {
    throw new QodArgumentError(
      'ipv4Address.publicAddress alone does not identify a device, because many devices share it behind NAT: ' +
        'also give publicPort or privateAddress (without NAT: the same address)',
    )
  }
  return {
    publicAddress,
    ...(privateAddress !== undefined && { privateAddress }),
    ...(publicPort !== undefined && { publicPort }),
  }
}

const isPort = (port: unknown): boolean => Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65535
