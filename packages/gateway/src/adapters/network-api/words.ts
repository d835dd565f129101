// Texts that are taken from a network's answers.

/** The last segment of a resource's URL: foreign hosts and paths mean nothing here. */
export function lastSegment(url: string): string {
  const segment = url.split(/[?#]/)[0]?.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(segment)
  } catch {
    // It was not encoded.
    return segment
  }
}

/** A word of the network, for people. */
export const wordsOf = (word: unknown): string =>
  typeof word === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(word) ? word : 'the network gave no reason'
