const QUOTE = 0x22
const BACKSLASH = 0x5c
const [OPEN_LIST, CLOSE_LIST] = [0x5b, 0x5d]
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d]

/**
 * Whether lists and objects stand within one another more than `depth` times, in a text that is JSON. Of another text it
 * says something as well, and quickly. Found out before the text is parsed, as that is what depth makes dear.
 */
export function isDeeperThan(text: string, depth: number): boolean {
  // Long lists of numbers and long texts open nothing: they need not be read once more.
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

/** Whether so many lists and objects begin in it, within one another or not. */
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
