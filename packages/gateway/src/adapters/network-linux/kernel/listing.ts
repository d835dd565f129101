// The part of our table that sessions do not change, in nft's listing. The format depends on nft's version: so the
// listing of the new table is kept, and compared with later ones.

import { createHash } from 'node:crypto'
import { isIP } from 'node:net'

/** The parts of chains, rules and maps that differ between equal tables, or change by themselves. */
const PASSING: ReadonlySet<string> = new Set(['handle', 'elem', 'count'])

/** A table when it was created. */
export interface Listing {
  /** Equal for equal tables, with one version of nft. */
  readonly digest: string
  /** The result of {@link statementsOf} for its text. */
  readonly statements: readonly string[]
}

/** @param objects of `nft -j list table` */
export const digestOf = (objects: readonly object[]): string =>
  createHash('sha256')
    .update(JSON.stringify(objects, (name, value: unknown) => (PASSING.has(name) ? undefined : value)))
    .digest('hex')

/**
 * The lines of a table without its elements, each with its chain or map.
 * @param text the output of `nft -s -t list table`
 */
export function statementsOf(text: string): string[] {
  const statements: string[] = []
  let block: string | undefined
  for (const line of text.split('\n').slice(1)) {
    // Newer versions print the number of elements.
    const words = line.replace(/ *#.*$/, '').trim()
    if (words.endsWith(' {')) block = words.slice(0, -2)
    if (words === '}') block = undefined
    else if (words !== '') statements.push(words.endsWith(' {') || block === undefined ? words : `${block}: ${words}`)
  }
  return statements
}

/** Enough to identify the change; a log is no place for a whole ruleset. */
const [MOST, LONGEST] = [10, 200]

/** The lines of `of` that `than` lacks, for a log: without addresses, which may be personal data. */
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
