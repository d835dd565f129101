// Where a text stops being JSON (RFC 8259). JSON.parse knows, but says so only of some errors, and quotes the text.

const SPACE = /[ \t\n\r]*/y
// Unrolled, so that a long string that never ends is read once and not over and over.
const STRING = /"[ !#-[\]-\u{10ffff}]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\u{10ffff}]*)*"/uy
const OTHER_SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** What may come next; the `first` ones may also be the end of what was just begun. */
type Expected = 'value' | 'first value' | 'name' | 'first name' | 'colon' | 'more'

/**
 * Index of the first character (of the token) that cannot stand where it does; the length of the text where it ends too
 * soon; undefined if it is JSON.
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
