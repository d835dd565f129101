/** A row whose text is not what was written. */
export class DamagedRow extends Error {
  override readonly name = 'DamagedRow'

  constructor(table: string, id: string, cause: unknown) {
    super(`the row ${id} of the table ${table} cannot be parsed`, { cause })
  }
}
