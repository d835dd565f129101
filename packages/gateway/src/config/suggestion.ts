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

/**
 * `; did you mean NAME?`, where one of the names is like the one that was given; otherwise nothing.
 * @param prefix that all names have. Default: none
 */
export function suggestion(given: string, names: Iterable<string>, prefix = ''): string {
  const plain = (name: string) => name.slice(prefix.length).toLowerCase().replaceAll(/[-_]/g, '')
  const [best] = [...names]
    .map((name) => ({ name, far: distance(plain(given), plain(name)) }))
    .filter(({ name, far }) => far <= Math.max(1, Math.floor(plain(name).length / 4)))
    .sort((one, other) => one.far - other.far)
  return best === undefined ? '' : `; did you mean ${best.name}?`
}
