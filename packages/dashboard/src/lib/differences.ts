/** A member that differs. */
export interface Difference {
  /** Such as `maxDuration.value`. */
  readonly path: string
  /** Absent: it was not there. */
  readonly was?: string
  /** Absent: it is not there any more. */
  readonly is?: string
}

/** In what two JSON values differ, member by member; undefined counts as an empty object. */
export function differences(before: unknown, after: unknown): readonly Difference[] {
  const [was, is] = [leaves(before), leaves(after)]
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => was.get(path) !== is.get(path))
    .map((path) => {
      const [old, fresh] = [was.get(path), is.get(path)]
      return { path, ...(old !== undefined && { was: old }), ...(fresh !== undefined && { is: fresh }) }
    })
}

/** Every value that has no members, by its path. A list is one value: its items have no names to be followed by. */
function leaves(value: unknown, path = ''): ReadonlyMap<string, string> {
  if (value === undefined) return new Map()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Map([[path, typeof value === 'string' ? value : JSON.stringify(value)]])
  }
  return new Map(
    Object.entries(value).flatMap(([name, member]) => [...leaves(member, path === '' ? name : `${path}.${name}`)]),
  )
}
