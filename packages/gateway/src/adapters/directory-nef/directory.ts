// Devices that only a NEF knows, by their phone numbers and network access identifiers (3GPP's external identifiers):
// it returns their current addresses (UE address retrieval, TS 29.522 section 4.4.35). An address is the device, as in
// an open directory.

import { type Mutable, QodError } from '@rightofway/camara'
import { type Family, type Prefix, parsePrefix } from '../../domain/address.js'
import { type DeviceName, gpsiOf, type IdentifierKind, type ResolvedDevice } from '../../domain/device.js'
import type { DeviceAddresses } from '../../domain/flow.js'
import type { DeviceDirectory } from '../../ports/device-directory.js'
import { type ApiClient, refusal } from '../network-api/client.js'

export interface NefDirectoryOptions {
  /** The NEF's name in messages. */
  readonly name: string
  readonly client: Pick<ApiClient, 'ask'>
  /** Our id at the NEF. */
  readonly afId: string
  /** Resolves devices by their addresses. */
  readonly inner: DeviceDirectory
  readonly identifiers: ReadonlySet<IdentifierKind>
  /** How long an answer is cached, in milliseconds; 0: not at all. */
  readonly cacheMs: number
  readonly monotonicNow: () => number
}

/** The identifiers by which a NEF knows devices. */
const ASKED = ['phoneNumber', 'networkAccessIdentifier'] as const
/** The most cached answers; the oldest one is dropped first. */
const MAX_KEPT = 100_000

type Addresses = readonly { readonly family: Family; readonly text: string }[]

interface Kept {
  readonly addresses: Promise<Addresses | undefined>
  readonly until: number
}

export class NefDirectory implements DeviceDirectory {
  readonly supports: ReadonlySet<IdentifierKind>
  readonly binds = false
  readonly #options: NefDirectoryOptions
  readonly #kept = new Map<string, Kept>()

  constructor(options: NefDirectoryOptions) {
    const { inner, identifiers } = options
    this.#options = options
    this.supports = new Set([...ASKED.filter((kind) => identifiers.has(kind)), ...inner.supports])
  }

  /** @throws {QodError} `UNAVAILABLE` the NEF does not answer */
  async resolve(name: DeviceName): Promise<ResolvedDevice | undefined> {
    const { inner } = this.#options
    if (name.kind !== 'phoneNumber' && name.kind !== 'networkAccessIdentifier') return inner.resolve(name)
    if (!this.supports.has(name.kind)) return undefined
    const devices: ResolvedDevice[] = []
    for (const { family, text } of (await this.#addressesOf(gpsiOf(name))) ?? []) {
      const known = await this.#resolveAddress(family, text)
      if (known !== undefined) devices.push(known)
    }
    const [first] = devices
    if (first === undefined) return undefined
    const addresses: Mutable<DeviceAddresses> = {}
    for (const device of devices.toReversed()) Object.assign(addresses, device.addresses)
    return { ...first, addresses, ...(name.kind === 'phoneNumber' && { phoneNumber: name.phoneNumber }) }
  }

  /** An address outside of this gateway's prefixes belongs to no device. */
  #resolveAddress(family: Family, text: string): Promise<ResolvedDevice | undefined> {
    const { inner } = this.#options
    return family === 'ipv4'
      ? inner.resolve({ kind: 'ipv4Address', publicAddress: text, privateAddress: text })
      : inner.resolve({ kind: 'ipv6Address', address: text as Prefix })
  }

  #addressesOf(gpsi: string): Promise<Addresses | undefined> {
    const { cacheMs, monotonicNow } = this.#options
    const now = monotonicNow()
    const known = this.#kept.get(gpsi)
    if (known !== undefined && known.until > now) return known.addresses
    const addresses = this.#ask(gpsi)
    const kept = { addresses, until: now + cacheMs }
    this.#kept.delete(gpsi)
    this.#kept.set(gpsi, kept)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break
      this.#kept.delete(oldest)
    }
    // A failure is not cached.
    addresses.catch(() => {
      if (this.#kept.get(gpsi) === kept) this.#kept.delete(gpsi)
    })
    return addresses
  }

  async #ask(gpsi: string): Promise<Addresses | undefined> {
    const { client, afId, name } = this.#options
    try {
      const answer = await client.ask({ method: 'POST', path: '/3gpp-ue-address/v1/retrieve', body: { afId, gpsi } })
      if (answer.status === 404) return undefined
      const { ueIpAddrs } = (answer.body ?? {}) as { ueIpAddrs?: unknown }
      if (answer.status !== 200 || !Array.isArray(ueIpAddrs)) throw refusal(name, answer)
      return ueIpAddrs.flatMap(addressIn)
    } catch (cause) {
      throw new QodError('UNAVAILABLE', 'The device cannot be determined now: try again later.', { cause })
    }
  }
}

/** An IpAddr of TS 29.571. Invalid ones are left out. */
function addressIn(value: unknown): Addresses {
  const { ipv4Addr, ipv6Addr, ipv6Prefix } = (value ?? {}) as Readonly<Record<string, unknown>>
  const ipv6 = ipv6Addr ?? ipv6Prefix
  try {
    if (typeof ipv4Addr === 'string') {
      return [{ family: 'ipv4', text: parsePrefix(ipv4Addr, 'ipv4', 'ipv4Addr').replace(/\/32$/, '') }]
    }
    return typeof ipv6 === 'string' ? [{ family: 'ipv6', text: parsePrefix(ipv6, 'ipv6', 'ipv6Addr') }] : []
  } catch (error) {
    if (error instanceof QodError) return []
    throw error
  }
}
