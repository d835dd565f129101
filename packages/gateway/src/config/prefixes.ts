import { familyOf, type Prefix, parsePrefix } from '../domain/address.js'

/** @throws {QodError} one of them is no prefix */
export const prefixes = (texts: readonly string[]): Prefix[] =>
  texts.map((text) => parsePrefix(text, familyOf(text), `the prefix ${text} of the configuration`))
