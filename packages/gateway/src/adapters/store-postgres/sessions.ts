import type { ApplicationId, DeviceId, NetworkId, SessionId, SubjectId } from '@rightofway/camara'
import { blocks } from '../../domain/conflict.js'
import { deadline, type Effect, isLive, type Session } from '../../domain/session.js'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
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

/** A change as `commit_sessions_1` takes it; which of the two, `i` says in the batch. */
interface Write {
  readonly creation?: object
  readonly change?: object
  readonly events: readonly object[]
}

type Outcome = 'done' | (typeof REFUSED)[number]

const REFUSED = ['known', 'moved', 'taken', 'full', 'crowded', 'stale'] as const

/** The first of all ids (RFC 9562 section 5.9), and nobody's. */
const NIL = '00000000-0000-0000-0000-000000000000'

/** How often another gateway's session of the device may come in between before the database counts as too busy. */
const ATTEMPTS = 20

export interface PostgresSessionsOptions {
  readonly database: Database
  /** For commits alone. */
  readonly link: Link
  readonly realNow: () => number
  /** Called after a commit of this gateway, with what it left to do. */
  readonly onWork: (hint: WorkHint) => void
  /** Called after a commit of this gateway, for the others. */
  readonly onCommit: (session: SessionId, version: Version, network: NetworkId | undefined) => void
}

/** Creations of one device. */
interface CreateQueue {
  last: Promise<void>
  waiting: number
  /** Sessions of the device that may stand in the way of others, as they were when last seen. */
  seen: Map<SessionId, Stored>
}

interface Watch {
  readonly listeners: Set<(stored: Stored | undefined) => void>
  /** The newest that they have been told. */
  version: number
}

/** A session that is gone comes after all its versions. */
const FORGOTTEN = Number.POSITIVE_INFINITY

const SQL = {
  commit: sql('sessions/commit'),
  find: sql('sessions/find'),
  findCreated: sql('sessions/find-created'),
  ofDevice: sql('sessions/of-device'),
  liveOfDevices: sql('sessions/live-of-devices'),
  liveIds: sql('sessions/live-ids', { NIL }),
  hasTask: sql('sessions/has-task'),
  obstacles: sql('sessions/obstacles'),
}

export class PostgresSessions implements SessionStore {
  readonly #options: PostgresSessionsOptions
  readonly #commits: GroupWriter<Write, Outcome>
  readonly #reads: Reads<SessionId, SessionRow>
  readonly #watches = new Map<SessionId, Watch>()
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

  async find(id: SessionId): Promise<Stored | undefined> {
    const row = await this.#reads.get(id)
    return row && toStored(row)
  }

  async commit(change: SessionCommit): Promise<Version> {
    const version = ((change.basedOn ?? 0) + 1) as Version
    await (change.basedOn === null ? this.#create(change) : this.#change(change, change.basedOn))
    this.#tell(change, version)
    return version
  }

  async findCreated(key: string): Promise<{ session: SessionId; body: string } | undefined> {
    const [row] = await this.#options.database.read<{ session: SessionId; body: string }>({
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
  ): Promise<readonly Stored[]> {
    const rows = await this.#options.database.read<SessionRow>({
      name: 'of-device',
      // Without a timer is only what was deleted.
      text: SQL.ofDevice,
      values: [device, owner, limit, subject],
    })
    return rows.map(toStored)
  }

  async liveOfDevices(devices: readonly DeviceId[]): Promise<readonly Stored[]> {
    const rows = await this.#options.database.read<SessionRow>({
      name: 'live-of-devices',
      text: SQL.liveOfDevices,
      values: [devices],
    })
    return rows.map(toStored)
  }

  async list({ owner, network, live, after, newestFirst = false, limit }: SessionQuery): Promise<readonly Stored[]> {
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
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const text = `SELECT id, version, body FROM sessions ${where}
                  ORDER BY id ${newestFirst ? 'DESC' : 'ASC'} LIMIT $${values.push(limit)}`
    return (await this.#options.database.read<SessionRow>({ text, values })).map(toStored)
  }

  async liveIds(network: NetworkId, limit: number, after?: SessionId): Promise<readonly SessionId[]> {
    const rows = await this.#options.database.read<{ id: SessionId }>({
      name: 'live-ids',
      text: SQL.liveIds,
      values: [network, after, limit],
    })
    return rows.map(({ id }) => id)
  }

  async hasTask(id: SessionId): Promise<boolean> {
    const rows = await this.#options.database.read({
      name: 'has-task',
      text: SQL.hasTask,
      values: [id],
    })
    return rows.length > 0
  }

  watch(id: SessionId, listener: (stored: Stored | undefined) => void): () => void {
    const watch = this.#watches.get(id) ?? { listeners: new Set(), version: 0 }
    watch.listeners.add(listener)
    this.#watches.set(id, watch)
    return () => {
      watch.listeners.delete(listener)
      if (watch.listeners.size === 0 && this.#watches.get(id) === watch) this.#watches.delete(id)
    }
  }

  /** Other gateways have committed these. Who watches one is told what became of it. */
  heard(ids: readonly SessionId[]): void {
    for (const id of ids) {
      if (!this.#watches.has(id)) continue
      void this.find(id).then(
        (stored) => this.#tellWatchers(id, stored, stored?.version ?? FORGOTTEN),
        // Whoever watches has a time limit of its own; and there will be another hint.
        () => undefined,
      )
    }
  }

  /** Commits of other gateways may have been missed. */
  lookAgain(): void {
    this.heard([...this.#watches.keys()])
  }

  /** Resolves when all commits that were asked for are settled. */
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
   * Creations of one device follow one another: each can know by what those before it found there, and none is
   * overtaken again and again.
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
   * The rule of conflicts is the domain's: the database only says that there are sessions of the device that have not
   * been looked at yet. Mostly there are none, and one round trip is all.
   */
  async #createNext(
    queue: CreateQueue,
    session: Session,
    effects: readonly Effect[],
    creation: Creation,
  ): Promise<void> {
    const { idempotency, conflictRule } = creation
    const subjects = [`device ${session.device}`, session.id, ...(idempotency ? [`key ${idempotency.key}`] : [])]
    const columns = { ...toColumnsOf(session), ...toCreation(session, effects, creation, this.#options.realNow()) }
    const isFree = (other: Stored) => !blocks(other.session, session, conflictRule)
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      // Of those that were in the way when they were last seen, the database says whether they are still there.
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

  async #obstacles(device: DeviceId): Promise<readonly Stored[]> {
    const rows = await this.#options.database.read<SessionRow>({
      name: 'obstacles',
      text: SQL.obstacles,
      values: [device],
    })
    return rows.map(toStored)
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
    const timer = session && deadline(session)
    const network = session && effects.some((effect) => effect.do !== 'notify') ? session.network : undefined
    onWork({ session: id, ...(timer !== undefined && { timer }), ...(network !== undefined && { network }) })
    onCommit(id, version, network)
  }

  #tellWatchers(id: SessionId, stored: Stored | undefined, version: number): void {
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

const toColumnsOf = (session: Session) => ({
  live: isLive(session),
  obstacle: mayStandInTheWay(session),
  wake_at: deadline(session),
  body: JSON.stringify(session),
})

/** Wider than any rule of conflicts: what is none now will never be one again. */
const mayStandInTheWay = (session: Session): boolean =>
  isLive(session) || (session.status === 'UNAVAILABLE' && session.statusInfo === 'NETWORK_TERMINATED')

function toCreation(
  { id, owner, device, network, flow }: Session,
  effects: readonly Effect[],
  { idempotency, sink, quota, bound }: Creation,
  realNow: number,
): object {
  const { url, queue, credential, correlator, dialect } = sink ?? {}
  const token = credential?.type === 'ACCESSTOKEN' ? credential : undefined
  return {
    id,
    owner,
    device,
    network,
    bound: bound ? Object.values<string>({ ...flow.device }) : undefined,
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

const toEvents = ({ id, owner, subject }: Session, effects: readonly Effect[]): object[] =>
  effects.flatMap((effect) => {
    if (effect.do !== 'notify') return []
    const { ordinal, at, status } = effect
    const status_info = status === 'UNAVAILABLE' ? effect.statusInfo : undefined
    return [{ id, owner, subject, ordinal, at, status, status_info }]
  })
