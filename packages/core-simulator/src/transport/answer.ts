// An answer of the core, and its notifications.

/** A callback to an application function. */
export interface Notification {
  readonly door: 'pcf' | 'nef'
  /** The resource that it is about: callbacks of one resource are sent one after the other. */
  readonly id: string
  readonly url: string
  readonly body: unknown
  readonly protocol: 'h2c' | 'http/1.1'
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent, and answered, before the answer is. */
  readonly before?: readonly Notification[]
  /** Sent after the answer. */
  readonly after?: readonly Notification[]
  /** Carried out and notified after that delay. */
  readonly later?: { readonly afterMs: number; act(): readonly Notification[] }
}

export interface InvalidParam {
  readonly param: string
  readonly reason: string
}

/** The members of ProblemDetails (TS 29.571, TS 29.122, RFC 9457) that are used here. */
export interface Problem {
  readonly title?: string
  readonly detail?: string
  readonly cause?: string
  readonly invalidParams?: readonly InvalidParam[]
}

export const PROBLEM_JSON = 'application/problem+json'

/** An error as an answer. */
export const problem = (status: number, members: Problem, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'content-type': PROBLEM_JSON, ...headers },
  body: { status, ...members },
})

/** Thrown by a handler that refuses its request. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly answer: Answer

  constructor(status: number, members: Problem, headers?: Readonly<Record<string, string>>) {
    super(members.detail ?? members.title ?? String(status))
    this.answer = problem(status, members, headers)
  }
}
