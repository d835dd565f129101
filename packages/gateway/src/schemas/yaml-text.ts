// Parses YAML without quoting its contents in any message: files hold phone numbers and passwords.

import { type Document, isScalar, LineCounter, parseDocument, visit } from 'yaml'

/** No file needs half of that. Deep nesting makes the parser slow, and can overflow its stack. */
export const MAX_YAML_DEPTH = 32

/** It is not YAML; the message names the place, not the contents. */
export class NotYaml extends SyntaxError {
  override readonly name = 'NotYaml'
}

export interface YamlText {
  readonly document: Document
  readonly value: unknown
  readonly lines: LineCounter
}

/** @throws {NotYaml} */
export function parseYaml(text: string): YamlText {
  if (isDeep(text)) throw new NotYaml(`it has more than ${MAX_YAML_DEPTH} levels of lists and maps`)
  const lines = new LineCounter()
  const refuse = (at: number, what: string): NotYaml => {
    const { line, col } = lines.linePos(at)
    return new NotYaml(`line ${line}, column ${col}: ${what}`)
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Its warnings quote the text, and are written to standard error instead of the log.
    logLevel: 'silent',
    // The parser compares each key with all others of its map: 20 000 keys take a minute.
    uniqueKeys: false,
  })
  const [fault] = document.errors
  if (fault !== undefined) throw refuse(fault.pos[0], fault.code.toLowerCase().replaceAll('_', ' '))
  const repeated = repeatedKey(document)
  if (repeated !== undefined) throw refuse(repeated, 'duplicate key')
  try {
    return { document, value: document.toJS(), lines }
  } catch (error) {
    throw new NotYaml('it has an alias without an anchor, or too many aliases', { cause: error })
  }
}

/** Where a map has a key for the second time: in characters; undefined if none has. */
function repeatedKey(document: Document): number | undefined {
  let found: number | undefined
  visit(document, {
    Map(_, { items }) {
      const keys = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (keys.has(key.value)) {
          found = key.range?.[0] ?? 0
          return visit.BREAK
        }
        keys.add(key.value)
      }
      return undefined
    },
  })
  return found
}

/** Whether brackets or indents are nested too deep. The count restarts at each item of the outermost list. */
function isDeep(text: string): boolean {
  let open = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\n' && text[at + 1] === '-') open = 0
    else if (char === '[' || char === '{') open++
    else if (char === ']' || char === '}') open--
    if (open > MAX_YAML_DEPTH) return true
  }
  return /(?:^|\n)[ -]*(?:- ){32}/.test(text)
}
