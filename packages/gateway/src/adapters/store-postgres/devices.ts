import { randomUUID } from 'node:crypto'
import type { DeviceId, Instant } from '@rightofway/camara'
import { type Prefix, parsePrefix, prefixFamily, prefixLength } from '../../domain/address.js'
import { type DeviceName, type Identifier, normalizeNai, type ResolvedDevice } from '../../domain/device.js'
import type { DeviceAddresses } from '../../domain/flow.js'
import {
  type AddressBinding,
  type DeviceRecord,
  type DeviceSearch,
  type DeviceStore,
  IdentifierTaken,
  type MovedDevice,
} from '../../ports/store/devices.js'
import { type AddressRow, type DeviceRow, toBinding, toDevice, toResolved } from '../store-common/rows/devices.js'
import type { ChangesHeard } from './changes-heard.js'
import type { Database, Query } from './database.js'
import { sql } from './sql.js'

interface RecordRow extends DeviceRow {
  addresses: readonly AddressRow[] | null
}

interface MovedRow extends Omit<MovedDevice, 'addresses'> {
  addresses: readonly AddressRow[] | null
}

interface ResolvedRow extends DeviceRow {
  /** The addresses that have not expired. */
  addresses: readonly Pick<AddressRow, 'family' | 'address'>[] | null
}

/** Devices of an import that are sent in one statement. */
const PIECE = 500

const DEVICE_COLUMNS = 'd.id, d.phone_number, d.nai_as_given, d.services, d.profiles, d.supi'

const RECORDS = sql('devices/records', { DEVICE_COLUMNS })
const RESOLVED = sql('devices/resolved', { DEVICE_COLUMNS })

const SQL = {
  find: sql('devices/find', { RECORDS }),
  list: sql('devices/list', { RECORDS }),
  search: sql('devices/search', { RECORDS }),
  by: {
    id: sql('devices/by-id', { RESOLVED }),
    phone_number: sql('devices/by-phone-number', { RESOLVED }),
    nai: sql('devices/by-nai', { RESOLVED }),
  },
  putIncoming: sql('devices/put-incoming'),
  put: sql('devices/put'),
  bind: sql('devices/bind'),
  expire: sql('devices/expire'),
  moved: sql('devices/moved'),
  settleMoved: sql('devices/settle-moved'),
  releaseAddresses: sql('devices/release-addresses'),
  delete: sql('devices/delete'),
  nextEnd: sql('devices/next-end'),
  byPublicAddress: sql('devices/by-public-address'),
  ipv6Lengths: sql('devices/ipv6-lengths'),
  byAddress: sql('devices/by-address'),
}

export class PostgresDevices implements DeviceStore {
  readonly #database: Database
  readonly changes: ChangesHeard

  constructor(database: Database, changes: ChangesHeard) {
    this.#database = database
    this.changes = changes
  }

  put(device: DeviceRecord): Promise<void> {
    return this.putAll([device])
  }

  async putAll(devices: readonly DeviceRecord[]): Promise<void> {
    const [row] = await this.#database.transaction(async (query) => {
      // In pieces: writing a whole import as one text blocks all other work.
      const id = randomUUID()
      for (let from = 0; from < devices.length; from += PIECE) {
        const piece = devices.slice(from, from + PIECE)
        const addresses = piece.flatMap((device) => toAddressColumns(device.id, device.addresses))
        const texts = [piece.map(toColumns), addresses].map((columns) => JSON.stringify(columns))
        await query(SQL.putIncoming, [id, from, ...texts])
      }
      return query<{ taken: { kind: IdentifierTaken['kind']; wanted: DeviceId } | null }>(SQL.put, [id])
    })
    if (row?.taken) throw new IdentifierTaken(row.taken.kind, row.taken.wanted)
    this.changes.tell()
  }

  async bind(
    id: DeviceId,
    source: string,
    addresses: readonly AddressBinding[],
    now: Instant,
  ): Promise<DeviceRecord | undefined> {
    const columns = JSON.stringify(toAddressColumns(id, addresses))
    const bound = await this.#database.transaction(async (query) => {
      await query(SQL.bind, [id, source, columns, now])
      const [record] = await records(query, SQL.find, [id])
      return record
    })
    this.changes.tell()
    return bound
  }

  async expire(now: Instant): Promise<Instant | undefined> {
    const next = await this.#nextEnd()
    if (next === undefined || next > now) return next
    await this.#database.transaction((query) => query(SQL.expire, [now]))
    return this.#nextEnd()
  }

  async moved(limit: number): Promise<readonly MovedDevice[]> {
    const rows = await this.#database.read<MovedRow>({
      name: 'moved-devices',
      text: SQL.moved,
      values: [limit],
    })
    return rows.map((row) => ({ ...row, addresses: (row.addresses ?? []).map(toBinding) }))
  }

  async settleMoved(moved: readonly MovedDevice[]): Promise<void> {
    await this.#database.query({
      text: SQL.settleMoved,
      values: [moved.map(({ device }) => device), moved.map(({ times }) => times)],
    })
  }

  async find(id: DeviceId): Promise<DeviceRecord | undefined> {
    const [record] = await records(this.#read, SQL.find, [id])
    return record
  }

  list(after: DeviceId | undefined, limit: number, search?: DeviceSearch): Promise<readonly DeviceRecord[]> {
    const page = [after ?? '', limit]
    return search === undefined
      ? records(this.#read, SQL.list, page)
      : records(this.#read, SQL.search, [...page, search.words, search.personal])
  }

  async delete(id: DeviceId): Promise<boolean> {
    const deleted = await this.#database.transaction(async (query) => {
      await query(SQL.releaseAddresses, [id])
      return (await query(SQL.delete, [id])).length > 0
    })
    this.changes.tell()
    return deleted
  }

  watch(listener: () => void): () => void {
    return this.changes.watch(listener)
  }

  async #nextEnd(): Promise<Instant | undefined> {
    const [row] = await this.#database.read<{ next: Instant | null }>({
      name: 'next-address-end',
      text: SQL.nextEnd,
    })
    return row?.next ?? undefined
  }

  async resolve(name: DeviceName, now: Instant): Promise<ResolvedDevice | undefined> {
    const row = await this.#identify(name, now)
    if (row === undefined) return undefined
    const addresses: { -readonly [F in keyof DeviceAddresses]: DeviceAddresses[F] } = {}
    for (const { family, address } of row.addresses ?? []) addresses[family] ??= address
    return toResolved(row, addresses)
  }

  #identify(name: DeviceName, now: Instant): Promise<ResolvedRow | undefined> {
    switch (name.kind) {
      case 'id':
        return this.#by('id', name.id, now)
      case 'phoneNumber':
        return this.#by('phone_number', name.phoneNumber, now)
      case 'networkAccessIdentifier':
        return this.#by('nai', name.nai, now)
      case 'ipv4Address':
        return this.#byId(this.#byIpv4(name, now), now)
      case 'ipv6Address':
        return this.#byId(this.#byIpv6(name.address, now), now)
    }
  }

  async #by(column: 'id' | 'phone_number' | 'nai', value: string, now: Instant): Promise<ResolvedRow | undefined> {
    const [row] = await this.#database.read<ResolvedRow>({
      name: `device-by-${column}`,
      text: SQL.by[column],
      values: [value, now],
    })
    return row
  }

  async #byId(found: Promise<DeviceId | undefined>, now: Instant): Promise<ResolvedRow | undefined> {
    const id = await found
    return id === undefined ? undefined : this.#by('id', id, now)
  }

  async #byIpv4(identifier: Identifier & { kind: 'ipv4Address' }, now: Instant): Promise<DeviceId | undefined> {
    const { publicAddress, privateAddress, publicPort } = identifier
    if (privateAddress !== undefined) {
      const row = await this.#byAddress([`${privateAddress}/32` as Prefix], now)
      // Private addresses repeat behind every NAT: if the public one is known, it has to match as well.
      if (row !== undefined && (row.public_address ?? publicAddress) === publicAddress) return row.device
    }
    if (publicPort === undefined) return undefined
    const [row] = await this.#database.read<AddressRow>({
      name: 'device-by-public-address',
      text: SQL.byPublicAddress,
      values: [publicAddress, publicPort, now],
    })
    // Without NAT, the address that servers see is the device's own.
    return (row ?? (await this.#byAddress([`${publicAddress}/32` as Prefix], now)))?.device
  }

  /** The longest prefix, of all existing lengths. */
  async #byIpv6(address: Prefix, now: Instant): Promise<DeviceId | undefined> {
    const lengths = await this.#database.read<{ length: number }>({
      name: 'ipv6-lengths',
      // One by one, each found by the index: listing them all at once would read all addresses.
      text: SQL.ipv6Lengths,
    })
    const prefixes = lengths.map(({ length }) =>
      parsePrefix(address.replace(/\/.*/, `/${length}`), 'ipv6', 'device.ipv6Address'),
    )
    return (await this.#byAddress(prefixes, now))?.device
  }

  async #byAddress(addresses: readonly Prefix[], now: Instant): Promise<AddressRow | undefined> {
    const [row] = await this.#database.read<AddressRow>({
      name: 'device-by-address',
      text: SQL.byAddress,
      values: [addresses, now],
    })
    return row
  }

  readonly #read: Query = (text, values) => this.#database.read(values === undefined ? { text } : { text, values })
}

async function records(query: Query, text: string, values: readonly unknown[]): Promise<DeviceRecord[]> {
  const rows = await query<RecordRow>(text, values)
  return rows.map((row) => toDevice(row, row.addresses ?? []))
}

const toColumns = ({
  id,
  phoneNumber,
  networkAccessIdentifier: nai,
  supi,
  services,
  profiles,
}: DeviceRecord): object => ({
  id,
  phone_number: phoneNumber,
  nai: nai === undefined ? undefined : normalizeNai(nai),
  nai_as_given: nai,
  services: services && JSON.stringify(services),
  profiles: profiles && JSON.stringify(profiles),
  supi,
})

const toAddressColumns = (device: DeviceId, addresses: readonly AddressBinding[]): object[] =>
  addresses.map(({ address, publicAddress, publicPorts, source, expiresAt }, position) => ({
    address,
    device,
    family: prefixFamily(address),
    prefix_length: prefixLength(address),
    public_address: publicAddress,
    public_from: publicPorts?.[0],
    public_to: publicPorts?.[1],
    source,
    expires_at: expiresAt,
    position,
  }))
