// Values that a schema allows, broken in one place. Out of the schema itself: a bound that is added there is tried at
// once, in the table of the contract and by the fuzzer.

/** As much of JSON Schema as our contract uses. */
export interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
}

export interface Fault {
  /** JSON pointer of what was broken. */
  readonly at: string
  /** Which bound: a keyword of JSON Schema. */
  readonly keyword: string
  /** The whole value, broken. */
  readonly value: unknown
}

type Fits = (schema: Schema, value: unknown) => boolean

/** Beyond which a list is too long to try. */
const LONGEST_LIST = 100

/**
 * Every way to break `value` in one place.
 * @param fits tells which of several alternatives a value is one of
 */
export function* faultsOf(schema: Schema, value: unknown, fits: Fits, at = ''): Generator<Fault> {
  const fault = (keyword: string, broken: unknown): Fault => ({ at, keyword, value: broken })
  const chosen = schema.oneOf?.find((option) => fits(option, value))
  if (chosen !== undefined) {
    yield* faultsOf(chosen, value, fits, at)
    return
  }
  yield fault('type', null)
  yield fault('type', typeof value === 'object' ? 'text' : [value])
  if (Array.isArray(value)) yield* ofList(schema, value as unknown[], fits, at)
  else if (typeof value === 'object') yield* ofObject(schema, value as Record<string, unknown>, fits, at)
  else if (typeof value === 'string')
    for (const [keyword, broken] of ofText(schema, value)) yield fault(keyword, broken)
  else if (typeof value === 'number') for (const [keyword, broken] of ofNumber(schema)) yield fault(keyword, broken)
}

function* ofObject(schema: Schema, value: Record<string, unknown>, fits: Fits, at: string): Generator<Fault> {
  const { properties = {}, required = [], additionalProperties, minProperties = 0 } = schema
  if (additionalProperties === false) yield { at, keyword: 'additionalProperties', value: { ...value, stranger: 1 } }
  if (minProperties > 0) yield { at, keyword: 'minProperties', value: {} }
  for (const name of required) {
    const { [name]: _, ...rest } = value
    yield { at: `${at}/${name}`, keyword: 'required', value: rest }
  }
  for (const [name, member] of Object.entries(value)) {
    const inner = properties[name]
    if (inner === undefined) continue
    for (const fault of faultsOf(inner, member, fits, `${at}/${name}`)) {
      yield { ...fault, value: { ...value, [name]: fault.value } }
    }
  }
}

function* ofList(schema: Schema, value: readonly unknown[], fits: Fits, at: string): Generator<Fault> {
  const { items = {}, minItems = 0, maxItems = Number.POSITIVE_INFINITY, uniqueItems = false } = schema
  if (minItems > 0) yield { at, keyword: 'minItems', value: [] }
  if (uniqueItems) yield { at, keyword: 'uniqueItems', value: [...value, value[0]] }
  if (maxItems <= LONGEST_LIST) {
    yield { at, keyword: 'maxItems', value: Array.from({ length: maxItems + 1 }, (_, index) => `198.51.100.${index}`) }
  }
  for (const fault of faultsOf(items, value[0], fits, `${at}/0`)) {
    yield { ...fault, value: [fault.value, ...value.slice(1)] }
  }
}

function* ofText(schema: Schema, value: string): Generator<[keyword: string, broken: string]> {
  const { minLength = 0, maxLength, pattern, format, enum: words } = schema
  if (words !== undefined) yield ['enum', `${value}x`]
  if (minLength > 0) yield ['minLength', value.slice(0, minLength - 1)]
  if (maxLength !== undefined) yield ['maxLength', value + (value.at(-1) ?? 'x').repeat(maxLength + 1 - value.length)]
  if (format !== undefined) yield ['format', `${value} `]
  const broken =
    pattern && ['', ' ', `${value}\u0000`, `${value} `].find((text) => !new RegExp(pattern, 'u').test(text))
  if (broken !== undefined) yield ['pattern', broken]
  // No schema says it of every text, and no text may have them.
  const free = pattern === undefined && format === undefined && words === undefined
  if (free) yield ['control characters', `${value}\u0000`.slice(-9)]
}

function* ofNumber({ type, minimum, maximum }: Schema): Generator<[keyword: string, broken: unknown]> {
  if (minimum !== undefined) yield ['minimum', minimum - 1]
  if (maximum !== undefined) yield ['maximum', maximum + 1]
  if (type === 'integer') yield ['integer', 1.5]
}
