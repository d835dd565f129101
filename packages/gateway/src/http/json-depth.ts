const QUOTE = 0x22
const BACKSLASH = 0x5c
const [OPEN_LIST, CLOSE_LIST] = [0x5b, 0x5d]
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d]

/**
 * Whether lists and objects are nested more than `depth` times in JSON text. For other text the answer has no meaning,
 * but takes no longer. Checked before the text is parsed, as nesting makes parsing expensive.
 */
export function isDeeperThan(text: string, depth: number): boolean {
  // Long lists of numbers and long strings open nothing, and need no second pass.
  if (!opensMoreThan(text, depth)) return false
  let open = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) {
      at = endOfString(text, at + 1)
    } else if (char === OPEN_LIST || char === OPEN_OBJECT) {
      if (++open > depth) return true
    } else if (char === CLOSE_LIST || char === CLOSE_OBJECT) {
      open--
    }
  }
  return false
}

/** Whether more than `most` lists and objects begin in the text, nested or not. */
function opensMoreThan(text: string, most: number): boolean {
  let open = 0
  for (const bracket of '[{') {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (++open > most) return true
  }
  return false
}

/** Index of the quote that ends a string, or of the end of the text. */
function endOfString(text: string, begin: number): number {
  for (let at = begin; ; at++) {
    at = text.indexOf('"', at)
    if (at < 0) return text.length
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH && at - 1 - backslashes >= begin) backslashes++
    if (backslashes % 2 === 0) return at
  }
}
