// What of our table stays as it is while sessions come and go, in nft's words. How nft says it depends on its version: so
// what it said when the table was made is kept, and compared with what it says now.

import { createHash } from 'node:crypto'
import { isIP } from 'node:net'

/** Of chains, rules and maps: what differs between tables that are the same, or changes by itself. */
const PASSING: ReadonlySet<string> = new Set(['handle', 'elem', 'count'])

/** A table as it was when it was made. */
export interface Listing {
  /** The same for tables that are the same, with one version of nft. */
  readonly digest: string
  /** What {@link statementsOf} makes of its text. */
  readonly statements: readonly string[]
}

/** @param objects of `nft -j list table` */
export const digestOf = (objects: readonly object[]): string =>
  createHash('sha256')
    .update(JSON.stringify(objects, (name, value: unknown) => (PASSING.has(name) ? undefined : value)))
    .digest('hex')

/**
 * The lines of a table without its elements, each with the chain or map that it stands in.
 * @param text what `nft -s -t list table` prints
 */
export function statementsOf(text: string): string[] {
  const statements: string[] = []
  let block: string | undefined
  for (const line of text.split('\n').slice(1)) {
    // Newer versions say how many elements there are.
    const words = line.replace(/ *#.*$/, '').trim()
    if (words.endsWith(' {')) block = words.slice(0, -2)
    if (words === '}') block = undefined
    else if (words !== '') statements.push(words.endsWith(' {') || block === undefined ? words : `${block}: ${words}`)
  }
  return statements
}

/** Enough to tell what has happened; a log is no place for a whole ruleset. */
const [MOST, LONGEST] = [10, 200]

/** What stands in `of` and not in `than`, for a log: without addresses, which may be those of people. */
export function beyond(of: readonly string[], than: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const statement of than) counts.set(statement, (counts.get(statement) ?? 0) + 1)
  const found = of.filter((statement) => {
    const left = counts.get(statement) ?? 0
    counts.set(statement, left - 1)
    return left <= 0
  })
  return found.slice(0, MOST).map((statement) => withoutAddresses(statement).slice(0, LONGEST))
}

const withoutAddresses = (statement: string): string =>
  statement.replace(/[0-9a-fA-F:.]{3,}/g, (word) => (isIP(word) === 0 ? word : '<address>'))
