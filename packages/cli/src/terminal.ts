import { stripVTControlCharacters, styleText } from 'node:util'
import type { ExitCode } from './exit-codes.js'

/** Where a command writes, and how it says that it ended. */
export interface Terminal {
  write(text: string): void
  /** Set by commands that are done and have more to say than that. */
  exitCode: ExitCode
  /** Whether a person looks on: lines may be painted, and painted over. */
  readonly isTTY: boolean
  readonly columns: number
}

export const processTerminal: Terminal = {
  exitCode: 0,
  write: (text) => void process.stdout.write(text),
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
