// All violations of a schema by a configuration, not only the first: the invalid part is removed, and the rest is
// validated again.

import { type Described, describeViolation, type Violation } from '@rightofway/camara/schemas'
import type { Validator } from '../schemas/on-first-use.js'
import { suggestion } from './suggestion.js'

export interface Mistake {
  /** Names and indices of its path in the original tree. */
  readonly path: readonly string[]
  readonly message: string
}

/** The most mistakes that are reported. */
const MOST = 100

export interface TakenOut {
  readonly mistakes: readonly Mistake[]
  /** The path in the original tree of something that is left. */
  given(path: readonly string[]): readonly string[]
}

/**
 * Validates a tree, and fills in its defaults.
 * @param thorough a validator that does not stop at the first violation
 * @returns the mistakes. The tree keeps only what is valid
 */
export function takeOutMistakes(tree: object, validate: Validator, thorough: Validator): TakenOut {
  const mistakes: Mistake[] = []
  const lists = new Positions()
  const said = new Set<string>()
  const say = (described: Described, violations: readonly Violation[]): boolean => {
    const names = namesOf(described.pointer)
    const path = lists.given(names)
    // A required member that was wrong is not also reported as missing, nor a list that was too long and lost its
    // invalid items as too short.
    const isNew = !said.has(path.join('/')) && !(lists.hasLost(names) && violations.some(isShort))
    said.add(path.join('/'))
    if (isNew) mistakes.push({ path, message: messageOf(described, violations, path) })
    return isNew
  }
  while (mistakes.length < MOST && !validate(tree)) {
    const violations = slipsFirst(validate.errors as Violation[], () => allOf(tree, thorough))
    const described = describeViolation(violations, 'configuration')
    // What is removed along with a reported mistake can have mistakes of its own.
    if (!say(described, violations)) {
      for (const group of within(holderOf(described), allOf(tree, thorough))) {
        say(describeViolation(group, 'configuration'), group)
      }
    }
    if (!takeOut(tree, described, lists)) break
  }
  return { mistakes, given: (path) => lists.given(path) }
}

const isShort = ({ keyword }: Violation): boolean => keyword === 'minItems'

/** The parent that is removed along with a mistake. */
const holderOf = ({ pointer, missing }: Described): string => (missing ? pointer.replace(/\/[^/]*$/, '') : pointer)

/** The violations below a pointer, one by one. If no alternative of several fits, their violations are reported. */
function within(place: string, all: readonly Violation[]): readonly Violation[][] {
  const groups = new Map<string, Violation[]>()
  for (const violation of all) {
    if (!`${violation.instancePath}/`.startsWith(`${place}/`) || /^(anyOf|oneOf|if)$/.test(violation.keyword)) continue
    const { pointer } = describeViolation([violation], 'configuration')
    groups.set(pointer, [...(groups.get(pointer) ?? []), violation])
  }
  return [...groups.values()]
}

/** A misspelt name is an unknown member, and perhaps leaves another one missing: the unknown member says more. */
function slipsFirst(violations: readonly Violation[], all: () => readonly Violation[]): readonly Violation[] {
  const missing = violations.find(({ keyword }) => keyword === 'required')
  if (missing === undefined) return violations
  const { instancePath } = missing
  const slips = all().filter((one) => one.keyword === 'additionalProperties' && one.instancePath === instancePath)
  return slips.length > 0 ? slips : violations
}

/** All violations of a tree, which is not changed. */
function allOf(tree: object, thorough: Validator): readonly Violation[] {
  thorough(structuredClone(tree))
  return (thorough.errors ?? []) as Violation[]
}

function messageOf(
  { pointer, message }: Described,
  violations: readonly Violation[],
  names: readonly string[],
): string {
  const name = names.at(-1) ?? ''
  const members = violations
    .filter(({ keyword, params }) => keyword === 'additionalProperties' && params['additionalProperty'] === name)
    .flatMap(({ parentSchema }) => Object.keys((parentSchema as { properties?: object }).properties ?? {}))
  // Items may have moved since the first mistake was removed.
  const given = named(names)
  return message.replace(' (configuration)', '').replace(named(namesOf(pointer)), given) + suggestion(name, members)
}

const namesOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))

const named = (names: readonly string[]): string =>
  names.reduce((text, name) => (/^\d+$/.test(name) ? `${text}[${name}]` : text === '' ? name : `${text}.${name}`), '')

/**
 * Removes what is invalid; the whole item of a list, and the whole of an object that lacks a member.
 * @returns whether anything could be removed
 */
function takeOut(tree: object, { pointer, missing }: Described, lists: Positions): boolean {
  const names = namesOf(pointer)
  const path: unknown[] = [tree]
  for (const name of names) path.push((path.at(-1) as Record<string, unknown> | undefined)?.[name])
  const there = !missing && path.at(-1) !== undefined
  // An object that lacks a member, or is of an unknown kind, is removed with all its members.
  let depth = there ? names.length : names.length - 1
  if (!there && depth <= 0) return false
  if (depth === 0) depth = 1
  const holder = path[depth - 1]
  const last = names[depth - 1] as string
  if (Array.isArray(holder)) {
    holder.splice(Number(last), 1)
    lists.taken(names.slice(0, depth))
  } else {
    delete (holder as Record<string, unknown>)[last]
  }
  return true
}

/** The positions of list items before others were removed. */
class Positions {
  /** By list: the removed positions, in order. */
  readonly #gone = new Map<string, number[]>()

  given(names: readonly string[]): string[] {
    return names.map((name, depth) => {
      const gone = this.#gone.get(names.slice(0, depth).join('/'))
      if (gone === undefined) return name
      return String(gone.reduce((position, one) => (one <= position ? position + 1 : position), Number(name)))
    })
  }

  /** Whether items of a list were removed. */
  hasLost(list: readonly string[]): boolean {
    return this.#gone.has(list.join('/'))
  }

  taken(names: readonly string[]): void {
    const list = names.slice(0, -1).join('/')
    const position = Number(this.given(names).at(-1))
    this.#gone.set(
      list,
      [...(this.#gone.get(list) ?? []), position].sort((a, b) => a - b),
    )
  }
}
