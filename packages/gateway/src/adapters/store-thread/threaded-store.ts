// The embedded store in a thread of its own. An fsync takes longer than everything else in a request: in the thread
// that answers applications, it would block all other answers.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { ResourceId } from '@rightofway/camara'
import type { Resource, ResourceOf } from '../../domain/resource.js'
import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type { DeviceStore } from '../../ports/store/devices.js'
import { allPages } from '../../ports/store/pages.js'
import type { ProfileStore } from '../../ports/store/profiles.js'
import type { SessionCommit, SessionStore, Stored, Version } from '../../ports/store/sessions.js'
import type { Store } from '../../ports/store/store.js'
import type { WorkHint, WorkStore } from '../../ports/store/work.js'
import { KeptProfiles } from '../store-common/kept-profiles.js'
import { OnlyGateway } from '../store-common/only-gateway.js'
import { RecentSessions } from '../store-common/recent-sessions.js'
import { SessionWatchers } from '../store-common/session-watchers.js'
import { withSessions } from '../store-sqlite/network-tasks.js'
import { rewriteSecrets } from '../store-sqlite/secrets.js'
import {
  type Answer,
  type Call,
  type Callable,
  fromText,
  METHODS,
  type Method,
  type Part,
  type Port,
  type Told,
} from './messages.js'

export interface ThreadData {
  readonly file: string
  readonly synchronous: 'FULL' | 'OFF'
  /** The name of the gateway for people. */
  readonly name: string
}

/** The first message of the thread. */
export interface Opening {
  readonly failure?: string
}

const THREAD = new URL('./thread.js', import.meta.url)

/** Whether a thread can be started: sources that a loader translates on import have none. */
export const threadPossible = (): boolean => existsSync(fileURLToPath(THREAD))

/**
 * Opens the store like `openSqliteStore`, in a thread. If the thread fails, so does the process: it is unknown then
 * what was committed, and the next start finds out.
 * @throws {Error} another gateway has it open; or a newer version wrote it; or it cannot be read or written
 */
export async function openThreadedStore(workerData: ThreadData, built?: URL): Promise<Store> {
  // The process's command line says which of the two the packages are.
  const worker = new Worker(built ?? THREAD, { ...(built && { execArgv: [] }), workerData, name: 'store' })
  const { failure } = await new Promise<Opening>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject)
  })
  worker.removeAllListeners('error')
  worker.on('error', (error: Error) => {
    throw new Error(
      `the thread of the store ended: ${error.message}. Answered requests are on disk: start the gateway again`,
      { cause: error },
    )
  })
  if (failure !== undefined) {
    await worker.terminate()
    throw new Error(failure)
  }
  return threadedStore(worker, workerData.name, async () => void (await worker.terminate()))
}

/** A store whose calls are carried out at the other end of `port`. */
export function threadedStore(port: Port, name: string, close: () => Promise<void>): Store {
  const line = new Line(port)
  const sessions = new ThreadedSessions(line)
  const secrets = line.part('secrets')
  const { applications, grants, sinkCredentials, remoteReservations } = line.changes
  return {
    gateways: new OnlyGateway(name),
    sessions: { ...line.part('sessions'), ...sessions.own },
    work: threadedWork(line, sessions),
    events: line.part('events'),
    applications: { ...line.part('applications'), watch: applications.watch },
    grants: { ...line.part('grants'), watch: grants.watch },
    sinkCredentials: { ...line.part('sinkCredentials'), watch: sinkCredentials.watch },
    devices: threadedDevices(line),
    remoteReservations: { ...line.part('remoteReservations'), watch: remoteReservations.watch },
    profiles: threadedProfiles(line),
    users: line.part('users'),
    audit: line.part('audit'),
    changes: line.part('changes'),
    settings: line.part('settings'),
    ...line.part('store'),
    rewriteSecrets: (unless, rewrite) => rewriteSecrets(secrets, unless, rewrite),
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

interface Waiting<T> {
  resolve(value: T): void
  reject(error: Error): void
}

/** Calls and their answers. The calls of one turn are sent in one message. */
class Line {
  readonly hints = new Listeners<WorkHint>()
  readonly changes = {
    applications: new Listeners<void>(),
    grants: new Listeners<void>(),
    sinkCredentials: new Listeners<void>(),
    devices: new Listeners<void>(),
    remoteReservations: new Listeners<void>(),
  }
  readonly #port
  readonly #waiting = new Map<number, Waiting<unknown>>()
  #calls: Call[] = []
  #lastId = 0
  #closed = false

  constructor(port: Port) {
    this.#port = port
    port.on('message', (text: string) => {
      for (const told of JSON.parse(text) as Told[]) this.#hear(told)
    })
  }

  call<P extends Part, M extends Method<P>>(
    part: P,
    method: M,
    ...args: Parameters<Callable<P, M>>
  ): Promise<Awaited<ReturnType<Callable<P, M>>>> {
    return new Promise((resolve, reject) => this.ask(part, method, args, { resolve, reject }))
  }

  /** Like {@link call}, but the answer is passed on at once, before any later news. */
  ask<P extends Part, M extends Method<P>>(
    part: P,
    method: M,
    args: Parameters<Callable<P, M>>,
    waiting: Waiting<Awaited<ReturnType<Callable<P, M>>>>,
  ): void {
    if (this.#closed) {
      waiting.reject(new StoreUnavailable('the store is closed'))
      return
    }
    const id = ++this.#lastId
    this.#waiting.set(id, waiting as Waiting<unknown>)
    this.#calls.push({ id, part, method, args })
    if (this.#calls.length === 1) setImmediate(() => this.#post())
  }

  /** All that can be called of a part. */
  part<P extends Part>(part: P): { readonly [M in Method<P>]: Callable<P, M> } {
    const methods = Object.keys(METHODS[part]) as Method<P>[]
    const call =
      (method: Method<P>) =>
      (...args: Parameters<Callable<P, Method<P>>>) =>
        this.call(part, method, ...args)
    return Object.fromEntries(methods.map((method) => [method, call(method)])) as never
  }

  /** After all earlier calls. */
  async close(): Promise<void> {
    if (this.#closed) return
    const closed = this.call('store', 'close')
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

/** Devices in one message: writing or reading it takes a millisecond. */
const PIECE = 500

/** An import is sent in pieces, so that other calls can run in between. */
function threadedDevices(line: Line): DeviceStore {
  const { gather, putGathered, ...devices } = line.part('devices')
  let imports = 0
  return {
    ...devices,
    watch: line.changes.devices.watch,
    async putAll(records) {
      if (records.length <= PIECE) return devices.putAll(records)
      const number = ++imports
      for (let from = 0; from < records.length; from += PIECE) await gather(number, records.slice(from, from + PIECE))
      await putGathered(number)
    },
  }
}

/** All changes pass here: between them, profiles are cached. */
function threadedProfiles(line: Line): ProfileStore {
  const { list, put, delete: remove } = line.part('profiles')
  const kept = new KeptProfiles(() => allPages(list, ({ name }) => name))
  return {
    find: kept.find,
    list: kept.list,
    put: (profile, author) => put(profile, author).finally(kept.forget),
    delete: (name, author) => remove(name, author).finally(kept.forget),
  }
}

/** Claims, with the cached sessions: only the ids of those are sent, and the texts of the others. */
function threadedWork(line: Line, sessions: ThreadedSessions): WorkStore {
  const { claimTimerRows: _, claimTaskNames: __, ...work } = line.part('work')
  return {
    ...work,
    watchWork: line.hints.watch,
    async claimTimers(...args) {
      const rows = await line.call('work', 'claimTimerRows', ...args)
      return rows.map(sessions.toStored)
    },
    async claimTasks(...args) {
      return withSessions(await line.call('work', 'claimTaskNames', ...args), sessions.find)
    },
  }
}

/** Sessions, with a cache of those that were committed or read lately: all commits pass here. */
class ThreadedSessions {
  readonly #line: Line
  readonly #recent = new RecentSessions()
  readonly #watchers = new SessionWatchers()
  readonly toStored = this.#recent.toStored

  constructor(line: Line) {
    this.#line = line
  }

  readonly find = async <I extends ResourceId>(id: I): Promise<Stored<ResourceOf<I>> | undefined> => {
    const recent = this.#recent.get(id)
    if (recent !== undefined) return recent
    return new Promise((resolve, reject) => {
      const keep = (stored: Stored<Resource> | undefined) => {
        if (stored !== undefined) this.#recent.keep(stored)
        resolve(stored as Stored<ResourceOf<I>> | undefined)
      }
      this.#line.ask('sessions', 'find', [id], { resolve: keep, reject })
    })
  }

  readonly #commit = (change: SessionCommit): Promise<Version> => {
    const { id, step } = change
    return new Promise((resolve, reject) => {
      const committed = (version: Version) => {
        const stored = step.session && { session: step.session, version }
        if (stored === undefined) this.#recent.forget(id)
        else this.#recent.keep(stored)
        resolve(version)
        this.#watchers.tell(id, stored)
      }
      this.#line.ask('sessions', 'commit', [change], { resolve: committed, reject })
    })
  }

  /** The calls that are not simply sent to the thread. */
  readonly own: Pick<SessionStore, 'find' | 'commit' | 'watch'> = {
    find: this.find,
    commit: this.#commit,
    watch: (id, listener) => this.#watchers.watch(id, listener),
  }
}
