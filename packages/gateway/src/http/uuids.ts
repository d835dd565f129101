// RFC 9562 section 4: UUIDs are read in either case. Stores and answers have them in lower case.

import type { TSchema } from 'typebox'

interface Members {
  readonly properties?: Readonly<Record<string, { readonly format?: string }>>
}

/** Converts the UUIDs among the members of a schema to lower case, in place. */
export function lowerCaseUuids(schema: TSchema | undefined): (value: unknown) => void {
  const { properties = {} } = (schema ?? {}) as Members
  const names = Object.keys(properties).filter((name) => properties[name]?.format === 'uuid')
  return (value) => {
    for (const name of names) {
      const members = value as Record<string, unknown>
      const given = members[name]
      if (typeof given === 'string') members[name] = given.toLowerCase()
    }
  }
}
