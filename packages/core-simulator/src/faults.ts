// Faults that an operator of the core injects: each applies to the next matching request.

import Type, { type Static, type TProperties } from 'typebox'
import { EVENTS } from './events.js'

export const DOORS = ['pcf', 'bsf', 'nef', 'ue-address', 'nrf', 'token'] as const
export type Door = (typeof DOORS)[number]

export const OPERATIONS = [
  'create',
  'read',
  'list',
  'modify',
  'replace',
  'delete',
  'subscribe',
  'unsubscribe',
  'find',
  'retrieve',
  'discover',
  'token',
] as const
export type OperationName = (typeof OPERATIONS)[number]

const enumOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], description })

const Milliseconds = Type.Integer({ minimum: 0, maximum: 86_400_000 })

const MATCH = {
  door: Type.Optional(enumOf(DOORS, 'Default: any.')),
  operation: Type.Optional(enumOf(OPERATIONS, 'Default: any.')),
  device: Type.Optional(Type.String({ format: 'address', description: 'Address of the device. Default: any.' })),
  times: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'How many requests are treated so. Default: 1.' }),
  ),
}

const REFUSAL = {
  cause: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  retryAfterS: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
}

const fault = <K extends string, P extends TProperties>(kind: K, members: P) =>
  Type.Object({ kind: Type.Literal(kind), ...MATCH, ...members }, { additionalProperties: false })

const committed = (byDefault: boolean) =>
  Type.Optional(Type.Boolean({ description: `Whether it is carried out. Default: ${byDefault}.` }))

const VARIANTS = [
  /** Answered with an error; nothing is carried out. */
  fault('refuse', { status: Type.Optional(Type.Integer({ minimum: 400, maximum: 499 })), ...REFUSAL }),
  fault('fail', { status: Type.Optional(Type.Integer({ minimum: 500, maximum: 599 })), ...REFUSAL }),
  /** Never answered, while the other side waits. */
  fault('hang', { committed: committed(false) }),
  /** The connection ends instead of an answer. */
  fault('drop', { committed: committed(true) }),
  /** Carried out at once, and answered later. */
  fault('late', { afterMs: Milliseconds }),
  /** A create whose callback is sent, and answered, before the create is answered. */
  fault('callback-first', { event: enumOf(EVENTS, 'What the callback tells.') }),
  /** The notification after a create. */
  fault('outcome', { outcome: enumOf(['allocated', 'failed', 'none'], 'What is told after it.') }),
  /** A create whose bearer is lost later. */
  fault('lose', { afterMs: Milliseconds }),
] as const

export const Fault = Type.Unsafe<Fault>({
  type: 'object',
  discriminator: { propertyName: 'kind' },
  required: ['kind'],
  oneOf: VARIANTS,
})
export type Fault = Static<(typeof VARIANTS)[number]>

/** The members of a request that faults match on. */
export interface Matchable {
  readonly door: Door
  readonly operation: OperationName
  readonly device: string | undefined
}

/** Pending faults, in the order of their injection, kept in memory only. */
export class Faults {
  #waiting: { fault: Fault; left: number }[] = []

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 })
  }

  /** @returns the first fault that matches; its count goes down by one */
  take(request: Matchable): Fault | undefined {
    const entry = this.#waiting.find(({ fault }) => matches(fault, request))
    if (entry === undefined) return undefined
    entry.left -= 1
    if (entry.left === 0) this.#waiting = this.#waiting.filter((other) => other !== entry)
    return entry.fault
  }

  /** In the order of injection, `times` being the remaining count. */
  list(): readonly Fault[] {
    return this.#waiting.map(({ fault, left }) => ({ ...fault, times: left }))
  }

  clear(): void {
    this.#waiting = []
  }
}

/** These kinds of faults apply to creates only. */
const OF_CREATE: readonly Fault['kind'][] = ['callback-first', 'outcome', 'lose']

const matches = (fault: Fault, { door, operation, device }: Matchable): boolean =>
  (fault.door === undefined || fault.door === door) &&
  (fault.operation === undefined || fault.operation === operation) &&
  (fault.device === undefined || fault.device === device) &&
  (operation === 'create' || !OF_CREATE.includes(fault.kind))
