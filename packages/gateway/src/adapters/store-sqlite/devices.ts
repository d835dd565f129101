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
import { type AddressRow, type DeviceRow, entitlements, toBinding, toDevice } from '../store-common/rows/devices.js'

export class SqliteDevices implements DeviceStore {
  readonly #changes: WatchedWrites
  readonly #commits: GroupCommit
  readonly #sql

  constructor(db: Database, commits: GroupCommit) {
    this.#commits = commits
    this.#changes = new WatchedWrites(commits)
    const alive = '(expires_at IS NULL OR expires_at > @now)'
    const device = <B extends unknown[]>(where: string) =>
      db.prepare<B, DeviceRow>(`SELECT id, phone_number, nai_as_given, services, profiles FROM devices WHERE ${where}`)
    this.#sql = {
      find: device<[string]>('id = ?'),
      byPhone: device<[string]>('phone_number = ?'),
      byNai: device<[string]>('nai = ?'),
      list: device<[string, number]>('id > ? ORDER BY id LIMIT ?'),
      search: device<[{ after: string; words: string; personal: 0 | 1; limit: number }]>(
        `id > @after AND NOT EXISTS (
           SELECT 1 FROM json_each(@words) WHERE instr(lower(devices.id || iif(@personal, concat_ws(' ', '', phone_number,
             nai_as_given, (SELECT group_concat(concat_ws(' ', address, public_address), ' ') FROM device_addresses
                            WHERE device = devices.id)), '')), value) = 0
         ) ORDER BY id LIMIT @limit`,
      ),
      put: db.prepare(
        `INSERT OR REPLACE INTO devices (id, phone_number, nai, nai_as_given, services, profiles)
         VALUES (?, ?, ?, ?, ?, ?)`,
      ),
      delete: db.prepare('DELETE FROM devices WHERE id = ?'),
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
      nextEnd: db.prepare<[], Instant | null>('SELECT min(expires_at) FROM device_addresses').pluck(),
      putMoved: db.prepare(
        'INSERT INTO moved_devices (device, times) VALUES (?, 1) ON CONFLICT (device) DO UPDATE SET times = times + 1',
      ),
      dropMoved: db.prepare('DELETE FROM moved_devices WHERE device = ? AND times = ?'),
      moved: db.prepare<[], MovedDevice>('SELECT device, times FROM moved_devices'),
      byAddress: db.prepare<object, AddressRow>(`SELECT * FROM device_addresses WHERE address = @address AND ${alive}`),
      byPublic: db.prepare<object, AddressRow>(
        `SELECT * FROM device_addresses WHERE public_address = @publicAddress AND ${alive}
         AND (public_from IS NULL OR @port BETWEEN public_from AND public_to)
         ORDER BY public_from IS NULL, position LIMIT 1`,
      ),
      // One after the other, each found by the index: to list them all at once is to read all addresses.
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

  putAll(devices: readonly DeviceRecord[]): Promise<void> {
    return this.#changes.write(() => {
      this.#refuseTaken(devices)
      // Names are given back first, so that devices can swap them.
      for (const { id } of devices) this.#sql.delete.run(id)
      for (const device of devices) this.#put(device)
    })
  }

  bind(
    id: DeviceId,
    source: string,
    addresses: readonly AddressBinding[],
    now: Instant,
  ): Promise<DeviceRecord | undefined> {
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
    const next = this.#sql.nextEnd.get() ?? undefined
    if (next === undefined || next > now) return next
    await this.#commits.write(() => {
      for (const device of new Set(this.#sql.expired.all(now))) this.#sql.putMoved.run(device)
    })
    return this.#sql.nextEnd.get() ?? undefined
  }

  async moved(): Promise<readonly MovedDevice[]> {
    return this.#sql.moved.all()
  }

  settleMoved({ device, times }: MovedDevice): Promise<void> {
    return this.#commits.write(() => void this.#sql.dropMoved.run(device, times))
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

  delete(id: DeviceId): Promise<boolean> {
    return this.#changes.write(() => {
      if (this.#sql.dropAddresses.run(id).changes > 0) this.#sql.putMoved.run(id)
      return this.#sql.delete.run(id).changes > 0
    })
  }

  async resolve(name: DeviceName, now: Instant): Promise<ResolvedDevice | undefined> {
    const row = name.kind === 'id' ? this.#sql.find.get(name.id) : this.#identify(name, now)
    return row && { id: row.id, addresses: this.#addresses(row.id, now), ...entitlements(row) }
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

  /** Whoever has a name that one of `devices` wants, and does not give it back with them. */
  #refuseTaken(devices: readonly DeviceRecord[]): void {
    const written = new Set(devices.map(({ id }) => id))
    const names = { phoneNumber: new Set<string>(), networkAccessIdentifier: new Set<string>() }
    for (const { id, phoneNumber, networkAccessIdentifier } of devices) {
      const claim = (kind: keyof typeof names, name: string | undefined, holder: DeviceRow | undefined): void => {
        if (name === undefined) return
        if (names[kind].has(name) || (holder !== undefined && !written.has(holder.id))) {
          throw new Refusal(new IdentifierTaken(kind, id))
        }
        names[kind].add(name)
      }
      const nai = networkAccessIdentifier && normalizeNai(networkAccessIdentifier)
      claim('phoneNumber', phoneNumber, phoneNumber === undefined ? undefined : this.#sql.byPhone.get(phoneNumber))
      claim('networkAccessIdentifier', nai, nai === undefined ? undefined : this.#sql.byNai.get(nai))
    }
  }

  #put({ id, phoneNumber, networkAccessIdentifier: nai, services, profiles, addresses }: DeviceRecord): void {
    const normalNai = nai === undefined ? null : normalizeNai(nai)
    this.#sql.put.run(id, phoneNumber ?? null, normalNai, nai ?? null, listed(services), listed(profiles))
    this.#putAddresses(id, addresses)
  }

  /** The device has these addresses and no others. It is noted whose addresses are not what they were. */
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
      // Private addresses repeat behind every NAT: where we know the public one, it has to be right as well.
      if (row !== undefined && (row.public_address ?? publicAddress) === publicAddress) return row.device
    }
    if (publicPort !== undefined) {
      const row =
        this.#sql.byPublic.get({ publicAddress, port: publicPort, now }) ??
        // No NAT: the address that servers see is the device's own.
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

const isAlive = ({ expiresAt }: AddressBinding, now: Instant): boolean => expiresAt === undefined || expiresAt > now

const listed = (names: readonly string[] | undefined): string | null =>
  names === undefined ? null : JSON.stringify(names)
