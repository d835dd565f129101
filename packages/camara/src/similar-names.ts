// Which names somebody may have meant who gave one that does not exist.

/** How many letters differ, are missing, are too many, or have changed places (optimal string alignment). */
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

/** Nobody types so much and means something else: of longer names only the beginning is compared. */
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

/** Another digit is no slip: an IPv4 address is not one of IPv6. */
const isSlip = (given: string, name: string): boolean =>
  distance(given, name) <= Math.max(1, Math.floor(name.length / 4)) && digitsOf(given) === digitsOf(name)

/** Whether a word is meant as another one: it begins as that one does, or a letter of it is wrong. */
const isWord = (given: string, word: string): boolean =>
  (given.length > 1 && word.startsWith(given)) || (given.length > 3 && isSlip(given, word))

/** Whether each of some words is meant as one of others. */
const areAmong = (few: readonly string[], many: readonly string[], is: (one: string, other: string) => boolean) =>
  few.length > 0 && few.every((one) => many.some((other) => is(one, other)))

/**
 * How far a name is from what was given: 0 is the same but for its case and the marks between its words, below 1 a slip;
 * above, words that one of them has and the other has not. Undefined: somebody else is meant.
 */
function farness(given: readonly string[], name: readonly string[]): number | undefined {
  const [a, b] = [given.join(''), name.join('')]
  if (isSlip(a, b)) return distance(a, b) / MAX_LETTERS
  const isPart = areAmong(given, name, isWord)
  if (!isPart && !areAmong(name, given, (word, one) => word === one || isSlip(one, word))) return undefined
  // The last word says what it is: a `listen-port` is a port, and `port-range` is not.
  const lastWord = isWord(given.at(-1) as string, name.at(-1) as string) ? 0 : 1
  return 1 + lastWord * MAX_LETTERS + Math.abs(name.length - given.length)
}

/**
 * The names that were perhaps meant by one that is none of them: with a slip in it, without a word of it, or with one
 * too many; most likely first, four at most.
 */
export function similarNames(given: string, names: Iterable<string>): string[] {
  const words = wordsOf(given)
  const similar = [...new Set(names)].flatMap((name) => {
    const far = farness(words, wordsOf(name))
    return far === undefined ? [] : [{ name, far }]
  })
  const nearest = Math.min(...similar.map(({ far }) => far))
  // A slip, and the same kind of thing, leave no doubt about the rest.
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
