// docs/reference/admin-api.md, out of the operations that the routes of the admin API are made from.

import { ERRORS } from '@rightofway/camara'
import type { Operation } from '@rightofway/camara/schemas'
import { ADMIN_ROUTES, BASE_PATH } from '../../packages/gateway/src/http/admin/index.js'
import { tokenRoutes } from '../../packages/gateway/src/http/admin/tokens.js'
import { roleFor } from '../../packages/gateway/src/http/dashboard/gate.js'
import { clockRoutes } from '../../packages/gateway/src/sandbox/routes/clock.js'
import { simulatorRoutes } from '../../packages/gateway/src/sandbox/routes/simulator.js'

export const file = 'docs/reference/admin-api.md'

/** What a schema may have of what is told here. */
interface Schema {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

/** How deep members of members are told. */
const DEPTH = 3

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``

function kindOf(schema: Schema): string {
  if (schema.const !== undefined) return code(schema.const)
  if (schema.enum !== undefined) return `one of ${schema.enum.map(code).join(', ')}`
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(kindOf))].join(' or ')
  const { minimum, maximum } = schema
  switch (schema.type) {
    case 'array':
      return `list of ${kindOf(schema.items ?? {})}`
    case 'integer':
    case 'number': {
      const whole = schema.type === 'integer' ? 'integer' : 'number'
      if (minimum !== undefined && maximum !== undefined) return `${whole}, ${minimum} to ${maximum}`
      return minimum === undefined ? whole : `${whole}, at least ${minimum}`
    }
    case 'string':
      if (schema.format !== undefined) return `text (${schema.format})`
      return schema.maxLength === undefined ? 'text' : `text, at most ${schema.maxLength} characters`
    case 'object':
    case undefined:
      return 'object'
    default:
      return schema.type
  }
}

/** The members of an object, of what a list holds, or of each form that something may have. */
function membersOf(schema: Schema, depth = 0): string[] {
  if (depth >= DEPTH) return []
  if (schema.items !== undefined) return membersOf(schema.items, depth)
  const forms = schema.anyOf ?? schema.allOf
  if (forms !== undefined) return [...new Set(forms.flatMap((form) => membersOf(form, depth)))]
  return Object.entries({ ...schema.properties, ...named(schema) }).flatMap(([name, member]) => [
    line(name, member, schema.required?.includes(name) === true, depth),
    ...membersOf(member, depth + 1),
  ])
}

/** Members whose names are not fixed. */
const named = ({ patternProperties = {} }: Schema): Record<string, Schema> =>
  Object.fromEntries(Object.values(patternProperties).map((member) => ['<name>', member]))

function line(name: string, member: Schema, required: boolean, depth: number): string {
  const text = member.description === undefined ? '' : `: ${member.description.replaceAll('\n', ' ')}`
  return `${'  '.repeat(depth)}- \`${name}\` (${kindOf(member)}${required ? ', required' : ''})${text}`
}

const part = (title: string, schema: object | undefined): string[] => {
  const lines = schema === undefined ? [] : membersOf(schema)
  return lines.length === 0 ? [] : ['', `${title}:`, '', ...lines]
}

function entry(operation: Operation): string {
  const { method, path, summary, params, query, headers, body, success, otherwise, errors } = operation
  const answers = [success, ...(otherwise === undefined ? [] : [otherwise])]
  const refusals = [...new Set(errors)].map((each) => `${ERRORS[each].status} \`${each}\``)
  return [
    `### ${operation.operationId}`,
    '',
    '```http',
    `${method} ${BASE_PATH}${path}`,
    '```',
    '',
    `${summary}. Role: ${roleFor(operation)}.`,
    ...part('Path', params),
    ...part('Query', query),
    ...part('Headers', headers && { type: 'object', properties: headers }),
    ...part(`Body, a JSON ${body === undefined ? '' : kindOf(body)}`, body),
    '',
    ...answers.map(({ status, description }) => `Answers ${status}: ${description}`),
    ...part('Members of the answer', success.schema),
    ...(refusals.length === 0 ? [] : ['', `Refuses with ${refusals.join(', ')}.`]),
    '',
  ].join('\n')
}

export function generate(): string {
  const routes = [...ADMIN_ROUTES, ...tokenRoutes, ...simulatorRoutes, ...clockRoutes]
  const operations = routes.map(({ operation }): Operation => operation)
  const tags = [...new Set(operations.map(({ tag }) => tag))]
  const sections = tags.map((tag) => {
    const entries = operations.filter((operation) => operation.tag === tag).map(entry)
    return `## ${tag}\n\n${entries.join('\n')}`
  })
  return `# Admin API

What operators do, printed from the operations of the gateway by \`npm run docs\`.

The API is served on a unix socket (\`admin.socket\`, by default \`admin.sock\` in \`dataDir\`). Whoever can open the socket
may do everything:

\`\`\`
curl --unix-socket rightofway-data/admin.sock http://localhost${BASE_PATH}/applications
\`\`\`

It is also served to people who signed in to the dashboard, at the same paths of the gateway. There an operation needs a
role: \`viewer\`, \`operator\` or \`admin\`, each of which may do what the one before may. The OpenAPI document is at
\`${BASE_PATH}/openapi.json\` of both, and the socket has pages to try it at \`${BASE_PATH}/docs\`.

Errors have the form of [errors.md](errors.md). Times are RFC 3339. Every change is recorded in the audit log. Operations
of the simulator and of the clock exist in a sandbox only, and those of token keys where the gateway is an authorization
server.

${sections.join('\n')}`.replace(/\n{3,}/g, '\n\n')
}
