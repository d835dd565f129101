import type { Database } from 'better-sqlite3'
import type { Ciphertext } from '../../ports/store/secrets.js'
import type { GroupCommit } from '../sqlite/group-commit.js'

/** A secret at rest, and its place. */
export interface SecretAt {
  readonly place: number
  readonly key: string
  readonly secret: Ciphertext
}

export interface RewrittenSecret extends SecretAt {
  readonly rewritten: Ciphertext
}

/** Secrets rewritten in one commit: background work must not block the others. */
const BATCH = 500

/** Settings that are ciphertext. */
const SECRET_SETTINGS = "name IN ('pseudonym-secret', 'assertion-keys', 'token-keys')"

/** All secrets of a store. They are encrypted and decrypted elsewhere. */
export class SqliteSecrets {
  readonly #commits: GroupCommit
  readonly #places

  constructor(db: Database, commits: GroupCommit) {
    this.#commits = commits
    const place = (table: string, key: string, secret: string, where: string) => ({
      read: db.prepare<{ unless: string; limit: number }, { key: string; secret: Ciphertext }>(
        `SELECT ${key} AS key, ${secret} AS secret FROM ${table}
         WHERE ${where} AND substr(${secret}, 1, length(@unless)) <> @unless LIMIT @limit`,
      ),
      write: db.prepare(`UPDATE ${table} SET ${secret} = ? WHERE ${key} = ? AND ${secret} = ?`),
    })
    this.#places = [
      place('sinks', 'session', 'credential', 'credential IS NOT NULL'),
      place('signing_secrets', 'id', 'secret', 'true'),
      place('grants', 'id', 'body', 'true'),
      place('settings', 'name', 'value', SECRET_SETTINGS),
    ]
  }

  /** Some of those that do not begin with `unless`; none if all do. */
  async outdated(unless: string): Promise<readonly SecretAt[]> {
    const found: SecretAt[] = []
    for (const [place, { read }] of this.#places.entries()) {
      const limit = BATCH - found.length
      if (limit > 0) found.push(...read.all({ unless, limit }).map((row) => ({ place, ...row })))
    }
    return found
  }

  /** @returns how many were still unchanged since they were read */
  replace(secrets: readonly RewrittenSecret[]): Promise<number> {
    return this.#commits.write(() =>
      secrets.reduce(
        (count, { place, key, secret, rewritten }) =>
          count + (this.#places[place]?.write.run(rewritten, key, secret).changes ?? 0),
        0,
      ),
    )
  }
}

/** {@link Store.rewriteSecrets}, here or from another thread. */
export async function rewriteSecrets(
  secrets: Pick<SqliteSecrets, 'outdated' | 'replace'>,
  unless: string,
  rewrite: (old: Ciphertext) => Ciphertext,
): Promise<number> {
  let count = 0
  for (;;) {
    const outdated = await secrets.outdated(unless)
    if (outdated.length === 0) return count
    count += await secrets.replace(outdated.map((at) => ({ ...at, rewritten: rewrite(at.secret) })))
  }
}
