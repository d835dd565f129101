// The position of an error in JSON (RFC 8259). JSON.parse reports it for some errors only, and quotes the text.

const SPACE = /[ \t\n\r]*/y
// Unrolled, so that a long unterminated string is read once.
const STRING = /"[ !#-[\]-\u{10ffff}]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\u{10ffff}]*)*"/uy
const OTHER_SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** The expected token; the `first` ones may also be the end of the list or object. */
type Expected = 'value' | 'first value' | 'name' | 'first name' | 'colon' | 'more'

/**
 * Index of the first invalid token; the length of the text where it ends too
 * early; undefined if it is JSON.
 */
export function jsonErrorAt(text: string): number | undefined {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  let at = 0
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    at = pattern.lastIndex
    return true
  }
  for (;;) {
    take(SPACE)
    const within = open.at(-1)
    if (expected === 'more' && within === undefined) return at === text.length ? undefined : at
    const char = text[at]
    const closes = char === (within === '{' ? '}' : ']')
    if (closes && (expected === 'more' || expected === 'first value' || expected === 'first name')) {
      open.pop()
      expected = 'more'
      at++
    } else if (expected === 'more') {
      if (char !== ',') return at
      expected = within === '{' ? 'name' : 'value'
      at++
    } else if (expected === 'colon') {
      if (char !== ':') return at
      expected = 'value'
      at++
    } else if (expected === 'name' || expected === 'first name') {
      if (!take(STRING)) return at
      expected = 'colon'
    } else if (char === '{' || char === '[') {
      open.push(char)
      expected = char === '{' ? 'first name' : 'first value'
      at++
    } else {
      if (!take(STRING) && !take(OTHER_SCALAR)) return at
      expected = 'more'
    }
  }
}
