// The constraints of an OpenAPI document as a flat list of facts, to compare documents that have the same constraints
// in another structure (`allOf`, references, order).

export interface Schema {
  $ref?: string
  allOf?: Schema[]
  oneOf?: Schema[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  enum?: unknown[]
  discriminator?: { propertyName: string; mapping?: Record<string, string> }
  [keyword: string]: unknown
}

interface Content {
  content?: Record<string, { schema: Schema }>
}

export interface Operation {
  operationId: string
  parameters?: { $ref?: string; name: string; in: string; required?: boolean; schema: Schema }[]
  requestBody?: Content & { required?: boolean }
  responses: Record<string, Content & { $ref?: string }>
  security?: { openId?: string[] }[]
}

export interface Document {
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, Schema>
    responses?: Record<string, Content>
    parameters?: Record<string, NonNullable<Operation['parameters']>[number]>
  }
}

/** Compared keywords: not descriptions, examples and closedness (all of our objects are closed). */
const KEYWORDS = [
  ...['type', 'format', 'enum', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'],
  ...['uniqueItems', 'minProperties', 'maxProperties', 'required', 'writeOnly', 'readOnly'],
] as const

export const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1)
const sorted = (values: readonly unknown[]): string => JSON.stringify([...values].sort())

/** Every constraint of a document's schemas, such as `Port minimum: 1`; references to `known` names are kept. */
export class Facts {
  readonly said: Record<string, string> = {}

  constructor(
    readonly document: Document,
    readonly known: ReadonlySet<string>,
  ) {}

  of(schema: Schema, at: string): this {
    const flat = this.#flat(schema)
    if (flat.$ref !== undefined) {
      this.said[at] = `is a ${nameOf(flat.$ref)}`
      return this
    }
    for (const keyword of KEYWORDS) {
      const value = flat[keyword]
      if (value !== undefined)
        this.said[`${at} ${keyword}`] = Array.isArray(value) ? sorted(value) : JSON.stringify(value)
    }
    if (flat.properties) this.said[`${at} members`] = sorted(Object.keys(flat.properties))
    for (const [name, member] of Object.entries(flat.properties ?? {})) this.of(member, `${at}.${name}`)
    if (flat.items) this.of(flat.items, `${at}[]`)
    const { discriminator } = flat
    const tagged = Object.values(discriminator?.mapping ?? {}).map(($ref) => ({ $ref }))
    for (const [word, options] of [
      ['oneOf', flat.oneOf ?? (tagged.length > 0 ? tagged : undefined)],
      ['anyOf', flat.anyOf],
    ] as const) {
      if (options) this.said[`${at} ${word}`] = sorted(options.map((option) => this.#text(option)))
    }
    return this
  }

  #text(schema: Schema): string {
    return JSON.stringify(new Facts(this.document, this.known).of(schema, '').said)
  }

  /** A known reference, or a schema without references and `allOf` at its top. */
  #flat(schema: Schema): Schema {
    if (schema.$ref !== undefined)
      return this.known.has(nameOf(schema.$ref)) ? schema : this.#flat(this.#find(schema.$ref))
    if (schema.allOf === undefined) return schema
    const parts = schema.allOf.filter((part) => Object.keys(part).some((key) => key !== 'example'))
    const [only, ...others] = parts
    if (only !== undefined && others.length === 0 && schema.properties === undefined) return this.#flat(only)
    return parts.map((part) => this.#merged(part)).reduce(both, {})
  }

  /** As {@link #flat}, but known references are resolved too; discriminators apply to whole schemas, not to parts. */
  #merged(part: Schema): Schema {
    const { discriminator: _, ...flat } = part.$ref === undefined ? part : this.#find(part.$ref)
    return flat.allOf === undefined ? flat : flat.allOf.map((inner) => this.#merged(inner)).reduce(both, {})
  }

  #find(ref: string): Schema {
    const found = this.document.components.schemas[nameOf(ref)]
    if (found === undefined) throw new Error(`no schema ${ref}`)
    return found
  }
}

function both(a: Schema, b: Schema): Schema {
  const merged = { ...a, ...b }
  if (a.properties && b.properties) {
    merged.properties = { ...a.properties }
    for (const [name, member] of Object.entries(b.properties)) {
      merged.properties[name] = both(a.properties[name] ?? {}, member)
    }
  }
  if (a.required && b.required) merged.required = [...a.required, ...b.required]
  return merged
}

/** The facts that only one of both has, or whose values differ. */
export function differing(ours: Facts, theirs: Facts): string[] {
  const all = new Set([...Object.keys(ours.said), ...Object.keys(theirs.said)])
  return [...all].filter((fact) => ours.said[fact] !== theirs.said[fact]).sort()
}
