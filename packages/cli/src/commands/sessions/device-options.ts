import type { Device, DeviceIdentifiers, NetworkAsCodeClient } from '@rightofway/sdk'
import type { Command } from 'commander'
import { portArgument } from '../../arguments.js'

export interface DeviceOptions {
  readonly phone?: string
  readonly nai?: string
  readonly publicIpv4?: string
  readonly publicPort?: number
  readonly privateIpv4?: string
  readonly ipv6?: string
}

/** The options that identify a device: at least one, or none for a token that identifies it. */
export const withDevice = (command: Command): Command =>
  command
    .option('--phone <number>', 'the device by its phone number')
    .option('--nai <user@realm>', 'the device by its network access identifier')
    .option('--public-ipv4 <address>', 'the device by its public IPv4 address, with its port or its private address')
    .option('--public-port <port>', 'public port of the device', portArgument)
    .option('--private-ipv4 <address>', 'private IPv4 address of the device, behind NAT')
    .option('--ipv6 <address>', 'the device by its IPv6 address')

export function deviceOf({ devices }: NetworkAsCodeClient, options: DeviceOptions): Device {
  const { phone, nai, publicIpv4, publicPort, privateIpv4, ipv6 } = options
  const identifiers: DeviceIdentifiers = {
    phoneNumber: phone,
    networkAccessIdentifier: nai,
    ipv6Address: ipv6,
    ipv4Address:
      publicIpv4 === undefined ? undefined : { publicAddress: publicIpv4, publicPort, privateAddress: privateIpv4 },
  }
  return Object.values(identifiers).every((name) => name === undefined) ? devices.fromToken() : devices.get(identifiers)
}
