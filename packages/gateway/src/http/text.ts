// Which text is accepted in a body, a form, a path, a query or a file. There is one rule for all of them:
// both stores keep such text unchanged, and every answer can contain it.

/** C0 without tab and line ends, and DEL. PostgreSQL keeps no NUL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/
/** Half of a surrogate pair: it has no form in UTF-8 (RFC 3629 section 3). */
const LONE_SURROGATE = /\p{Cs}/u

/** Control characters in what is percent-encoded, line ends too. */
const ENCODED_CONTROL = /%[01][0-9a-f]|%7f/i

/** What is wrong with a text, to be said behind its name; undefined: nothing. */
export function textTrouble(text: string): string | undefined {
  if (LONE_SURROGATE.test(text)) return 'contains half of a surrogate pair, which is not a character'
  if (CONTROL.test(text)) return 'contains a control character'
  return undefined
}

/** The same of something percent-encoded: a query, a form. */
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

/** The same of all names and texts within something parsed, with the name of the member; undefined: nothing. */
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
