// The PDU session and subscriber of an address: those that an operator listed, and each address of a pool.

import { canonicalAddress, canonicalPrefix, contains, ipv4OfNumber, numberOf } from './addresses.js'
import type { PduSession, Store } from './store.js'

export interface ListedDevice {
  /** IPv4 or IPv6. */
  readonly address: string
  /** With a leading `+`. */
  readonly phoneNumber: string
}

/** Unassigned PLMNs (ITU-T E.212), for IPv4 and IPv6 of the pools, and for listed devices. */
const IMSI_IPV4 = 'imsi-99970'
const IMSI_IPV6 = 'imsi-99971'
const IMSI_LISTED = 'imsi-99972'
/** An unassigned country code. */
const GPSI_OF_POOL = 'msisdn-999'

/** The PDU session of a canonical address; undefined if it has none. */
export function pduSessionOf(store: Store, address: string): PduSession | undefined {
  const listed = store.pduSessions.find((session) => hasAddress(session, address))
  if (listed !== undefined) return listed
  if (!store.settings.pools.some((prefix) => contains(prefix, address))) return undefined
  const session = sessionInPool(address, store.settings.dnn)
  return store.isEnded(session) ? undefined : session
}

function sessionInPool(address: string, dnn: string): PduSession {
  const common = { dnn, snssai: { sst: 1 } }
  const number = numberOf(address)
  return address.includes(':')
    ? { ...common, supi: IMSI_IPV6 + number, ipv6Prefix: prefixOf(address) }
    : { ...common, supi: IMSI_IPV4 + number, gpsi: GPSI_OF_POOL + number, ipv4: address }
}

/** PDU sessions get 64 bits of IPv6 (TS 23.501 section 5.8.2.2). */
const prefixOf = (address: string) => canonicalPrefix(`${address}/64`) as string

export const hasAddress = (session: PduSession, address: string): boolean =>
  session.ipv4 === address || (session.ipv6Prefix !== undefined && contains(session.ipv6Prefix, address))

/** Whether two PDU sessions share something that must be unique. */
export function areOneAnothers(one: PduSession, other: PduSession): boolean {
  const networkOf = ({ ipv6Prefix = '' }: PduSession) => ipv6Prefix.split('/')[0] || undefined
  const [mine, theirs] = [networkOf(one), networkOf(other)]
  return (
    (one.gpsi !== undefined && one.gpsi === other.gpsi) ||
    (one.ipv4 !== undefined && one.ipv4 === other.ipv4) ||
    // One of two overlapping prefixes contains the other's network address.
    (theirs !== undefined && hasAddress(one, theirs)) ||
    (mine !== undefined && hasAddress(other, mine))
  )
}

/** The PDU session of a subscriber. */
export function pduSessionOfGpsi(store: Store, gpsi: string): PduSession | undefined {
  const listed = store.pduSessions.find((session) => session.gpsi === gpsi)
  if (listed !== undefined || !gpsi.startsWith(GPSI_OF_POOL)) return listed
  const address = ipv4OfNumber(gpsi.slice(GPSI_OF_POOL.length))
  const session = address === undefined ? undefined : pduSessionOf(store, address)
  return session?.gpsi === gpsi ? session : undefined
}

/** The PDU session of a device that is listed with its phone number. */
export function listedSession({ address, phoneNumber }: ListedDevice, dnn: string): PduSession {
  const digits = phoneNumber.replace('+', '')
  const supi = IMSI_LISTED + digits.slice(-10).padStart(10, '0')
  const canonical = canonicalAddress(address) as string
  const at = canonical.includes(':') ? { ipv6Prefix: prefixOf(canonical) } : { ipv4: canonical }
  return { supi, gpsi: `msisdn-${digits}`, dnn, snssai: { sst: 1 }, ...at }
}
