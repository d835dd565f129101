// How the command ended, for programs. docs/reference/command-line.md lists the same.

import { QodApiError, QodArgumentError, QodConnectionError } from '@rightofway/sdk'
import { CommanderError } from 'commander'

export const EXIT = {
  done: 0,
  /** It failed, or was refused for a reason without its own code. */
  failed: 1,
  /** Wrong usage: nothing was done. */
  usage: 2,
  /** No answer: no gateway is running there, or it or its database is unreachable. */
  unreachable: 3,
  /** The key is missing, invalid or not permitted (401, 403). */
  denied: 4,
  /** There is nothing with that name (404). */
  notFound: 5,
  /** A conflict (409). */
  conflict: 6,
  /** The network refused the session, or ended it early. */
  networkTerminated: 7,
  /** The reader of the output has closed it, as with SIGPIPE. */
  outputClosed: 141,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A failure with an exit code. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode = EXIT.failed, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** The output of a command could not be written. */
export class OutputError extends CliError {
  constructor(cause: NodeJS.ErrnoException, consequence = '') {
    const exitCode = cause.code === 'EPIPE' ? EXIT.outputClosed : EXIT.failed
    super(`the output cannot be written: ${cause.message}${consequence}`, exitCode, { cause })
  }
}

const BY_STATUS: Readonly<Record<number, ExitCode>> = {
  401: EXIT.denied,
  403: EXIT.denied,
  404: EXIT.notFound,
  409: EXIT.conflict,
}

/** Whether a server answered that is not a gateway: the URL is wrong. */
export const isNotOurs = (error: unknown): boolean =>
  error instanceof QodApiError &&
  (error.code === 'HTTP_404' || (error.status === 404 && error.message.startsWith('There is nothing at this path')))

/** Compares the name, so that the gateway's code need not be loaded. */
const isStoreUnreachable = (error: unknown): boolean => error instanceof Error && error.name === 'StoreUnreachable'

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode
  if (error instanceof QodConnectionError || isStoreUnreachable(error)) return EXIT.unreachable
  if (error instanceof QodArgumentError) return EXIT.usage
  if (isNotOurs(error)) return EXIT.unreachable
  if (error instanceof QodApiError) return BY_STATUS[error.status] ?? EXIT.failed
  // Commander also ends help and version with an error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  return EXIT.failed
}
