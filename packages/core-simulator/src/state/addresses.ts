// Addresses of devices, and their prefixes.

import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Four decimal numbers: `ipaddr.js` also takes `10.1` and `0x0a.0.0.1`. */
const DECIMAL_QUAD = /^\d{1,3}(\.\d{1,3}){3}$/

function parsed(text: string): Address | undefined {
  if (text.includes('%') || !ipaddr.isValid(text)) return undefined
  const address = ipaddr.parse(text)
  return address.kind() === 'ipv4' && !text.includes(':') && !DECIMAL_QUAD.test(text) ? undefined : address
}

/** The canonical text of an address, for comparison; undefined if it is none. */
export const canonicalAddress = (text: string): string | undefined => parsed(text)?.toString()

/** {@link canonicalAddress} of the first one that is present, of a body that is not yet validated. */
export function firstAddress(...values: readonly unknown[]): string | undefined {
  const value = values.find((value) => value !== undefined)
  return typeof value === 'string' ? canonicalAddress(value) : undefined
}

/** The canonical text of a prefix, a single address as one of full length; undefined if it is none. */
export function canonicalPrefix(text: string): string | undefined {
  const [addressText = '', lengthText, ...more] = text.split('/')
  const address = parsed(addressText)
  if (address === undefined || more.length > 0) return undefined
  const bits = address.kind() === 'ipv4' ? 32 : 128
  if (lengthText !== undefined && !/^\d{1,3}$/.test(lengthText)) return undefined
  const length = lengthText === undefined ? bits : Number(lengthText)
  if (length > bits) return undefined
  const whole = `${address.toString()}/${length}`
  const network =
    address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(whole) : ipaddr.IPv6.networkAddressFromCIDR(whole)
  return `${network.toString()}/${length}`
}

/** Whether a canonical prefix contains an address. */
export function contains(prefix: string, address: string): boolean {
  const [network, length] = ipaddr.parseCIDR(prefix)
  const candidate = ipaddr.parse(address)
  return candidate.kind() === network.kind() && candidate.match(network, length)
}

/** An IPv4 address, or the first 64 bits of an IPv6 address, as a number of ten digits (their last 32 bits). */
export function numberOf(address: string): string {
  const bytes = ipaddr.parse(address).toByteArray()
  const network = bytes.length === 4 ? bytes : bytes.slice(4, 8)
  return String(Buffer.from(network).readUInt32BE()).padStart(10, '0')
}

/** The IPv4 address of {@link numberOf}; undefined if it is none. */
export function ipv4OfNumber(digits: string): string | undefined {
  const value = Number(digits)
  if (!/^\d{10}$/.test(digits) || value > 0xffff_ffff) return undefined
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes.join('.')
}
