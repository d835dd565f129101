import type { ApplicationId, DeviceId, NetworkId, SessionId, SubjectId } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import { blocks } from '../../domain/conflict.js'
import { deadline, isLive, type Session } from '../../domain/session.js'
import {
  AddressMoved,
  AlreadyCreated,
  type Creation,
  FlowTaken,
  QuotaExhausted,
  type SessionCommit,
  type SessionQuery,
  type SessionStore,
  StaleVersion,
  type Stored,
  type Version,
} from '../../ports/store/sessions.js'
import type { WorkHint } from '../../ports/store/work.js'
import { type GroupCommit, Refusal } from '../sqlite/group-commit.js'
import { RecentSessions } from '../store-common/recent-sessions.js'
import type { SessionRow } from '../store-common/rows/sessions.js'
import { SessionWatchers } from '../store-common/session-watchers.js'
import type { SqliteEvents } from './events.js'
import type { NetworkTasks } from './network-tasks.js'
import type { Usage } from './usage.js'

export interface SqliteSessionsOptions {
  readonly db: Database
  readonly commits: GroupCommit
  readonly tasks: NetworkTasks
  readonly events: SqliteEvents
  readonly usage: Usage
  readonly realNow: () => number
  /** Called after a commit, with what it left to do. */
  readonly onWork: (hint: WorkHint) => void
}

export class SqliteSessions implements SessionStore {
  readonly #options: SqliteSessionsOptions
  readonly #recent = new RecentSessions()
  readonly #watchers = new SessionWatchers()
  readonly toStored = this.#recent.toStored
  readonly #sql

  constructor(options: SqliteSessionsOptions) {
    this.#options = options
    const { db } = options
    const list = (scope: string, order: '<' | '>') =>
      db.prepare<object, SessionRow>(
        `SELECT id, version, body FROM sessions
         WHERE ${scope} id ${order} @after AND (@network IS NULL OR network = @network) AND (@live IS NULL OR live = @live)
         ORDER BY id ${order === '<' ? 'DESC' : 'ASC'} LIMIT @limit`,
      )
    this.#sql = {
      find: db.prepare<[string], SessionRow>('SELECT id, version, body FROM sessions WHERE id = ?'),
      before: db.prepare<[string], { version: Version; live: 0 | 1 }>(
        'SELECT version, live FROM sessions WHERE id = ?',
      ),
      insert: db.prepare(
        'INSERT INTO sessions (id, version, owner, device, network, live, wake_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ),
      update: db.prepare('UPDATE sessions SET version = ?, live = ?, wake_at = ?, body = ? WHERE id = ?'),
      delete: db.prepare('DELETE FROM sessions WHERE id = ?'),
      ofDevice: db.prepare<[string], SessionRow>('SELECT id, version, body FROM sessions WHERE device = ?'),
      liveOfDevices: db.prepare<[string], SessionRow>(
        'SELECT id, version, body FROM sessions WHERE device IN (SELECT value FROM json_each(?)) AND live = 1',
      ),
      ofDeviceAndOwner: db.prepare<object, SessionRow>(
        // Without a timer is only what was deleted.
        `SELECT id, version, body FROM sessions WHERE device = @device AND +owner = @owner AND wake_at IS NOT NULL
           AND (@subject IS NULL OR json_extract(body, '$.subject') = @subject)
         ORDER BY live DESC, id DESC LIMIT @limit`,
      ),
      holder: db.prepare<[string], string>('SELECT device FROM device_addresses WHERE address = ?').pluck(),
      list: {
        all: { up: list('', '>'), down: list('', '<') },
        own: { up: list('owner = @owner AND', '>'), down: list('owner = @owner AND', '<') },
      },
      liveIds: db
        .prepare<[string, string, number], SessionId>(
          'SELECT id FROM sessions WHERE network = ? AND live = 1 AND id > ? ORDER BY id LIMIT ?',
        )
        .pluck(),
      findCreated: db.prepare<[string], { session: SessionId; body: string }>(
        'SELECT session, body FROM idempotency WHERE key = ?',
      ),
      insertCreated: db.prepare('INSERT INTO idempotency (key, body, session, created_at) VALUES (?, ?, ?, ?)'),
    }
  }

  readonly find = async (id: SessionId): Promise<Stored | undefined> => {
    const recent = this.#recent.get(id)
    if (recent !== undefined) return recent
    const row = this.#sql.find.get(id)
    if (row === undefined) return undefined
    const stored = this.toStored(row)
    this.#recent.keep(stored)
    return stored
  }

  commit(change: SessionCommit): Promise<Version> {
    return this.#options.commits.write(() => this.#apply(change))
  }

  async findCreated(key: string): Promise<{ session: SessionId; body: string } | undefined> {
    return this.#sql.findCreated.get(key)
  }

  async ofDevice(
    device: DeviceId,
    owner: ApplicationId,
    limit: number,
    subject?: SubjectId,
  ): Promise<readonly Stored[]> {
    const parameters = { device, owner, limit, subject: subject ?? null }
    return this.#sql.ofDeviceAndOwner.all(parameters).map(this.toStored)
  }

  async liveOfDevices(devices: readonly DeviceId[]): Promise<readonly Stored[]> {
    return this.#sql.liveOfDevices.all(JSON.stringify(devices)).map(this.toStored)
  }

  async list(query: SessionQuery): Promise<readonly Stored[]> {
    const { owner = null, network = null, live, newestFirst = false, limit } = query
    // Ids are lower-case hexadecimal: '' lies before them all, '~' behind.
    const after = query.after ?? (newestFirst ? '~' : '')
    const statement = this.#sql.list[owner === null ? 'all' : 'own'][newestFirst ? 'down' : 'up']
    const parameters = { owner, network, live: live === undefined ? null : Number(live), after, limit }
    return statement.all(parameters).map(this.toStored)
  }

  async liveIds(network: NetworkId, limit: number, after: SessionId | '' = ''): Promise<readonly SessionId[]> {
    return this.#sql.liveIds.all(network, after, limit)
  }

  async hasTask(id: SessionId): Promise<boolean> {
    return this.#options.tasks.has(id)
  }

  watch(id: SessionId, listener: (stored: Stored | undefined) => void): () => void {
    return this.#watchers.watch(id, listener)
  }

  #apply({ id, basedOn, step: { session, effects }, settles, creation }: SessionCommit): Version {
    const { commits, tasks, events, usage, onWork } = this.#options
    const version = ((basedOn ?? 0) + 1) as Version
    if (basedOn === null) {
      if (session === undefined || creation === undefined) throw new TypeError('a new session needs its creation')
      this.#refuse(session, creation)
      this.#insert(session, version, creation)
    } else {
      const before = this.#sql.before.get(id)
      if (before?.version !== basedOn) throw new Refusal(new StaleVersion(id))
      if (session === undefined) {
        this.#sql.delete.run(id)
        events.forget(id)
      } else {
        const live = Number(isLive(session))
        this.#sql.update.run(version, live, deadline(session) ?? null, JSON.stringify(session), id)
        // Nothing that has ended ever begins again.
        if (live < before.live) usage.add(session.owner, -1)
      }
    }

    const task = effects.find((effect) => effect.do !== 'notify')
    // A later wish takes the place of an earlier one; of a session that is forgotten nobody wishes anything.
    if (basedOn !== null && (task !== undefined || session === undefined)) tasks.settle(id, version)
    else if (settles !== undefined) tasks.settle(id, settles)
    if (session !== undefined) {
      if (task !== undefined) tasks.put(id, version, session.network, task.do)
      for (const effect of effects) if (effect.do === 'notify') events.append(session, effect)
    }

    commits.afterCommit(() => {
      const stored = session && { session, version }
      if (stored === undefined) this.#recent.forget(id)
      else this.#recent.keep(stored)
      this.#watchers.tell(id, stored)
      const timer = session && deadline(session)
      onWork({
        session: id,
        ...(timer !== undefined && { timer }),
        ...(session && task && { network: session.network }),
      })
    })
    return version
  }

  #refuse(session: Session, { conflictRule, idempotency, quota, bound = false }: Creation): void {
    const before = idempotency && this.#sql.findCreated.get(idempotency.key)
    if (before !== undefined) throw new Refusal(new AlreadyCreated(before.session, before.body))
    if (
      bound &&
      Object.values<string>({ ...session.flow.device }).some((at) => this.#sql.holder.get(at) !== session.device)
    ) {
      throw new Refusal(new AddressMoved())
    }
    const ofDevice = this.#sql.ofDevice.all(session.device).map(this.toStored)
    const others = ofDevice.filter((other) => blocks(other.session, session, conflictRule))
    if (others.length > 0) throw new Refusal(new FlowTaken(others))
    if (quota === undefined) return
    if (ofDevice.length >= quota.device) {
      const live = ofDevice.filter((other) => isLive(other.session))
      if (live.length >= quota.device) throw new Refusal(new QuotaExhausted('device', live))
    }
    if (this.#options.usage.live(session.owner) >= quota.application)
      throw new Refusal(new QuotaExhausted('application'))
  }

  #insert(session: Session, version: Version, { idempotency, sink }: Creation): void {
    const { id, owner, device, network } = session
    const live = Number(isLive(session))
    this.#sql.insert.run(id, version, owner, device, network, live, deadline(session) ?? null, JSON.stringify(session))
    if (live === 1) this.#options.usage.add(owner, 1)
    if (sink !== undefined) this.#options.events.addSink(id, sink)
    if (idempotency !== undefined) {
      this.#sql.insertCreated.run(idempotency.key, idempotency.body, id, this.#options.realNow())
    }
  }
}
