import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Document, isCollection, isMap, isNode, isScalar } from 'yaml'
import { parseYaml } from '../schemas/yaml-text.js'
import { ConfigError } from './config-error.js'

export interface YamlFile {
  /** Null if the file is empty. */
  readonly value: unknown
  /** The line, from 1, where what `path` leads to begins, or the last thing on the way to it; undefined: nowhere. */
  lineOf(path: readonly string[]): number | undefined
}

/** How messages name a file. */
export const nameOf = (file: string | URL): string => (typeof file === 'string' ? file : fileURLToPath(file))

/**
 * Reads a YAML file.
 * @param what the file is, for messages: `the configuration`
 * @throws {ConfigError} it cannot be read, or is not YAML
 */
export function readYaml(file: string | URL, what: string): YamlFile {
  try {
    const { document, value, lines } = parseYaml(readFileSync(file, 'utf8'))
    return {
      value,
      lineOf(path) {
        const offset = offsetOf(document, path)
        return offset === undefined ? undefined : lines.linePos(offset).line
      },
    }
  } catch (error) {
    throw new ConfigError(`${what} ${nameOf(file)} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

/** A member begins with its name, an item of a list with itself. */
function offsetOf(document: Document, path: readonly string[]): number | undefined {
  let node: unknown = document.contents
  let offset: number | undefined
  for (const name of path) {
    if (!isCollection(node)) break
    const key = isMap(node)
      ? node.items.map((pair) => pair.key).find((key) => isScalar(key) && String(key.value) === name)
      : undefined
    // Of a list, a number names the item.
    node = node.get(isMap(node) ? name : Number(name), true)
    const at = isNode(key) ? key : node
    if (!isNode(at) || at.range == null) break
    offset = at.range[0]
  }
  return offset
}
