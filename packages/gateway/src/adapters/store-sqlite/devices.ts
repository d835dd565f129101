import type { DeviceId, Instant } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
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
import { type GroupCommit, Refusal } from '../sqlite/group-commit.js'
import { WatchedWrites } from '../sqlite/watched-writes.js'
import { type AddressRow, type DeviceRow, toBinding, toDevice, toResolved } from '../store-common/rows/devices.js'
import { IncomingDevices } from './incoming-devices.js'

/** Devices written in one commit: an import must not block other writes. */
const SLICE = 200

/** The claimants of names, among devices that are written together. */
interface Claims {
  readonly written: ReadonlySet<DeviceId>
  readonly phoneNumber: Set<string>
  readonly networkAccessIdentifier: Set<string>
}

export class SqliteDevices implements DeviceStore {
  readonly #changes: WatchedWrites
  readonly #commits: GroupCommit
  readonly #incoming: IncomingDevices
  readonly #sql
  /** Fulfilled when all imports have been written; absent if there is none. */
  #importing: Promise<unknown> | undefined
  readonly #gathered = new Map<number, DeviceRecord[]>()

  constructor(db: Database, commits: GroupCommit) {
    this.#commits = commits
    this.#changes = new WatchedWrites(commits)
    this.#incoming = new IncomingDevices(db)
    const alive = '(expires_at IS NULL OR expires_at > @now)'
    const device = <B extends unknown[]>(where: string) =>
      db.prepare<B, DeviceRow>(
        `SELECT id, phone_number, nai_as_given, services, profiles, supi FROM devices WHERE ${where}`,
      )
    this.#sql = {
      find: device<[string]>('id = ?'),
      byPhone: device<[string]>('phone_number = ?'),
      byNai: device<[string]>('nai = ?'),
      list: device<[string, number]>('id > ? ORDER BY id LIMIT ?'),
      search: device<[{ after: string; words: string; personal: 0 | 1; limit: number }]>(
        `id > @after AND NOT EXISTS (
           SELECT 1 FROM json_each(@words) WHERE instr(lower(devices.id || iif(@personal, concat_ws(' ', '', phone_number,
             nai_as_given, supi, (SELECT group_concat(concat_ws(' ', address, public_address), ' ') FROM device_addresses
                            WHERE device = devices.id)), '')), value) = 0
         ) ORDER BY id LIMIT @limit`,
      ),
      put: db.prepare(
        `INSERT OR REPLACE INTO devices (id, phone_number, nai, nai_as_given, services, profiles, supi)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ),
      delete: db.prepare('DELETE FROM devices WHERE id = ?'),
      giveBackNames: db.prepare<object>(
        `UPDATE devices SET phone_number = iif(phone_number IS @phone, phone_number, NULL),
           nai = iif(nai IS @nai, nai, NULL), nai_as_given = iif(nai IS @nai, nai_as_given, NULL)
         WHERE id = @id AND (phone_number IS NOT @phone OR nai IS NOT @nai)`,
      ),
      addressesOf: db.prepare<[string], AddressRow>(
        'SELECT * FROM device_addresses WHERE device = ? ORDER BY position',
      ),
      dropAddresses: db.prepare('DELETE FROM device_addresses WHERE device = ?'),
      putAddress: db.prepare(
        `INSERT OR REPLACE INTO device_addresses (address, device, family, prefix_length, public_address, public_from,
           public_to, source, expires_at, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      holder: db.prepare<[string], DeviceId>('SELECT device FROM device_addresses WHERE address = ?').pluck(),
      expired: db
        .prepare<[Instant], DeviceId>('DELETE FROM device_addresses WHERE expires_at <= ? RETURNING device')
        .pluck(),
      nextEnd: db
        .prepare<[], Instant | null>('SELECT min(expires_at) FROM device_addresses WHERE expires_at IS NOT NULL')
        .pluck(),
      putMoved: db.prepare(
        'INSERT INTO moved_devices (device, times) VALUES (?, 1) ON CONFLICT (device) DO UPDATE SET times = times + 1',
      ),
      dropMoved: db.prepare('DELETE FROM moved_devices WHERE device = ? AND times = ?'),
      moved: db.prepare<[number], Omit<MovedDevice, 'addresses'>>(
        'SELECT device, times FROM moved_devices ORDER BY device LIMIT ?',
      ),
      byAddress: db.prepare<object, AddressRow>(`SELECT * FROM device_addresses WHERE address = @address AND ${alive}`),
      byPublic: db.prepare<object, AddressRow>(
        `SELECT * FROM device_addresses WHERE public_address = @publicAddress AND ${alive}
         AND (public_from IS NULL OR @port BETWEEN public_from AND public_to)
         ORDER BY public_from IS NULL, position LIMIT 1`,
      ),
      // One by one, each found by the index: listing them all at once would read all addresses.
      longestIpv6: db
        .prepare<[number], number | null>(
          "SELECT max(prefix_length) FROM device_addresses WHERE family = 'ipv6' AND prefix_length < ?",
        )
        .pluck(),
    }
  }

  put(device: DeviceRecord): Promise<void> {
    return this.putAll([device])
  }

  async putAll(devices: readonly DeviceRecord[]): Promise<void> {
    if (devices.length > SLICE) return this.#import(() => this.#putInSlices(devices))
    await this.#turn()
    await this.#changes.write(() => {
      this.#refuseTaken(devices, claimsOf(devices))
      // Old names are released first, so that devices can swap them.
      for (const { id } of devices) this.#sql.delete.run(id)
      for (const device of devices) this.#put(device)
    })
  }

  /** Stores devices of an import until {@link putGathered}: for callers that cannot pass them all at once. */
  async gather(number: number, devices: readonly DeviceRecord[]): Promise<void> {
    const gathered = this.#gathered.get(number) ?? []
    this.#gathered.set(number, gathered)
    for (const device of devices) gathered.push(device)
  }

  /** Like {@link putAll}, with the gathered devices. */
  async putGathered(number: number): Promise<void> {
    const devices = this.#gathered.get(number) ?? []
    this.#gathered.delete(number)
    await this.putAll(devices)
  }

  /** Writes what was accepted before the store was closed; to be called first. */
  resume(transaction: (write: () => void) => void): void {
    if (this.#incoming.accepted) for (const write of this.#carryOver()) transaction(write)
    else transaction(() => this.#incoming.clear())
  }

  async #putInSlices(devices: readonly DeviceRecord[]): Promise<void> {
    // Earlier writes are on the disk, and seen by the statements below.
    await this.#commits.write(() => this.#incoming.clear())
    try {
      const claims = claimsOf(devices)
      for (let from = 0; from < devices.length; from += SLICE) {
        const slice = devices.slice(from, from + SLICE)
        this.#refuseTaken(slice, claims)
        await this.#commits.write(() => this.#incoming.add(from, slice))
      }
    } catch (error) {
      await this.#commits.write(() => this.#incoming.clear())
      throw error instanceof Refusal ? error.cause : error
    }
    await this.#commits.write(() => this.#incoming.accept())
    await this.#finish()
  }

  async #finish(): Promise<void> {
    for (const write of this.#carryOver()) await this.#commits.write(write)
    await this.#changes.write(() => undefined)
  }

  /** Each has to be committed before the next is requested. */
  *#carryOver(): Generator<() => void> {
    const passes = [(device: DeviceRecord) => this.#giveBackNames(device), (device: DeviceRecord) => this.#put(device)]
    for (const pass of passes) {
      for (let from = 0, more = true; more; from += SLICE) {
        yield () => {
          const slice = this.#incoming.read(from, SLICE)
          slice.forEach(pass)
          more = slice.length === SLICE
        }
      }
    }
    yield () => this.#incoming.clear()
  }

  /** Resolves when no import is being written. */
  async #turn(): Promise<void> {
    while (this.#importing !== undefined) await this.#importing
    if (this.#incoming.accepted) await this.#import(async () => undefined)
  }

  /** Imports are written one after the other; an unfinished one is finished first. */
  #import(write: () => Promise<void>): Promise<void> {
    const written = (this.#importing ?? Promise.resolve()).then(async () => {
      if (this.#incoming.accepted) await this.#finish()
      await write()
    })
    const settled = Promise.allSettled([written]).then(() => {
      if (this.#importing === settled) this.#importing = undefined
    })
    this.#importing = settled
    return written
  }

  async bind(
    id: DeviceId,
    source: string,
    addresses: readonly AddressBinding[],
    now: Instant,
  ): Promise<DeviceRecord | undefined> {
    await this.#turn()
    return this.#changes.write(() => {
      const row = this.#sql.find.get(id)
      if (row === undefined) return undefined
      const named = new Set(addresses.map(({ address }) => address))
      const others = this.#sql.addressesOf
        .all(id)
        .map(toBinding)
        .filter((other) => other.source !== source && !named.has(other.address) && isAlive(other, now))
      this.#putAddresses(id, [...addresses, ...others])
      return this.#toRecord(row)
    })
  }

  async expire(now: Instant): Promise<Instant | undefined> {
    await this.#turn()
    const next = this.#sql.nextEnd.get() ?? undefined
    if (next === undefined || next > now) return next
    await this.#commits.write(() => {
      for (const device of new Set(this.#sql.expired.all(now))) this.#sql.putMoved.run(device)
    })
    return this.#sql.nextEnd.get() ?? undefined
  }

  async moved(limit: number): Promise<readonly MovedDevice[]> {
    // An address that moves between devices belongs to neither for a moment.
    await this.#turn()
    return this.#sql.moved
      .all(limit)
      .map((moved) => ({ ...moved, addresses: this.#sql.addressesOf.all(moved.device).map(toBinding) }))
  }

  settleMoved(moved: readonly MovedDevice[]): Promise<void> {
    return this.#commits.write(() => {
      for (const { device, times } of moved) this.#sql.dropMoved.run(device, times)
    })
  }

  async find(id: DeviceId): Promise<DeviceRecord | undefined> {
    const row = this.#sql.find.get(id)
    return row && this.#toRecord(row)
  }

  async list(after: DeviceId | undefined, limit: number, search?: DeviceSearch): Promise<readonly DeviceRecord[]> {
    const rows =
      search === undefined
        ? this.#sql.list.all(after ?? '', limit)
        : this.#sql.search.all({
            after: after ?? '',
            words: JSON.stringify(search.words),
            personal: search.personal ? 1 : 0,
            limit,
          })
    return rows.map((row) => this.#toRecord(row))
  }

  async delete(id: DeviceId): Promise<boolean> {
    await this.#turn()
    return this.#changes.write(() => {
      if (this.#sql.dropAddresses.run(id).changes > 0) this.#sql.putMoved.run(id)
      return this.#sql.delete.run(id).changes > 0
    })
  }

  async resolve(name: DeviceName, now: Instant): Promise<ResolvedDevice | undefined> {
    const row = name.kind === 'id' ? this.#sql.find.get(name.id) : this.#identify(name, now)
    return row && toResolved(row, this.#addresses(row.id, now))
  }

  watch(listener: () => void): () => void {
    return this.#changes.watch(listener)
  }

  #identify(identifier: Identifier, now: Instant): DeviceRow | undefined {
    switch (identifier.kind) {
      case 'phoneNumber':
        return this.#sql.byPhone.get(identifier.phoneNumber)
      case 'networkAccessIdentifier':
        return this.#sql.byNai.get(identifier.nai)
      case 'ipv4Address':
        return this.#byId(this.#byIpv4(identifier, now))
      case 'ipv6Address':
        return this.#byId(this.#byIpv6(identifier.address, now))
    }
  }

  #byId(id: DeviceId | undefined): DeviceRow | undefined {
    return id === undefined ? undefined : this.#sql.find.get(id)
  }

  /** The holder of a name that one of `devices` wants, and that the import does not release. */
  #refuseTaken(devices: readonly DeviceRecord[], claims: Claims): void {
    for (const { id, phoneNumber, networkAccessIdentifier } of devices) {
      const claim = (kind: IdentifierTaken['kind'], name: string | undefined, holder: DeviceRow | undefined): void => {
        if (name === undefined) return
        if (claims[kind].has(name) || (holder !== undefined && !claims.written.has(holder.id))) {
          throw new Refusal(new IdentifierTaken(kind, id))
        }
        claims[kind].add(name)
      }
      const nai = networkAccessIdentifier && normalizeNai(networkAccessIdentifier)
      claim('phoneNumber', phoneNumber, phoneNumber === undefined ? undefined : this.#sql.byPhone.get(phoneNumber))
      claim('networkAccessIdentifier', nai, nai === undefined ? undefined : this.#sql.byNai.get(nai))
    }
  }

  /** Names that they will no longer have, so that devices can swap them. */
  #giveBackNames({ id, phoneNumber, networkAccessIdentifier: nai }: DeviceRecord): void {
    const phone = phoneNumber ?? null
    this.#sql.giveBackNames.run({ id, phone, nai: nai === undefined ? null : normalizeNai(nai) })
  }

  #put(device: DeviceRecord): void {
    const { id, phoneNumber = null, networkAccessIdentifier: nai = null, supi = null, services, profiles } = device
    const normalNai = nai === null ? null : normalizeNai(nai)
    this.#sql.put.run(id, phoneNumber, normalNai, nai, listed(services), listed(profiles), supi)
    this.#putAddresses(id, device.addresses)
  }

  /** The device has exactly these addresses. Devices whose addresses have changed are recorded. */
  #putAddresses(id: DeviceId, addresses: readonly AddressBinding[]): void {
    const { addressesOf, holder, dropAddresses, putMoved, putAddress } = this.#sql
    const before = new Set(addressesOf.all(id).map(({ address }) => address))
    dropAddresses.run(id)
    if (addresses.length !== before.size || addresses.some(({ address }) => !before.has(address))) putMoved.run(id)
    for (const [position, { address, publicAddress, publicPorts, source, expiresAt }] of addresses.entries()) {
      const from = holder.get(address) ?? id
      if (from !== id) putMoved.run(from)
      putAddress.run(
        address,
        id,
        prefixFamily(address),
        prefixLength(address),
        publicAddress ?? null,
        publicPorts?.[0] ?? null,
        publicPorts?.[1] ?? null,
        source,
        expiresAt ?? null,
        position,
      )
    }
  }

  #byIpv4(identifier: Identifier & { kind: 'ipv4Address' }, now: Instant): DeviceId | undefined {
    const { publicAddress, privateAddress, publicPort } = identifier
    if (privateAddress !== undefined) {
      const row = this.#sql.byAddress.get({ address: `${privateAddress}/32`, now })
      // Private addresses repeat behind every NAT: if the public one is known, it has to match as well.
      if (row !== undefined && (row.public_address ?? publicAddress) === publicAddress) return row.device
    }
    if (publicPort !== undefined) {
      const row =
        this.#sql.byPublic.get({ publicAddress, port: publicPort, now }) ??
        // Without NAT, the address that servers see is the device's own.
        this.#sql.byAddress.get({ address: `${publicAddress}/32`, now })
      return row?.device
    }
    return undefined
  }

  #byIpv6(address: Prefix, now: Instant): DeviceId | undefined {
    const { longestIpv6, byAddress } = this.#sql
    for (let length = longestIpv6.get(129); typeof length === 'number'; length = longestIpv6.get(length)) {
      const prefix = parsePrefix(address.replace(/\/.*/, `/${length}`), 'ipv6', 'device.ipv6Address')
      const row = byAddress.get({ address: prefix, now })
      if (row !== undefined) return row.device
    }
    return undefined
  }

  /** The first address of each family that has not expired. */
  #addresses(id: DeviceId, now: Instant): DeviceAddresses {
    const addresses: { ipv4?: Prefix; ipv6?: Prefix } = {}
    for (const { family, address, expires_at } of this.#sql.addressesOf.all(id)) {
      if (expires_at === null || expires_at > now) addresses[family] ??= address
    }
    return addresses
  }

  #toRecord(row: DeviceRow): DeviceRecord {
    return toDevice(row, this.#sql.addressesOf.all(row.id))
  }
}

const claimsOf = (devices: readonly DeviceRecord[]): Claims => ({
  written: new Set(devices.map(({ id }) => id)),
  phoneNumber: new Set(),
  networkAccessIdentifier: new Set(),
})

const isAlive = ({ expiresAt }: AddressBinding, now: Instant): boolean => expiresAt === undefined || expiresAt > now

const listed = (names: readonly string[] | undefined): string | null =>
  names === undefined ? null : JSON.stringify(names)
