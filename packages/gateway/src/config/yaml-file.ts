import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Document, isCollection, isMap, isNode, isScalar } from 'yaml'
import { parseYaml } from '../schemas/yaml-text.js'
import { ConfigError } from './config-error.js'

export interface YamlFile {
  /** Null if the file is empty. */
  readonly value: unknown
  /**
   * The line, from 1, on which the value at `path` begins, or its nearest existing parent; undefined: there is neither.
   */
  lineOf(path: readonly string[]): number | undefined
}

/** The name of a file in messages. */
export const nameOf = (file: string | URL): string => (typeof file === 'string' ? file : fileURLToPath(file))

/**
 * Reads a YAML file.
 * @param what kind of file it is, for messages: `the configuration`
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

/** A member begins at its name, an item of a list at its value. */
function offsetOf(document: Document, path: readonly string[]): number | undefined {
  let node: unknown = document.contents
  let offset: number | undefined
  for (const name of path) {
    if (!isCollection(node)) break
    const key = isMap(node)
      ? node.items.map((pair) => pair.key).find((key) => isScalar(key) && String(key.value) === name)
      : undefined
    // In a list, a number names the item.
    node = node.get(isMap(node) ? name : Number(name), true)
    const at = isNode(key) ? key : node
    if (!isNode(at) || at.range == null) break
    offset = at.range[0]
  }
  return offset
}
