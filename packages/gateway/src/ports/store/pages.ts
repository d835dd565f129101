// What a store gives page by page, one after the other: an answer has a bound, what is kept has none.

const PAGE = 1_000

/**
 * All of them, as pages are read.
 * @param keyOf what the next page comes after
 */
export async function* allPages<T, K>(
  read: (after: K | undefined, limit: number) => Promise<readonly T[]>,
  keyOf: (item: T) => K,
  limit = PAGE,
): AsyncGenerator<T> {
  for (let after: K | undefined; ; ) {
    const page = await read(after, limit)
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < limit) return
    after = keyOf(last)
  }
}
