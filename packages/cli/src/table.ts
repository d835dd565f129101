import { paint, type Terminal, widthOf } from './terminal.js'

/** Rows under a head, in columns as wide as needed. Prints `none` if there are no rows. */
export function table(
  terminal: Terminal,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  none: string,
): string {
  if (rows.length === 0) return `${none}\n`
  const widths = head.map((title, column) => Math.max(widthOf(title), ...rows.map((row) => widthOf(row[column] ?? ''))))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd()
  return [paint(terminal, 'bold', line(head)), ...rows.map(line)].map((text) => `${text}\n`).join('')
}

/** Names and values, one per line; missing values are left out. */
export function list(terminal: Terminal, entries: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(entries).filter(([, value]) => value !== undefined)
  const width = Math.max(...given.map(([name]) => name.length))
  return given.map(([name, value]) => `${paint(terminal, 'bold', name.padEnd(width))}  ${value}\n`).join('')
}

/** A moment, for people: UTC, to the second. */
export const moment = (at: Date | undefined): string =>
  at === undefined ? '-' : at.toISOString().replace('T', ' ').replace(/\.\d+/, '')
