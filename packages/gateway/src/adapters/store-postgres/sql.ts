// The statements are in files of SQL, one for each. They are read from the sources, which are part of the package: the
// build copies nothing.

import { readFileSync } from 'node:fs'

const FOLDER = new URL('../../../src/adapters/store-postgres/sql/', import.meta.url)

/**
 * The text of `sql/NAME.sql`.
 * @param constants the values of `${CONSTANT}`: SQL of ours, never input
 * @throws {Error} the file has another constant
 */
export function sql(name: string, constants: Readonly<Record<string, string | number>> = {}): string {
  const text = readFileSync(new URL(`${name}.sql`, FOLDER), 'utf8').trim()
  return text.replaceAll(/\$\{(\w+)\}/g, (_, constant: string) => {
    const value = constants[constant]
    if (value === undefined) throw new Error(`sql/${name}.sql: there is no constant ${constant}`)
    return String(value)
  })
}
