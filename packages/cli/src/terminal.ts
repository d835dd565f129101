import { stripVTControlCharacters, styleText } from 'node:util'
import { EXIT, type ExitCode, OutputError } from './exit-codes.js'

/** Where a command writes, and how it reports its end. */
export interface Terminal {
  write(text: string): void
  /** Writes a secret that is shown only now, and waits until it is written. @throws {OutputError} it was not read */
  handOver(text: string): Promise<void>
  /** Set by commands that end with another code than 0. */
  exitCode: ExitCode
  /** Whether the output is a terminal: lines may have colours and be overwritten. */
  readonly isTTY: boolean
  readonly columns: number
}

/** Why standard output can no longer be written. */
let failure: OutputError | undefined

/**
 * Ends the command when standard output ends, with at most one line: none if its reader closed it. Commands notice it
 * at their next line and release their resources; an error of the last line is reported at the end of the process.
 */
export function endWithOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= new OutputError(error)
  })
  // There is no output left to report to.
  process.stderr.on('error', () => undefined)
  process.on('exit', () => {
    if (failure === undefined) return
    process.exitCode = failure.exitCode
    if (failure.exitCode !== EXIT.outputClosed) process.stderr.write(`rightofway: ${failure.message}\n`)
  })
}

export const processTerminal: Terminal = {
  exitCode: 0,
  write: (text) => {
    if (failure !== undefined) throw failure
    process.stdout.write(text)
  },
  handOver: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(new OutputError(error)) : resolve()))
    }),
  get isTTY() {
    return process.stdout.isTTY === true
  },
  get columns() {
    return process.stdout.columns ?? 80
  },
}

export type Style = Parameters<typeof styleText>[0]

/** Uses colours on a terminal, unless NO_COLOR is set (no-color.org). */
export const paint = (terminal: Pick<Terminal, 'isTTY'>, style: Style, text: string): string =>
  terminal.isTTY && !process.env['NO_COLOR'] ? styleText(style, text, { validateStream: false }) : text

/** The width of a text on the screen. */
export const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length
