// Comma-separated values (RFC 4180), also with a byte order mark and any line ends, as spreadsheets write them.

/** A record, and the line on which it begins, counted from 1. */
export interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
}

/** A quoted field with its quotes doubled, or an unquoted one, and its delimiter. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y

/** @throws {SyntaxError} naming the line */
export function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = []
  let fields: string[] = []
  let line = 1
  let begunAt = 1
  FIELD.lastIndex = text.startsWith('\ufeff') ? 1 : 0
  while (FIELD.lastIndex < text.length || fields.length > 0) {
    const field = FIELD.exec(text)
    if (field === null) throw new SyntaxError(`line ${line}: there is a quote in a wrong place`)
    const [whole, quoted, bare = '', end] = field
    fields.push(quoted === undefined ? bare.trim() : quoted.replaceAll('""', '"'))
    line += whole.match(/\r\n|\n|\r/g)?.length ?? 0
    if (end === ',') continue
    // An empty line is no record.
    if (fields.length > 1 || fields[0] !== '') records.push({ line: begunAt, fields })
    fields = []
    begunAt = line
  }
  return records
}
