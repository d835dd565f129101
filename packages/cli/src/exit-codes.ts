// How the command ended, for programs. docs/reference/command-line.md lists the same.

import { QodApiError, QodArgumentError, QodConnectionError } from '@rightofway/sdk'
import { CommanderError } from 'commander'

export const EXIT = {
  done: 0,
  /** It failed, or was refused for a reason that has no code of its own. */
  failed: 1,
  /** Wrong usage: nothing was done. */
  usage: 2,
  /** Nobody answered: the gateway is not there, or out of reach. */
  unreachable: 3,
  /** The key is missing, wrong, or may not do that (401, 403). */
  denied: 4,
  /** There is nothing by that name (404). */
  notFound: 5,
  /** Something is in the way (409). */
  conflict: 6,
  /** The network refused the session, or ended it early. */
  networkTerminated: 7,
  /** Whoever read the output went away, as of SIGPIPE. */
  outputClosed: 141,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A failure that knows how the command shall end. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode = EXIT.failed, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** What a command prints could not be written. */
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

/** Whether something answered that has no API of a gateway there: the URL leads elsewhere. */
export const isNotOurs = (error: unknown): boolean =>
  error instanceof QodApiError &&
  (error.code === 'HTTP_404' || (error.status === 404 && error.message.startsWith('There is nothing at this path')))

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode
  if (error instanceof QodConnectionError) return EXIT.unreachable
  if (error instanceof QodArgumentError) return EXIT.usage
  if (isNotOurs(error)) return EXIT.unreachable
  if (error instanceof QodApiError) return BY_STATUS[error.status] ?? EXIT.failed
  // Help and version end by an error too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  return EXIT.failed
}
