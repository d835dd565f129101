import type { Database } from 'better-sqlite3'
import type { DeviceRecord } from '../../ports/store/devices.js'
import { parsed } from '../store-common/damaged-row.js'

const ACCEPTED = 'incoming-devices'

/**
 * Devices of an import, which is larger than one commit may be. They are all stored, then accepted in one commit, then
 * written piece by piece. A store that was closed in between continues with what was accepted, and drops what was not.
 * Methods that write are called inside a commit.
 */
export class IncomingDevices {
  readonly #sql

  constructor(db: Database) {
    this.#sql = {
      add: db.prepare('INSERT INTO incoming_devices (position, body) VALUES (?, ?)'),
      read: db
        .prepare<[number, number], string>(
          'SELECT body FROM incoming_devices WHERE position >= ? ORDER BY position LIMIT ?',
        )
        .pluck(),
      clear: db.prepare('DELETE FROM incoming_devices'),
      accept: db.prepare("INSERT OR REPLACE INTO settings (name, value) VALUES (?, 'accepted')"),
      accepted: db.prepare<[string], 1>('SELECT 1 FROM settings WHERE name = ?').pluck(),
      forget: db.prepare('DELETE FROM settings WHERE name = ?'),
    }
  }

  /** Whether accepted devices are left to be written. */
  get accepted(): boolean {
    return this.#sql.accepted.get(ACCEPTED) !== undefined
  }

  /** @param from position of the first, which counts from 0 */
  add(from: number, devices: readonly DeviceRecord[]): void {
    for (const [index, device] of devices.entries()) this.#sql.add.run(from + index, JSON.stringify(device))
  }

  read(from: number, limit: number): readonly DeviceRecord[] {
    return this.#sql.read
      .all(from, limit)
      .map((body, index) => parsed<DeviceRecord>(body, 'incoming_devices', String(from + index)))
  }

  accept(): void {
    this.#sql.accept.run(ACCEPTED)
  }

  clear(): void {
    this.#sql.forget.run(ACCEPTED)
    this.#sql.clear.run()
  }
}
