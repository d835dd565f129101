import { stripVTControlCharacters, styleText } from 'node:util'
import { EXIT, type ExitCode, OutputError } from './exit-codes.js'

/** Where a command writes, and how it says that it ended. */
export interface Terminal {
  write(text: string): void
  /**
   * Writes what is shown this once, and waits until it is written.
   * @throws {OutputError} nobody has read it
   */
  handOver(text: string): Promise<void>
  /** Set by commands that are done and have more to say than that. */
  exitCode: ExitCode
  /** Whether a person looks on: lines may be painted, and painted over. */
  readonly isTTY: boolean
  readonly columns: number
}

/** Why standard output takes nothing any more. */
let failure: OutputError | undefined

/**
 * Makes an end of standard output the end of a command, in a line at most: none where its reader went away. Commands learn
 * of it at their next line, and let go of what they hold; the end of the process says what became of the last one.
 */
export function endWithOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= new OutputError(error)
  })
  // Nobody is left to be told.
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

/** Paints where a person looks on, and nobody asked for no colour (no-color.org). */
export const paint = (terminal: Pick<Terminal, 'isTTY'>, style: Style, text: string): string =>
  terminal.isTTY && !process.env['NO_COLOR'] ? styleText(style, text, { validateStream: false }) : text

/** How long a text is on the screen. */
export const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length
