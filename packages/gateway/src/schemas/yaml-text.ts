// YAML, read so that no message quotes what stands in it: files hold phone numbers and passwords.

import { type Document, LineCounter, parseDocument } from 'yaml'

/** Nothing that is read here is half as deep. Depth makes parsing slow, and ends it with an empty stack. */
export const MAX_YAML_DEPTH = 32

/** It is not YAML; the message says where, and not what stands there. */
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
  // Its warnings quote the text, and go to standard error past our log.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' })
  const [fault] = document.errors
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0])
    throw new NotYaml(`line ${line}, column ${col}: ${fault.code.toLowerCase().replaceAll('_', ' ')}`)
  }
  try {
    return { document, value: document.toJS(), lines }
  } catch (error) {
    throw new NotYaml('it has an alias without an anchor, or too many aliases', { cause: error })
  }
}

/** Whether brackets, or indents, stand within one another too deep. Each item of the outermost list begins anew. */
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
