// The embedded store in a thread of its own. An fsync takes longer than all else that a request needs: in the thread that
// answers applications, nobody is answered meanwhile.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { SessionId } from '@rightofway/camara'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type { ApplicationStore } from '../../ports/store/applications.js'
import type { GrantStore } from '../../ports/store/grants.js'
import type { SessionCommit, SessionQuery, SessionStore, Stored, Version } from '../../ports/store/sessions.js'
import type { SinkCredentialStore } from '../../ports/store/sink-credentials.js'
import type { Store } from '../../ports/store/store.js'
import type { WorkHint, WorkStore } from '../../ports/store/work.js'
import { OnlyGateway } from '../store-common/only-gateway.js'
import { RecentSessions } from '../store-common/recent-sessions.js'
import type { SessionRow } from '../store-common/rows/sessions.js'
import { SessionWatchers } from '../store-common/session-watchers.js'
import { type TaskName, withSessions } from '../store-sqlite/network-tasks.js'
import { rewriteSecrets } from '../store-sqlite/secrets.js'
import type { SqliteStore } from '../store-sqlite/store.js'
import { type Answer, type Call, fromText, type Part, type Port, type Told } from './messages.js'

export interface ThreadData {
  readonly file: string
  readonly synchronous: 'FULL' | 'OFF'
  /** Of the gateway, for people. */
  readonly name: string
}

/** What the thread says first. */
export interface Opening {
  readonly failure?: string
}

const THREAD = new URL('./thread.js', import.meta.url)

/** Whether there is a thread to start: sources that a loader translates as they are imported have none. */
export const threadPossible = (): boolean => existsSync(fileURLToPath(THREAD))

/**
 * Opens the store, as `openSqliteStore` does, in a thread. If the thread fails, so does the process: nobody knows then
 * what was committed, and the next start finds out.
 * @throws {Error} another gateway has it open; or a newer version wrote it; or it cannot be read or written
 */
export async function openThreadedStore(workerData: ThreadData, built?: URL): Promise<Store> {
  // Which of the two the packages are is said on the command line of the process.
  const worker = new Worker(built ?? THREAD, { ...(built && { execArgv: [] }), workerData, name: 'store' })
  const { failure } = await new Promise<Opening>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject)
  })
  worker.removeAllListeners('error')
  worker.on('error', (error: Error) => {
    throw new Error(
      `the thread of the store ended: ${error.message}. What was answered is on the disk: start the gateway again`,
      { cause: error },
    )
  })
  if (failure !== undefined) {
    await worker.terminate()
    throw new Error(failure)
  }
  return threadedStore(worker, workerData.name, async () => void (await worker.terminate()))
}

/** A store whose work is done at the other end of `port`. */
export function threadedStore(port: Port, name: string, close: () => Promise<void>): Store {
  const line = new Line(port)
  const sessions = new ThreadedSessions(line)
  const secrets = line.part('secrets') as SqliteStore['secrets']
  return {
    gateways: new OnlyGateway(name),
    sessions,
    work: line.part('work', threadedWork(line, sessions)) as WorkStore,
    events: line.part('events') as Store['events'],
    applications: line.part('applications', { watch: line.changes.applications.watch }) as ApplicationStore,
    grants: line.part('grants', { watch: line.changes.grants.watch }) as GrantStore,
    sinkCredentials: line.part('sinkCredentials', { watch: line.changes.sinkCredentials.watch }) as SinkCredentialStore,
    devices: line.part('devices', { watch: line.changes.devices.watch }) as Store['devices'],
    profiles: line.part('profiles') as Store['profiles'],
    users: line.part('users') as Store['users'],
    audit: line.part('audit') as Store['audit'],
    changes: line.part('changes') as Store['changes'],
    settings: line.part('settings') as Store['settings'],
    tidy: (...args) => line.call('tidy', undefined, args),
    rewriteSecrets: (unless, rewrite) => rewriteSecrets(secrets, unless, rewrite),
    ping: () => line.call('ping', undefined, []),
    async close() {
      await line.close()
      await close()
    },
  }
}

class Listeners<T> {
  readonly #listeners = new Set<(news: T) => void>()

  readonly watch = (listener: (news: T) => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(news: T): void {
    for (const listener of this.#listeners) listener(news)
  }
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** Calls and their answers. What is called in one turn goes in one message. */
class Line {
  readonly hints = new Listeners<WorkHint>()
  readonly changes = {
    applications: new Listeners<void>(),
    grants: new Listeners<void>(),
    sinkCredentials: new Listeners<void>(),
    devices: new Listeners<void>(),
  }
  readonly #port
  readonly #waiting = new Map<number, Waiting>()
  #calls: Call[] = []
  #lastId = 0
  #closed = false

  constructor(port: Port) {
    this.#port = port
    port.on('message', (text: string) => {
      for (const told of JSON.parse(text) as Told[]) this.#hear(told)
    })
  }

  call<T>(part: Part, method: string | undefined, args: readonly unknown[]): Promise<T> {
    return new Promise((resolve, reject) =>
      this.ask(part, method, args, { resolve: resolve as Waiting['resolve'], reject }),
    )
  }

  /** As {@link call}, but the answer is told at once, before any news that came after it. */
  ask(part: Part, method: string | undefined, args: readonly unknown[], waiting: Waiting): void {
    if (this.#closed) {
      waiting.reject(new StoreUnavailable('the store is closed'))
      return
    }
    const id = ++this.#lastId
    this.#waiting.set(id, waiting)
    this.#calls.push(method === undefined ? { id, part, args } : { id, part, method, args })
    if (this.#calls.length === 1) setImmediate(() => this.#post())
  }

  /** All methods of a part, but for `own`. */
  part(part: Part, own: object = {}): object {
    const methods = new Map<string, unknown>(Object.entries(own))
    return new Proxy(own, {
      get: (_, name) => {
        const method = String(name)
        const known = methods.get(method)
        if (known !== undefined) return known
        const made = (...args: unknown[]) => this.call(part, method, args)
        methods.set(method, made)
        return made
      },
    })
  }

  /** After all that was called before. */
  async close(): Promise<void> {
    if (this.#closed) return
    const closed = this.call<void>('close', undefined, [])
    this.#closed = true
    await closed
  }

  #post(): void {
    this.#port.postMessage(JSON.stringify(this.#calls))
    this.#calls = []
  }

  #hear(told: Told): void {
    if ('hint' in told) this.hints.tell(told.hint)
    else if ('changed' in told) this.changes[told.changed].tell()
    else this.#answer(told)
  }

  #answer(told: Answer): void {
    const waiting = this.#waiting.get(told.id)
    this.#waiting.delete(told.id)
    if ('error' in told) waiting?.reject(fromText(told.error))
    else waiting?.resolve(told.value)
  }
}

/** What is claimed, with the sessions at hand: only the names of those travel, and the texts of the others. */
const threadedWork = (line: Line, sessions: ThreadedSessions): Partial<WorkStore> => ({
  watchWork: line.hints.watch,
  async claimTimers(...args) {
    const rows = await line.call<SessionRow[]>('work', 'claimTimerRows', args)
    return rows.map(sessions.toStored)
  },
  async claimTasks(...args) {
    const names = await line.call<TaskName[]>('work', 'claimTaskNames', args)
    return withSessions(names, sessions.find)
  },
})

/** Sessions, with those at hand that were committed or read lately: all commits come by here. */
class ThreadedSessions implements SessionStore {
  readonly #line: Line
  readonly #recent = new RecentSessions()
  readonly #watchers = new SessionWatchers()
  readonly toStored = this.#recent.toStored

  constructor(line: Line) {
    this.#line = line
  }

  readonly find = async (id: SessionId): Promise<Stored | undefined> => {
    const recent = this.#recent.get(id)
    if (recent !== undefined) return recent
    return new Promise((resolve, reject) => {
      const keep = (stored: Stored | undefined) => {
        if (stored !== undefined) this.#recent.keep(stored)
        resolve(stored)
      }
      this.#line.ask('sessions', 'find', [id], { resolve: keep as Waiting['resolve'], reject })
    })
  }

  commit(change: SessionCommit): Promise<Version> {
    const { id, step } = change
    return new Promise((resolve, reject) => {
      const committed = (version: Version) => {
        const stored = step.session && { session: step.session, version }
        if (stored === undefined) this.#recent.forget(id)
        else this.#recent.keep(stored)
        resolve(version)
        this.#watchers.tell(id, stored)
      }
      this.#line.ask('sessions', 'commit', [change], { resolve: committed as Waiting['resolve'], reject })
    })
  }

  findCreated(key: string): Promise<{ session: SessionId; body: string } | undefined> {
    return this.#line.call('sessions', 'findCreated', [key])
  }

  ofDevice(...args: Parameters<SessionStore['ofDevice']>): Promise<readonly Stored[]> {
    return this.#line.call('sessions', 'ofDevice', args)
  }

  liveOfDevice(...args: Parameters<SessionStore['liveOfDevice']>): Promise<readonly Stored[]> {
    return this.#line.call('sessions', 'liveOfDevice', args)
  }

  list(query: SessionQuery): Promise<readonly Stored[]> {
    return this.#line.call('sessions', 'list', [query])
  }

  liveIds(...args: Parameters<SessionStore['liveIds']>): Promise<readonly SessionId[]> {
    return this.#line.call('sessions', 'liveIds', args)
  }

  hasTask(id: SessionId): Promise<boolean> {
    return this.#line.call('sessions', 'hasTask', [id])
  }

  watch(id: SessionId, listener: (stored: Stored | undefined) => void): () => void {
    return this.#watchers.watch(id, listener)
  }
}
