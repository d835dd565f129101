// Plain TypeScript from the schemas. Only what our schemas use is understood, and anything else is refused: a
// general converter gave interfaces named DeviceIpv4Address1 and an alias for every string.

import * as schemas from '../src/schemas/index.js'

interface Schema {
  title?: string
  description?: string
  type?: string
  $ref?: string
  allOf?: [Schema]
  anyOf?: Schema[]
  oneOf?: Schema[]
  enum?: (string | number)[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
}

const REF = '#/definitions/'

const HEADER = `// The contract as plain types, made from the schemas by \`npm run generate -w @rightofway/camara\`: do not edit.
`

/** Objects, unions and words are worth a name; a named string or number is just a string or a number. */
const hasName = (schema: Schema) => schema.type === 'object' || Boolean(schema.oneOf) || Boolean(schema.enum)

/** The interfaces of every named schema of the contract, as TypeScript text. */
export function generateTypes(): string {
  const definitions: Record<string, Schema> = {}
  // The smallest first: a schema is met by itself, with the description that is its own, before it is met as a part of
  // another one. (The order of a module's exports is not the same everywhere.)
  const named = Object.values(schemas)
    .filter((value) => typeof value === 'object' && 'title' in value && !('operations' in value))
    .map((value) => [JSON.stringify(value), value] as const)
    .sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1))
  for (const [, schema] of named) schemas.extractComponents(schema, definitions, REF)

  const comment = (text: string | undefined, indent: string) =>
    text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '* /')} */\n`

  function members({ properties = {}, required = [] }: Schema, indent: string): string {
    return Object.entries(properties)
      .map(([name, property]) => {
        const target = property.$ref ?? property.allOf?.[0].$ref
        const description = property.description ?? definitions[target?.slice(REF.length) ?? '']?.description
        const optional = required.includes(name) ? '' : '?'
        return `${comment(description, indent)}${indent}${name}${optional}: ${typeText(property, indent)}\n`
      })
      .join('')
  }

  function typeText(schema: Schema, indent = ''): string {
    if (schema.$ref !== undefined) {
      const name = schema.$ref.slice(REF.length)
      const target = definitions[name]
      if (target === undefined) throw new Error(`no definition of ${name}`)
      return hasName(target) ? name : typeText(target, indent)
    }
    if (schema.allOf) return typeText(schema.allOf[0], indent)
    if (schema.enum) return schema.enum.map((value) => `'${value}'`).join(' | ')
    const options = schema.oneOf ?? (schema.properties ? undefined : schema.anyOf)
    if (options) return [...new Set(options.map((option) => typeText(option, indent)))].join(' | ')
    switch (schema.type) {
      case 'string':
        return 'string'
      case 'integer':
      case 'number':
        return 'number'
      case 'array': {
        const item = typeText(schema.items as Schema, indent)
        return item.includes('|') ? `(${item})[]` : `${item}[]`
      }
      case 'object':
        return `{\n${members(schema, `${indent}  `)}${indent}}`
      default:
        throw new Error(`no TypeScript for ${JSON.stringify(schema)}`)
    }
  }

  const declarations = Object.entries(definitions)
    .filter(([, schema]) => hasName(schema))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => {
      const text = schema.properties
        ? `export interface ${name} {\n${members(schema, '  ')}}\n`
        : `export type ${name} = ${typeText(schema)}\n`
      return `${comment(schema.description, '')}${text}`
    })
  return [HEADER, ...declarations].join('\n')
}
