// Which text is accepted in a body, a form, a path, a query or a file. There is one rule for all of them:
// both stores keep such text unchanged, and every answer can contain it.

/** C0 without tab and line ends, and DEL. PostgreSQL keeps no NUL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression matches them
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/
/** Half of a surrogate pair: it has no form in UTF-8 (RFC 3629 section 3). */
const LONE_SURROGATE = /\p{Cs}/u

/** Percent-encoded control characters, including line ends. */
const ENCODED_CONTROL = /%[01][0-9a-f]|%7f/i

/** The error in a text, as a predicate for its name; undefined: none. */
export function textTrouble(text: string): string | undefined {
  if (LONE_SURROGATE.test(text)) return 'contains half of a surrogate pair, which is not a character'
  if (CONTROL.test(text)) return 'contains a control character'
  return undefined
}

/** The same for percent-encoded text: a query, a form. */
export function encodedTrouble(text: string): string | undefined {
  if (!text.includes('%')) return undefined
  if (ENCODED_CONTROL.test(text)) return 'contains a control character'
  try {
    decodeURIComponent(text)
    return undefined
  } catch {
    return 'is not percent-encoded UTF-8'
  }
}

/** The same for all names and texts in a parsed value, with the name of the member; undefined: none. */
export function troubleWithin(value: unknown, name = ''): string | undefined {
  if (typeof value === 'string') {
    const trouble = textTrouble(value)
    return trouble && `${name === '' ? 'The body' : name} ${trouble}`
  }
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, member] of Object.entries(value)) {
    const trouble = textTrouble(key)
    if (trouble !== undefined) return `The name of a member ${trouble}`
    const place = Array.isArray(value) ? `${name}[${key}]` : name === '' ? key : `${name}.${key}`
    const within = troubleWithin(member, place)
    if (within !== undefined) return within
  }
  return undefined
}
