// The messages between the two sides of a store in a thread. As text: cloning objects takes longer.

import { StoreDamaged, StoreUnavailable } from '../../domain/store-unavailable.js'
import { IdentifierTaken } from '../../ports/store/devices.js'
import { AddressMoved, AlreadyCreated, FlowTaken, QuotaExhausted, StaleVersion } from '../../ports/store/sessions.js'
import type { Store } from '../../ports/store/store.js'
import { UserTaken } from '../../ports/store/users.js'
import type { WorkHint } from '../../ports/store/work.js'
import type { SqliteStore } from '../store-sqlite/store.js'

/** One end of the connection between them: a worker, or a port of one. */
export interface Port {
  on(event: 'message', listener: (text: string) => void): unknown
  postMessage(text: string): void
}

/** Asynchronous methods of a port: watching is local, because functions cannot be sent. */
type Asked<T> = { [M in keyof T]: T[M] extends (...args: never[]) => Promise<unknown> ? M : never }[keyof T] & string

type Names<M extends string> = Readonly<Record<M, true>>

/** All methods that can be called, by part of the store; `store` is the store itself. Calls of others are refused. */
export const METHODS = {
  store: { tidy: true, ping: true, close: true } satisfies Names<Exclude<Asked<Store>, 'rewriteSecrets'>>,
  secrets: { outdated: true, replace: true } satisfies Names<Asked<SqliteStore['secrets']>>,
  sessions: {
    find: true,
    commit: true,
    findCreated: true,
    ofDevice: true,
    assignmentsOf: true,
    liveOfDevices: true,
    list: true,
    listAssignments: true,
    liveIds: true,
    hasTask: true,
  } satisfies Names<Asked<Store['sessions']>>,
  // Claimed sessions are cached, or sent as stored text.
  work: {
    nextTimer: true,
    claimTimerRows: true,
    claimTaskNames: true,
    settle: true,
    countTasks: true,
  } satisfies Names<Exclude<Asked<Store['work']>, 'claimTimers' | 'claimTasks'> | 'claimTimerRows' | 'claimTaskNames'>,
  events: {
    ofSession: true,
    ofOwner: true,
    lastOf: true,
    deliveriesOf: true,
    queues: true,
    countWaiting: true,
    claimDeliveries: true,
    settleDelivery: true,
    deadLetters: true,
    redeliver: true,
    countDeliveries: true,
  } satisfies Names<Asked<Store['events']>>,
  applications: {
    create: true,
    find: true,
    list: true,
    rename: true,
    suspend: true,
    setLimits: true,
    addKey: true,
    findKey: true,
    keysOf: true,
    revokeKey: true,
    replaceKey: true,
    setClientKeys: true,
    noteKeyUses: true,
  } satisfies Names<Asked<Store['applications']>>,
  grants: { find: true, put: true, add: true, delete: true, deleteGroup: true } satisfies Names<Asked<Store['grants']>>,
  sinkCredentials: {
    tokenClient: true,
    setTokenClient: true,
    signingSecrets: true,
    addSigningSecret: true,
    deleteSigningSecret: true,
  } satisfies Names<Asked<Store['sinkCredentials']>>,
  devices: {
    put: true,
    putAll: true,
    gather: true,
    putGathered: true,
    bind: true,
    expire: true,
    moved: true,
    settleMoved: true,
    find: true,
    list: true,
    delete: true,
    resolve: true,
  } satisfies Names<Asked<SqliteStore['devices']>>,
  remoteReservations: {
    find: true,
    put: true,
    list: true,
    due: true,
    nextAct: true,
    figures: true,
    addCallback: true,
    callbacks: true,
    removeCallbacks: true,
  } satisfies Names<Asked<Store['remoteReservations']>>,
  profiles: { find: true, list: true, put: true, delete: true } satisfies Names<Asked<Store['profiles']>>,
  users: {
    add: true,
    find: true,
    findByName: true,
    findBySubject: true,
    list: true,
    update: true,
    delete: true,
    invite: true,
    findInvitation: true,
    accept: true,
    signIn: true,
    findSignIn: true,
    signOut: true,
    signOutAll: true,
  } satisfies Names<Asked<Store['users']>>,
  audit: { append: true, list: true, forget: true } satisfies Names<Asked<Store['audit']>>,
  changes: { list: true } satisfies Names<Asked<Store['changes']>>,
  settings: { get: true, set: true, add: true } satisfies Names<Asked<Store['settings']>>,
} as const

export type Part = keyof typeof METHODS

/** The names of a part's methods. */
export type Method<P extends Part> = keyof (typeof METHODS)[P] & string

type Owner<P extends Part> = P extends keyof SqliteStore ? SqliteStore[P] : SqliteStore

/** A method of a part. */
export type Callable<P extends Part, M extends Method<P>> = M extends keyof Owner<P>
  ? Extract<Owner<P>[M], (...args: never[]) => unknown>
  : never

export interface Call {
  readonly id: number
  readonly part: Part
  readonly method: string
  readonly args: readonly unknown[]
}

/** Parts that can be watched. */
export const WATCHED = ['applications', 'grants', 'sinkCredentials', 'devices', 'remoteReservations'] as const
export type Watched = (typeof WATCHED)[number]

/** The outcome of a call, or news for watchers. In the order of events. */
export type Told = Answer | { readonly hint: WorkHint } | { readonly changed: Watched }

export type Answer =
  | { readonly id: number; readonly value?: unknown }
  | { readonly id: number; readonly error: ErrorText }

export interface ErrorText {
  readonly name: string
  readonly message: string
  readonly stack?: string | undefined
  /** Its own members. */
  readonly members: object
}

/** Errors that callers distinguish. */
const KINDS: ReadonlyMap<string, object> = new Map(
  [
    StaleVersion,
    FlowTaken,
    QuotaExhausted,
    AddressMoved,
    AlreadyCreated,
    StoreUnavailable,
    StoreDamaged,
    IdentifierTaken,
    UserTaken,
  ].map((kind) => [kind.name, kind.prototype as object]),
)

export function toText(error: unknown): ErrorText {
  const { name, message, stack, ...members } = error instanceof Error ? error : new Error(String(error))
  return { name: error instanceof Error ? error.name : name, message, stack, members }
}

export function fromText({ name, message, stack, members }: ErrorText): Error {
  const error = new Error(message)
  if (stack !== undefined) error.stack = stack
  Object.setPrototypeOf(error, KINDS.get(name) ?? Error.prototype)
  return Object.assign(error, members, { name })
}
