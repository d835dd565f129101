// Errors as the log has them: what happened, where in the program, and why. Members of errors are data of others, such as
// the URL that could not be parsed or the row that a database refused: those that are known to be none are kept.

import { unquoted } from '../domain/unquoted.js'

/** Kinds, places and names: no values. */
const KEPT = [
  'code',
  'errno',
  'syscall',
  'address',
  'port',
  'path',
  'severity',
  'table',
  'column',
  'constraint',
  'routine',
]

/** An error may be its own cause. */
const MAX_CAUSES = 8

export interface LoggedError {
  readonly type: string
  readonly message: string
  readonly stack: string
  readonly aggregateErrors?: readonly unknown[]
  readonly [member: string]: unknown
}

/** The `err` of a log line, with its causes in message and stack. A value that is not an error is not changed. */
export function logError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const chain = [error, ...causesOf(error)]
  const members = error as unknown as Readonly<Record<string, unknown>>
  return {
    type: error.constructor.name,
    message: chain.map(unquoted).join(': '),
    stack: chain.map((link) => `${link.name}: ${unquoted(link)}${framesOf(link)}`).join('\ncaused by: '),
    ...(error instanceof AggregateError && { aggregateErrors: error.errors.map(logError) }),
    ...Object.fromEntries(KEPT.filter((name) => members[name] !== undefined).map((name) => [name, members[name]])),
  } satisfies LoggedError
}

function causesOf(error: Error): Error[] {
  const causes: Error[] = []
  for (let { cause } = error; cause instanceof Error && causes.length < MAX_CAUSES; { cause } = cause)
    causes.push(cause)
  return causes
}

/** The stack without its first lines, which are the message. */
function framesOf({ stack = '' }: Error): string {
  const at = stack.search(/\n {4}at /)
  return at === -1 ? '' : stack.slice(at)
}
