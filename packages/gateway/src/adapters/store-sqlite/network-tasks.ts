import type { NetworkId, ResourceId } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type { Resource } from '../../domain/resource.js'
import { StoreDamaged } from '../../domain/store-unavailable.js'
import type { Stored, Version } from '../../ports/store/sessions.js'
import type { NetworkTask } from '../../ports/store/work.js'
import type { GroupCommit } from '../sqlite/group-commit.js'

/** A task that names its session. */
export interface TaskName extends Pick<NetworkTask, 'version' | 'do'> {
  readonly session: ResourceId
}

interface TaskRow extends TaskName {
  readonly seq: number
}

/**
 * Tasks with the current version of their sessions. A deleted session has no task any more; one that cannot be read
 * does not block the others.
 * @throws {StoreDamaged} none of the sessions can be read
 */
export async function withSessions(
  names: readonly TaskName[],
  find: (id: ResourceId) => Promise<Stored<Resource> | undefined>,
): Promise<NetworkTask[]> {
  let damage: StoreDamaged | undefined
  const found = await Promise.all(
    names.map(({ session }) =>
      find(session).catch((error: unknown) => {
        if (!(error instanceof StoreDamaged)) throw error
        damage = error
        return undefined
      }),
    ),
  )
  const tasks = names.flatMap((name, index) => {
    const session = found[index]?.session
    return session === undefined ? [] : [{ ...name, session }]
  })
  if (tasks.length === 0 && damage !== undefined) throw damage
  return tasks
}

/**
 * Pending tasks of networks. Claims are in memory: one gateway owns the file, and when it dies all its claims are void,
 * as the next one needs.
 */
export class NetworkTasks {
  readonly #commits: GroupCommit
  readonly #monotonicNow: () => number
  readonly #sql
  /** Gives the order: never used twice, not even by a task that replaces another. */
  #lastSeq: number
  /** End of the lease by seq, in the order of the claims. */
  readonly #claims = new Map<number, number>()
  /** The highest seq claimed, by network. */
  readonly #cursors = new Map<NetworkId, number>()

  constructor(db: Database, commits: GroupCommit, monotonicNow: () => number) {
    this.#commits = commits
    this.#monotonicNow = monotonicNow
    const columns = 'seq, session, version, kind AS "do"'
    this.#sql = {
      put: db.prepare('INSERT INTO network_tasks (seq, session, version, network, kind) VALUES (?, ?, ?, ?, ?)'),
      settle: db
        .prepare<[string, number], number>('DELETE FROM network_tasks WHERE session = ? AND version <= ? RETURNING seq')
        .pluck(),
      has: db.prepare<[string], number>('SELECT 1 FROM network_tasks WHERE session = ?').pluck(),
      behind: db.prepare<[string, number, number], TaskRow>(
        `SELECT ${columns} FROM network_tasks WHERE network = ? AND seq > ? ORDER BY seq LIMIT ?`,
      ),
      at: db.prepare<[number, string], TaskRow>(`SELECT ${columns} FROM network_tasks WHERE seq = ? AND network = ?`),
      count: db.prepare<[string], number>('SELECT count(*) FROM network_tasks WHERE network = ?').pluck(),
    }
    this.#lastSeq = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM network_tasks').pluck().get() as number
  }

  /** Inside a write. The session must have no task: settle an earlier one first. */
  put(session: ResourceId, version: Version, network: NetworkId, kind: NetworkTask['do']): void {
    this.#sql.put.run(++this.#lastSeq, session, version, network, kind)
  }

  /** Inside a write. */
  settle(session: ResourceId, version: Version): void {
    const seq = this.#sql.settle.get(session, version)
    if (seq !== undefined) this.#commits.afterCommit(() => this.#claims.delete(seq))
  }

  has(session: ResourceId): boolean {
    return this.#sql.has.get(session) !== undefined
  }

  count(network: NetworkId): number {
    return this.#sql.count.get(network) as number
  }

  claim(network: NetworkId, limit: number, leaseMs: number): TaskName[] {
    const now = this.#monotonicNow()
    const rows: TaskRow[] = []
    for (const [seq, leaseEnd] of this.#claims) {
      if (leaseEnd > now || rows.length >= limit) break
      const row = this.#sql.at.get(seq, network)
      if (row !== undefined) rows.push(row)
    }
    const cursor = this.#cursors.get(network) ?? 0
    rows.push(...this.#sql.behind.all(network, cursor, limit - rows.length))
    for (const { seq } of rows) {
      this.#claims.delete(seq)
      this.#claims.set(seq, now + leaseMs)
    }
    this.#cursors.set(network, Math.max(cursor, rows.at(-1)?.seq ?? 0))
    // Repeated claims have their own order; the order of the commits counts.
    rows.sort((a, b) => a.seq - b.seq)
    return rows.map(({ session, version, do: kind }) => ({ session, version, do: kind }))
  }
}
