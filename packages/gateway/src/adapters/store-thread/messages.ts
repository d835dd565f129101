// What the two sides of a store in a thread say to each other. As text: cloning objects takes longer.

import { StoreUnavailable } from '../../domain/store-unavailable.js'
import { IdentifierTaken } from '../../ports/store/devices.js'
import { AddressMoved, AlreadyCreated, FlowTaken, QuotaExhausted, StaleVersion } from '../../ports/store/sessions.js'
import { UserTaken } from '../../ports/store/users.js'
import type { WorkHint } from '../../ports/store/work.js'
import type { SqliteStore } from '../store-sqlite/store.js'

/** One end of the line between them: a worker, or a port of one. */
export interface Port {
  on(event: 'message', listener: (text: string) => void): unknown
  postMessage(text: string): void
}

/** A part of the store, or one of its own methods. */
export type Part = keyof SqliteStore

/** `method` is absent if `part` is itself a method. */
export interface Call {
  readonly id: number
  readonly part: Part
  readonly method?: string
  readonly args: readonly unknown[]
}

/** What a call came to, or news for those who watch. In the order in which it happened. */
export type Told =
  | Answer
  | { readonly hint: WorkHint }
  | { readonly changed: 'applications' | 'grants' | 'sinkCredentials' | 'devices' }

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

/** Errors that callers tell apart. */
const KINDS: ReadonlyMap<string, object> = new Map(
  [
    StaleVersion,
    FlowTaken,
    QuotaExhausted,
    AddressMoved,
    AlreadyCreated,
    StoreUnavailable,
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
