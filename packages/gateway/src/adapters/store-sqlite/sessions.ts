import type {
  ApplicationId,
  AssignmentId,
  DeviceId,
  NetworkId,
  ResourceId,
  SessionId,
  SubjectId,
} from '@rightofway/camara'
import type { Database, Statement } from 'better-sqlite3'
import type { Assignment } from '../../domain/assignment.js'
import { blocks } from '../../domain/conflict.js'
import { addressesOf, deadlineOf, isHeld, type Resource, type ResourceOf } from '../../domain/resource.js'
import type { Session } from '../../domain/session.js'
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
  /** Called after a commit, with the work that it left. */
  readonly onWork: (hint: WorkHint) => void
}

/** The digit of an id that marks an assignment (`isAssignmentId`). */
const ASSIGNMENTS = "substr(id, 15, 1) = '8'"
const SESSIONS = "substr(id, 15, 1) <> '8'"

/** One list, in both directions: of all applications, and of one. */
type Lists<I extends ResourceId> = Record<'all' | 'own', Record<'up' | 'down', Statement<object, SessionRow<I>>>>

export class SqliteSessions implements SessionStore {
  readonly #options: SqliteSessionsOptions
  readonly #recent = new RecentSessions()
  readonly #watchers = new SessionWatchers()
  readonly toStored = this.#recent.toStored
  readonly #sql

  constructor(options: SqliteSessionsOptions) {
    this.#options = options
    const { db } = options
    const list = <I extends ResourceId>(which: string, scope: string, order: '<' | '>') =>
      db.prepare<object, SessionRow<I>>(
        `SELECT id, version, body FROM sessions
         WHERE ${which} AND ${scope} id ${order} @after AND (@network IS NULL OR network = @network) AND (@live IS NULL OR live = @live)
         ORDER BY id ${order === '<' ? 'DESC' : 'ASC'} LIMIT @limit`,
      )
    const lists = <I extends ResourceId>(which: string): Lists<I> => ({
      all: { up: list(which, '', '>'), down: list(which, '', '<') },
      own: { up: list(which, 'owner = @owner AND', '>'), down: list(which, 'owner = @owner AND', '<') },
    })
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
      ofDeviceAndOwner: db.prepare<object, SessionRow<SessionId>>(
        // Only deleted sessions have no timer.
        `SELECT id, version, body FROM sessions WHERE device = @device AND +owner = @owner AND wake_at IS NOT NULL
           AND ${SESSIONS}
           AND (@subject IS NULL OR json_extract(body, '$.subject') = @subject)
         ORDER BY live DESC, id DESC LIMIT @limit`,
      ),
      assignmentsOf: db.prepare<[string], SessionRow<AssignmentId>>(
        `SELECT id, version, body FROM sessions WHERE device = ? AND ${ASSIGNMENTS} ORDER BY id DESC`,
      ),
      holder: db.prepare<[string], string>('SELECT device FROM device_addresses WHERE address = ?').pluck(),
      list: lists<SessionId>(SESSIONS),
      listAssignments: lists<AssignmentId>(ASSIGNMENTS),
      liveIds: db
        .prepare<[string, string, number], ResourceId>(
          'SELECT id FROM sessions WHERE network = ? AND live = 1 AND id > ? ORDER BY id LIMIT ?',
        )
        .pluck(),
      findCreated: db.prepare<[string], { session: ResourceId; body: string }>(
        'SELECT session, body FROM idempotency WHERE key = ?',
      ),
      insertCreated: db.prepare('INSERT INTO idempotency (key, body, session, created_at) VALUES (?, ?, ?, ?)'),
    }
  }

  readonly find = async <I extends ResourceId>(id: I): Promise<Stored<ResourceOf<I>> | undefined> => {
    const recent = this.#recent.get(id)
    if (recent !== undefined) return recent
    const row = this.#sql.find.get(id) as SessionRow<I> | undefined
    if (row === undefined) return undefined
    const stored = this.toStored(row)
    this.#recent.keep(stored)
    return stored
  }

  commit(change: SessionCommit): Promise<Version> {
    return this.#options.commits.write(() => this.#apply(change))
  }

  async findCreated(key: string): Promise<{ session: ResourceId; body: string } | undefined> {
    return this.#sql.findCreated.get(key)
  }

  async ofDevice(
    device: DeviceId,
    owner: ApplicationId,
    limit: number,
    subject?: SubjectId,
  ): Promise<readonly Stored<Session>[]> {
    const parameters = { device, owner, limit, subject: subject ?? null }
    return this.#sql.ofDeviceAndOwner.all(parameters).map((row) => this.toStored(row))
  }

  async assignmentsOf(device: DeviceId): Promise<readonly Stored<Assignment>[]> {
    return this.#sql.assignmentsOf.all(device).map((row) => this.toStored(row))
  }

  async liveOfDevices(devices: readonly DeviceId[]): Promise<readonly Stored<Resource>[]> {
    return this.#sql.liveOfDevices.all(JSON.stringify(devices)).map((row) => this.toStored(row))
  }

  async list(query: SessionQuery): Promise<readonly Stored<Session>[]> {
    return this.#list<SessionId>(this.#sql.list, query)
  }

  async listAssignments(query: SessionQuery<AssignmentId>): Promise<readonly Stored<Assignment>[]> {
    return this.#list<AssignmentId>(this.#sql.listAssignments, query)
  }

  #list<I extends ResourceId>(statements: Lists<I>, query: SessionQuery<I>): Stored<ResourceOf<I>>[] {
    const { owner = null, network = null, live, after, newestFirst = false, limit } = query
    const statement = statements[owner === null ? 'all' : 'own'][newestFirst ? 'down' : 'up']
    // Ids are lower-case hexadecimal: '' comes before them all, '~' after.
    const from = after ?? (newestFirst ? '~' : '')
    const parameters = { owner, network, live: live === undefined ? null : Number(live), after: from, limit }
    return statement.all(parameters).map((row) => this.toStored(row))
  }

  async liveIds(network: NetworkId, limit: number, after: ResourceId | '' = ''): Promise<readonly ResourceId[]> {
    return this.#sql.liveIds.all(network, after, limit)
  }

  async hasTask(id: ResourceId): Promise<boolean> {
    return this.#options.tasks.has(id)
  }

  watch<I extends ResourceId>(id: I, listener: (stored: Stored<ResourceOf<I>> | undefined) => void): () => void {
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
        const live = Number(isHeld(session))
        this.#sql.update.run(version, live, deadlineOf(session) ?? null, JSON.stringify(session), id)
        // Ended sessions never begin again.
        if (live < before.live) usage.add(session.owner, -1)
      }
    }

    const task = effects.find((effect) => effect.do !== 'notify')
    // A later request replaces an earlier one; a deleted session has none.
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
      const timer = session && deadlineOf(session)
      onWork({
        session: id,
        ...(timer !== undefined && { timer }),
        ...(session && task && { network: session.network }),
      })
    })
    return version
  }

  #refuse(session: Resource, { conflictRule, idempotency, quota, bound = false }: Creation): void {
    const before = idempotency && this.#sql.findCreated.get(idempotency.key)
    if (before !== undefined) throw new Refusal(new AlreadyCreated(before.session, before.body))
    if (
      bound &&
      Object.values<string>({ ...addressesOf(session) }).some((at) => this.#sql.holder.get(at) !== session.device)
    ) {
      throw new Refusal(new AddressMoved())
    }
    const ofDevice = this.#sql.ofDevice.all(session.device).map((row) => this.toStored(row))
    const others = ofDevice.filter((other) => blocks(other.session, session, conflictRule))
    if (others.length > 0) throw new Refusal(new FlowTaken(others))
    if (quota === undefined) return
    if (ofDevice.length >= quota.device) {
      const live = ofDevice.filter((other) => isHeld(other.session))
      if (live.length >= quota.device) throw new Refusal(new QuotaExhausted('device', live))
    }
    if (this.#options.usage.live(session.owner) >= quota.application)
      throw new Refusal(new QuotaExhausted('application'))
  }

  #insert(session: Resource, version: Version, { idempotency, sink }: Creation): void {
    const { id, owner, device, network } = session
    const live = Number(isHeld(session))
    this.#sql.insert.run(
      id,
      version,
      owner,
      device,
      network,
      live,
      deadlineOf(session) ?? null,
      JSON.stringify(session),
    )
    if (live === 1) this.#options.usage.add(owner, 1)
    if (sink !== undefined) this.#options.events.addSink(id, sink)
    if (idempotency !== undefined) {
      this.#sql.insertCreated.run(idempotency.key, idempotency.body, id, this.#options.realNow())
    }
  }
}
