import type {
  ApplicationId,
  AssignmentId,
  DeviceId,
  NetworkId,
  ResourceId,
  SessionId,
  SubjectId,
} from '@rightofway/camara'
import type { Assignment } from '../../domain/assignment.js'
import { blocks, mayBlock } from '../../domain/conflict.js'
import { addressesOf, deadlineOf, isHeld, type Resource, type ResourceOf } from '../../domain/resource.js'
import type { Session } from '../../domain/session.js'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type { Effect } from '../../domain/terms.js'
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
import { type SessionRow, toStored } from '../store-common/rows/sessions.js'
import type { Database } from './database.js'
import { type DueRow, toDue } from './events.js'
import { GroupWriter } from './group-writer.js'
import type { Link } from './link.js'
import { Reads } from './reads.js'
import { sql } from './sql.js'

/** A change as `commit_sessions_1` takes it; `i` is its place in the batch. */
interface Write {
  readonly creation?: object
  readonly change?: object
  readonly events: readonly object[]
}

type Outcome = 'done' | (typeof REFUSED)[number]

const REFUSED = ['known', 'moved', 'taken', 'full', 'crowded', 'stale'] as const

/** The nil UUID (RFC 9562 section 5.9), before all ids. */
const NIL = '00000000-0000-0000-0000-000000000000'

/** An assignment's id is a UUID of version 8 (`isAssignmentId`). */
const IS_ASSIGNMENT = "substr(id::text, 15, 1) = '8'"

/**
 * How often another gateway's session of the device may be committed meanwhile before the database counts as too busy.
 */
const ATTEMPTS = 20

export interface PostgresSessionsOptions {
  readonly database: Database
  /** For commits only. */
  readonly link: Link
  readonly realNow: () => number
  /** Called after a commit of this gateway, with the work that it left. */
  readonly onWork: (hint: WorkHint) => void
  /** Called after a commit of this gateway, to notify the others. */
  readonly onCommit: (session: ResourceId, version: Version, network: NetworkId | undefined) => void
}

/** Creations of one device. */
interface CreateQueue {
  last: Promise<void>
  waiting: number
  /** Sessions of the device that may conflict with others, as last read. */
  seen: Map<ResourceId, Stored<Resource>>
}

interface Watch {
  readonly listeners: Set<(stored: Stored<Resource> | undefined) => void>
  /** The newest version that they have received. */
  version: number
}

/** A deleted session comes after all its versions. */
const FORGOTTEN = Number.POSITIVE_INFINITY

const SQL = {
  commit: sql('sessions/commit'),
  find: sql('sessions/find'),
  findCreated: sql('sessions/find-created'),
  ofDevice: sql('sessions/of-device', { IS_ASSIGNMENT }),
  assignmentsOf: sql('sessions/assignments-of', { IS_ASSIGNMENT }),
  liveOfDevices: sql('sessions/live-of-devices'),
  liveIds: sql('sessions/live-ids', { NIL }),
  hasTask: sql('sessions/has-task'),
  obstacles: sql('sessions/obstacles'),
}

export class PostgresSessions implements SessionStore {
  readonly #options: PostgresSessionsOptions
  readonly #commits: GroupWriter<Write, Outcome>
  readonly #reads: Reads<ResourceId, SessionRow>
  readonly #watches = new Map<ResourceId, Watch>()
  readonly #queues = new Map<DeviceId, CreateQueue>()

  constructor(options: PostgresSessionsOptions) {
    this.#options = options
    const { database, link } = options
    this.#commits = new GroupWriter({
      link,
      statement: (writer, batch, items) => ({
        name: 'commit',
        text: SQL.commit,
        values: [writer, batch, ...toColumns(items)],
      }),
      results: (outcome, items) => this.#results(outcome as CommitOutcome, items),
    })
    this.#reads = new Reads(
      (ids) =>
        database.read({
          name: 'find',
          text: SQL.find,
          values: [ids],
        }),
      ({ id }) => id,
    )
  }

  async find<I extends ResourceId>(id: I): Promise<Stored<ResourceOf<I>> | undefined> {
    const row = (await this.#reads.get(id)) as SessionRow<I> | undefined
    return row && toStored(row)
  }

  async commit(change: SessionCommit): Promise<Version> {
    const version = ((change.basedOn ?? 0) + 1) as Version
    await (change.basedOn === null ? this.#create(change) : this.#change(change, change.basedOn))
    this.#tell(change, version)
    return version
  }

  async findCreated(key: string): Promise<{ session: ResourceId; body: string } | undefined> {
    const [row] = await this.#options.database.read<{ session: ResourceId; body: string }>({
      name: 'find-created',
      text: SQL.findCreated,
      values: [key],
    })
    return row
  }

  async ofDevice(
    device: DeviceId,
    owner: ApplicationId,
    limit: number,
    subject?: SubjectId,
  ): Promise<readonly Stored<Session>[]> {
    const rows = await this.#options.database.read<SessionRow<SessionId>>({
      name: 'of-device',
      // Only deleted sessions have no timer.
      text: SQL.ofDevice,
      values: [device, owner, limit, subject],
    })
    return rows.map((row) => toStored(row))
  }

  async assignmentsOf(device: DeviceId): Promise<readonly Stored<Assignment>[]> {
    const rows = await this.#options.database.read<SessionRow<AssignmentId>>({
      name: 'assignments-of',
      text: SQL.assignmentsOf,
      values: [device],
    })
    return rows.map((row) => toStored(row))
  }

  async liveOfDevices(devices: readonly DeviceId[]): Promise<readonly Stored<Resource>[]> {
    const rows = await this.#options.database.read<SessionRow>({
      name: 'live-of-devices',
      text: SQL.liveOfDevices,
      values: [devices],
    })
    return rows.map((row) => toStored(row))
  }

  list(query: SessionQuery): Promise<readonly Stored<Session>[]> {
    return this.#list<SessionId>(`NOT ${IS_ASSIGNMENT}`, query)
  }

  listAssignments(query: SessionQuery<AssignmentId>): Promise<readonly Stored<Assignment>[]> {
    return this.#list<AssignmentId>(IS_ASSIGNMENT, query)
  }

  async #list<I extends ResourceId>(
    which: string,
    { owner, network, live, after, newestFirst = false, limit }: SessionQuery<I>,
  ): Promise<readonly Stored<ResourceOf<I>>[]> {
    const values: unknown[] = []
    const wanted: readonly [condition: string, value: unknown][] = [
      ['owner =', owner],
      ['network =', network],
      ['live =', live],
      [newestFirst ? 'id <' : 'id >', after],
    ]
    const conditions = wanted.flatMap(([condition, value]) =>
      value === undefined ? [] : [`${condition} $${values.push(value)}`],
    )
    const text = `SELECT id, version, body FROM sessions WHERE ${[which, ...conditions].join(' AND ')}
                  ORDER BY id ${newestFirst ? 'DESC' : 'ASC'} LIMIT $${values.push(limit)}`
    return (await this.#options.database.read<SessionRow<I>>({ text, values })).map((row) => toStored(row))
  }

  async liveIds(network: NetworkId, limit: number, after?: ResourceId): Promise<readonly ResourceId[]> {
    const rows = await this.#options.database.read<{ id: ResourceId }>({
      name: 'live-ids',
      text: SQL.liveIds,
      values: [network, after, limit],
    })
    return rows.map(({ id }) => id)
  }

  async hasTask(id: ResourceId): Promise<boolean> {
    const rows = await this.#options.database.read({
      name: 'has-task',
      text: SQL.hasTask,
      values: [id],
    })
    return rows.length > 0
  }

  watch<I extends ResourceId>(id: I, wanted: (stored: Stored<ResourceOf<I>> | undefined) => void): () => void {
    const listener = wanted as (stored: Stored<Resource> | undefined) => void
    const watch = this.#watches.get(id) ?? { listeners: new Set(), version: 0 }
    watch.listeners.add(listener)
    this.#watches.set(id, watch)
    return () => {
      watch.listeners.delete(listener)
      if (watch.listeners.size === 0 && this.#watches.get(id) === watch) this.#watches.delete(id)
    }
  }

  /** Other gateways have committed these. Their watchers are called with the result. */
  heard(ids: readonly ResourceId[]): void {
    for (const id of ids) {
      if (!this.#watches.has(id)) continue
      void this.find(id).then(
        (stored) => this.#tellWatchers(id, stored, stored?.version ?? FORGOTTEN),
        // Watchers have their own timeout; and there will be another hint.
        () => undefined,
      )
    }
  }

  /** Commits of other gateways may have been missed. */
  lookAgain(): void {
    this.heard([...this.#watches.keys()])
  }

  /** Resolves when all requested commits are settled. */
  close(): Promise<void> {
    return this.#commits.close()
  }

  async #change(change: SessionCommit, basedOn: Version): Promise<void> {
    const { id, step, settles } = change
    const { session, effects } = step
    const task = effects.find((effect) => effect.do !== 'notify')
    const columns = {
      id,
      based_on: basedOn,
      ...(session && toColumnsOf(session)),
      ...(settles !== undefined && { settles }),
      ...(session && task && { task: task.do }),
    }
    const outcome = await this.#commits.write({ change: columns, events: session ? toEvents(session, effects) : [] }, [
      id,
    ])
    if (outcome !== 'done') throw new StaleVersion(id)
  }

  /**
   * Creations of one device run one after the other: each can use what those before it have read, and none is overtaken
   * again and again.
   */
  async #create(change: SessionCommit): Promise<void> {
    const { session, effects } = change.step
    const { creation } = change
    if (session === undefined || creation === undefined) throw new TypeError('a new session needs its creation')
    const queue = this.#queues.get(session.device) ?? { last: Promise.resolve(), waiting: 0, seen: new Map() }
    this.#queues.set(session.device, queue)
    queue.waiting++
    const creating = queue.last.then(() => this.#createNext(queue, session, effects, creation))
    queue.last = creating.catch(() => undefined)
    try {
      await creating
    } finally {
      queue.waiting--
      if (queue.waiting === 0) this.#queues.delete(session.device)
    }
  }

  /**
   * The conflict rule is the domain's: the database only reports that the device has sessions that have not been
   * checked yet. Mostly there are none, and one round trip suffices.
   */
  async #createNext(
    queue: CreateQueue,
    session: Resource,
    effects: readonly Effect[],
    creation: Creation,
  ): Promise<void> {
    const { idempotency, conflictRule } = creation
    const subjects = [`device ${session.device}`, session.id, ...(idempotency ? [`key ${idempotency.key}`] : [])]
    const columns = { ...toColumnsOf(session), ...toCreation(session, effects, creation, this.#options.realNow()) }
    const isFree = (other: Stored<Resource>) => !blocks(other.session, session, conflictRule)
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      // For those that conflicted when they were last read, the database reports whether they still exist.
      const known = [...queue.seen.values()].filter(isFree).map((other) => other.session.id)
      const outcome = await this.#commits.write(
        { creation: { ...columns, known }, events: toEvents(session, effects) },
        subjects,
      )
      if (outcome === 'done') {
        queue.seen.set(session.id, { session, version: 1 as Version })
        return
      }
      if (outcome === 'moved') throw new AddressMoved()
      if (outcome === 'full') throw new QuotaExhausted('application')
      if (outcome === 'crowded') throw new QuotaExhausted('device', await this.liveOfDevices([session.device]))
      if (outcome === 'known' && idempotency !== undefined) {
        const before = await this.findCreated(idempotency.key)
        if (before !== undefined) throw new AlreadyCreated(before.session, before.body)
      } else {
        const there = await this.#obstacles(session.device)
        queue.seen = new Map(there.map((other) => [other.session.id, other]))
        const inTheWay = there.filter((other) => !isFree(other))
        if (inTheWay.length > 0) throw new FlowTaken(inTheWay)
      }
    }
    throw new StoreUnavailable('too many sessions of one device are being created at the same time')
  }

  async #obstacles(device: DeviceId): Promise<readonly Stored<Resource>[]> {
    const rows = await this.#options.database.read<SessionRow>({
      name: 'obstacles',
      text: SQL.obstacles,
      values: [device],
    })
    return rows.map((row) => toStored(row))
  }

  #results(outcome: CommitOutcome, items: readonly Write[]): Outcome[] {
    const results = items.map((): Outcome => 'done')
    for (const what of REFUSED) for (const i of outcome[what] ?? []) results[i] = what
    for (const delivery of toDue(outcome.due)) this.#options.onWork({ delivery })
    return results
  }

  #tell({ id, step: { session, effects } }: SessionCommit, version: Version): void {
    const { onWork, onCommit } = this.#options
    this.#tellWatchers(id, session && { session, version }, session === undefined ? FORGOTTEN : version)
    const timer = session && deadlineOf(session)
    const network = session && effects.some((effect) => effect.do !== 'notify') ? session.network : undefined
    onWork({ session: id, ...(timer !== undefined && { timer }), ...(network !== undefined && { network }) })
    onCommit(id, version, network)
  }

  #tellWatchers(id: ResourceId, stored: Stored<Resource> | undefined, version: number): void {
    const watch = this.#watches.get(id)
    if (watch === undefined || watch.version >= version) return
    watch.version = version
    for (const listener of watch.listeners) listener(stored)
  }
}

interface CommitOutcome extends Partial<Record<(typeof REFUSED)[number], readonly number[]>> {
  readonly due?: readonly DueRow[]
}

/** The three arrays that the function takes, as JSON; `i` is the place in the batch. */
function toColumns(items: readonly Write[]): string[] {
  const numbered = (pick: (item: Write) => object | undefined) =>
    items.flatMap((item, i) => {
      const one = pick(item)
      return one === undefined ? [] : [{ i, ...one }]
    })
  const events = items.flatMap((item, i) => item.events.map((event) => ({ i, ...event })))
  return [numbered(({ creation }) => creation), numbered(({ change }) => change), events].map((one) =>
    JSON.stringify(one),
  )
}

const toColumnsOf = (session: Resource) => ({
  live: isHeld(session),
  obstacle: mayBlock(session),
  wake_at: deadlineOf(session),
  body: JSON.stringify(session),
})

function toCreation(
  resource: Resource,
  effects: readonly Effect[],
  { idempotency, sink, quota, bound }: Creation,
  realNow: number,
): object {
  const { id, owner, device, network } = resource
  const { url, queue, credential, correlator, dialect } = sink ?? {}
  const token = credential?.type === 'ACCESSTOKEN' ? credential : undefined
  return {
    id,
    owner,
    device,
    network,
    bound: bound ? Object.values<string>({ ...addressesOf(resource) }) : undefined,
    quota_application: quota?.application,
    quota_device: quota?.device,
    task: effects.find((effect) => effect.do !== 'notify')?.do,
    key: idempotency?.key,
    key_body: idempotency?.body,
    created_at: realNow,
    url,
    queue,
    credential_type: credential?.type,
    credential: token?.token,
    credential_expires_at: token?.expiresAt,
    correlator,
    dialect,
  }
}

const toEvents = ({ id, owner, subject }: Resource, effects: readonly Effect[]): object[] =>
  effects.flatMap((effect) => {
    if (effect.do !== 'notify') return []
    const { ordinal, at, status } = effect
    const status_info = status === 'UNAVAILABLE' ? effect.statusInfo : undefined
    return [{ id, owner, subject, ordinal, at, status, status_info }]
  })
