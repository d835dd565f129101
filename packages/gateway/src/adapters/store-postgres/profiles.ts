import type { OperatorProfile } from '../../domain/availability.js'
import type { Author } from '../../ports/store/audit.js'
import { allPages } from '../../ports/store/pages.js'
import type { ProfileStore } from '../../ports/store/profiles.js'
import { KeptProfiles } from '../store-common/kept-profiles.js'
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
  readonly find: ProfileStore['find']
  readonly list: ProfileStore['list']

  constructor(database: Database, changes: ChangesHeard) {
    this.#database = database
    this.changes = changes
    const page = async (after: string | undefined, limit: number) =>
      (await database.read<ProfileRow>({ text: SQL.list, values: [after ?? '', limit] })).map(toProfile)
    const kept = new KeptProfiles(() => allPages(page, ({ name }) => name))
    this.find = kept.find
    this.list = kept.list
    changes.watch(kept.forget)
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
}
