import type { OperatorProfile } from '../../domain/availability.js'
import type { Author } from '../../ports/store/audit.js'
import type { ProfileStore } from '../../ports/store/profiles.js'
import { type ProfileRow, toProfile } from '../store-common/rows/profiles.js'
import { record } from './changes.js'
import type { ChangesHeard } from './changes-heard.js'
import type { Database } from './database.js'
import { sql } from './sql.js'

const SQL = {
  lock: sql('profiles/lock'),
  delete: sql('profiles/delete'),
  put: sql('profiles/put'),
  list: sql('profiles/list'),
}

export class PostgresProfiles implements ProfileStore {
  readonly #database: Database
  readonly changes: ChangesHeard
  /** There are few, and every create asks for one. Undefined while they have to be read again. */
  #profiles: Promise<ReadonlyMap<string, OperatorProfile>> | undefined

  constructor(database: Database, changes: ChangesHeard) {
    this.#database = database
    this.changes = changes
    changes.watch(() => this.#forget())
  }

  async find(name: string): Promise<OperatorProfile | undefined> {
    return (await this.#all()).get(name)
  }

  async list(): Promise<readonly OperatorProfile[]> {
    return [...(await this.#all()).values()]
  }

  async put(profile: OperatorProfile, author: Author): Promise<void> {
    await this.#write(profile.name, profile, author)
  }

  delete(name: string, author: Author): Promise<boolean> {
    return this.#write(name, undefined, author)
  }

  /** @returns whether there was one, or is one now */
  async #write(name: string, after: OperatorProfile | undefined, author: Author): Promise<boolean> {
    const written = await this.#database.transaction(async (query) => {
      const [row] = await query<ProfileRow>(SQL.lock, [name])
      if (row === undefined && after === undefined) return false
      await record(query, author, 'profile', name, row && toProfile(row), after)
      if (after === undefined) await query(SQL.delete, [name])
      else {
        await query(SQL.put, [name, JSON.stringify(after)])
      }
      return true
    })
    this.changes.tell()
    return written
  }

  async #all(): Promise<ReadonlyMap<string, OperatorProfile>> {
    this.#profiles ??= this.#read()
    const profiles = this.#profiles
    try {
      return await profiles
    } catch (error) {
      if (this.#profiles === profiles) this.#forget()
      throw error
    }
  }

  async #read(): Promise<ReadonlyMap<string, OperatorProfile>> {
    const rows = await this.#database.read<ProfileRow>({ text: SQL.list })
    return new Map(rows.map((row) => [row.name, toProfile(row)]))
  }

  #forget(): void {
    this.#profiles = undefined
  }
}
