// Suggests existing names for an unknown one.

/** Number of substituted, missing, extra or transposed letters (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      rows[i]?.push(Math.min(at(i - 1, j - 1) + same, at(i - 1, j) + 1, at(i, j - 1) + 1, swapped))
    }
  }
  return at(a.length, b.length)
}

/** Of longer names only the beginning is compared. */
const MAX_LETTERS = 100
const MAX_NAMES = 4

/** `tlsCert`, `--tls-cert` and `TLS_CERTS` are the words tls and cert. */
const wordsOf = (name: string): string[] =>
  name
    .slice(0, MAX_LETTERS)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => (word.length > 3 ? word.replace(/s$/, '') : word))

const digitsOf = (text: string): string => text.replaceAll(/\D/g, '')

/** A different digit is no typing error: `ipv4` does not mean `ipv6`. */
const isSlip = (given: string, name: string): boolean =>
  distance(given, name) <= Math.max(1, Math.floor(name.length / 4)) && digitsOf(given) === digitsOf(name)

/** Whether a word matches another one: as its prefix, or with a typing error. */
const isWord = (given: string, word: string): boolean =>
  (given.length > 1 && word.startsWith(given)) || (given.length > 3 && isSlip(given, word))

/** Whether each word of one list matches a word of another. */
const areAmong = (few: readonly string[], many: readonly string[], is: (one: string, other: string) => boolean) =>
  few.length > 0 && few.every((one) => many.some((other) => is(one, other)))

/**
 * Distance of a name from the given one: 0 is equal but for case and separators, below 1 a typing error; above, words
 * that only one of both has. Undefined: not similar.
 */
function farness(given: readonly string[], name: readonly string[]): number | undefined {
  const [a, b] = [given.join(''), name.join('')]
  if (isSlip(a, b)) return distance(a, b) / MAX_LETTERS
  const isPart = areAmong(given, name, isWord)
  if (!isPart && !areAmong(name, given, (word, one) => word === one || isSlip(one, word))) return undefined
  // The last word is the kind: a `listen-port` is a port, and a `port-range` is not.
  const lastWord = isWord(given.at(-1) as string, name.at(-1) as string) ? 0 : 1
  return 1 + lastWord * MAX_LETTERS + Math.abs(name.length - given.length)
}

/**
 * The names that an unknown one may mean: it has a typing error, a word less or a word more; most likely first, four at
 * most.
 */
export function similarNames(given: string, names: Iterable<string>): string[] {
  const words = wordsOf(given)
  const similar = [...new Set(names)].flatMap((name) => {
    const far = farness(words, wordsOf(name))
    return far === undefined ? [] : [{ name, far }]
  })
  const nearest = Math.min(...similar.map(({ far }) => far))
  // If one matches but for a typing error, or is of the same kind, others are left out.
  const bound = nearest < 1 ? nearest : nearest < MAX_LETTERS ? MAX_LETTERS : Number.POSITIVE_INFINITY
  return similar
    .filter(({ far }) => far <= bound)
    .sort((one, other) => one.far - other.far)
    .slice(0, MAX_NAMES)
    .map(({ name }) => name)
}

/** `a`, or `a or b`, or `a, b or c`. */
export const eitherOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
