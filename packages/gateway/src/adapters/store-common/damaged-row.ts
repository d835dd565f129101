/** A row whose text differs from what was written. */
export class DamagedRow extends Error {
  override readonly name = 'DamagedRow'

  constructor(table: string, id: string, cause?: unknown) {
    super(`the row ${id} of the table ${table} cannot be parsed`, { cause })
  }
}

/**
 * Parses the JSON of a row.
 * @param id names the row within its table, for people
 * @throws {DamagedRow} the text differs from what was written
 */
export function parsed<T>(text: string, table: string, id: string): T {
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new DamagedRow(table, id, error)
  }
}
