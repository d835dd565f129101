import { eitherOf, similarNames } from '@rightofway/camara'

/**
 * `; did you mean NAME?`, if names are similar to the given one; otherwise empty.
 * @param prefix of all names. Default: none
 */
export function suggestion(given: string, names: Iterable<string>, prefix = ''): string {
  const meant = similarNames(
    given.slice(prefix.length),
    [...names].map((name) => name.slice(prefix.length)),
  )
  return meant.length === 0 ? '' : `; did you mean ${eitherOf(meant.map((name) => prefix + name))}?`
}
