// What is taken from the texts of a network.

/** The name of a resource, out of its URL: hosts and paths of others mean nothing here. */
export function lastSegment(url: string): string {
  const segment = url.split(/[?#]/)[0]?.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(segment)
  } catch {
    // It was not encoded.
    return segment
  }
}

/** A word of theirs, for people. */
export const wordsOf = (word: unknown): string =>
  typeof word === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(word) ? word : 'the network gave no reason'
