import type { DeviceId, Instant } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import { type Family, type Prefix, parsePrefix, prefixFamily, prefixLength } from '../../domain/address.js'
import { type DeviceName, type Identifier, normalizeNai, type ResolvedDevice } from '../../domain/device.js'
import type { DeviceAddresses } from '../../domain/flow.js'
import { type AddressBinding, type DeviceRecord, type DeviceStore, IdentifierTaken } from '../../ports/store.js'
import { type GroupCommit, Refusal } from '../sqlite/group-commit.js'

interface DeviceRow {
  id: DeviceId
  phone_number: string | null
  nai_as_given: string | null
}

interface AddressRow {
  address: Prefix
  device: DeviceId
  family: Family
  public_address: string | null
  public_from: number | null
  public_to: number | null
  source: string
  expires_at: Instant | null
}

export class SqliteDevices implements DeviceStore {
  readonly #commits: GroupCommit
  readonly #sql

  constructor(db: Database, commits: GroupCommit) {
    this.#commits = commits
    const alive = '(expires_at IS NULL OR expires_at > @now)'
    const device = <B extends unknown[]>(where: string) =>
      db.prepare<B, DeviceRow>(`SELECT id, phone_number, nai_as_given FROM devices WHERE ${where}`)
    this.#sql = {
      find: device<[string]>('id = ?'),
      byPhone: device<[string]>('phone_number = ?'),
      byNai: device<[string]>('nai = ?'),
      list: device<[string, number]>('id > ? ORDER BY id LIMIT ?'),
      put: db.prepare('INSERT OR REPLACE INTO devices (id, phone_number, nai, nai_as_given) VALUES (?, ?, ?, ?)'),
      delete: db.prepare('DELETE FROM devices WHERE id = ?'),
      addressesOf: db.prepare<[string], AddressRow>(
        'SELECT * FROM device_addresses WHERE device = ? ORDER BY position',
      ),
      dropAddresses: db.prepare('DELETE FROM device_addresses WHERE device = ?'),
      putAddress: db.prepare(
        `INSERT OR REPLACE INTO device_addresses (address, device, family, prefix_length, public_address, public_from,
           public_to, source, expires_at, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
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
    const { id, phoneNumber = null, networkAccessIdentifier: nai = null, addresses } = device
    return this.#commits.write(() => {
      const normalNai = nai === null ? null : normalizeNai(nai)
      if (phoneNumber !== null && isOther(this.#sql.byPhone.get(phoneNumber), id)) {
        throw new Refusal(new IdentifierTaken('phoneNumber'))
      }
      if (normalNai !== null && isOther(this.#sql.byNai.get(normalNai), id)) {
        throw new Refusal(new IdentifierTaken('networkAccessIdentifier'))
      }
      this.#sql.put.run(id, phoneNumber, normalNai, nai)
      this.#sql.dropAddresses.run(id)
      for (const [position, { address, publicAddress, publicPorts, source, expiresAt }] of addresses.entries()) {
        this.#sql.putAddress.run(
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
    })
  }

  async find(id: DeviceId): Promise<DeviceRecord | undefined> {
    const row = this.#sql.find.get(id)
    return row && this.#toRecord(row)
  }

  async list(after: DeviceId | undefined, limit: number): Promise<readonly DeviceRecord[]> {
    return this.#sql.list.all(after ?? '', limit).map((row) => this.#toRecord(row))
  }

  delete(id: DeviceId): Promise<boolean> {
    return this.#commits.write(() => {
      this.#sql.dropAddresses.run(id)
      return this.#sql.delete.run(id).changes > 0
    })
  }

  async resolve(name: DeviceName, now: Instant): Promise<ResolvedDevice | undefined> {
    const id = name.kind === 'id' ? this.#sql.find.get(name.id)?.id : this.#identify(name, now)
    return id === undefined ? undefined : { id, addresses: this.#addresses(id, now) }
  }

  #identify(identifier: Identifier, now: Instant): DeviceId | undefined {
    switch (identifier.kind) {
      case 'phoneNumber':
        return this.#sql.byPhone.get(identifier.phoneNumber)?.id
      case 'networkAccessIdentifier':
        return this.#sql.byNai.get(identifier.nai)?.id
      case 'ipv4Address':
        return this.#byIpv4(identifier, now)
      case 'ipv6Address':
        return this.#byIpv6(identifier.address, now)
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

  #toRecord({ id, phone_number, nai_as_given }: DeviceRow): DeviceRecord {
    return {
      id,
      ...(phone_number !== null && { phoneNumber: phone_number }),
      ...(nai_as_given !== null && { networkAccessIdentifier: nai_as_given }),
      addresses: this.#sql.addressesOf.all(id).map(toBinding),
    }
  }
}

const isOther = (row: DeviceRow | undefined, id: DeviceId): boolean => row !== undefined && row.id !== id

const toBinding = (row: AddressRow): AddressBinding => ({
  address: row.address,
  source: row.source,
  ...(row.public_address !== null && { publicAddress: row.public_address }),
  ...(row.public_from !== null && row.public_to !== null && { publicPorts: [row.public_from, row.public_to] as const }),
  ...(row.expires_at !== null && { expiresAt: row.expires_at }),
})
