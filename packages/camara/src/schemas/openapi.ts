// An OpenAPI 3.0.3 document from an Api: the schemas as they are, those with a `title` moved into `components`.

import { ERRORS, type ErrorCode } from '../errors.js'
import { ErrorInfo, XCorrelator } from './common.js'
import type { Api, Operation } from './operations.js'

type Json = { [key: string]: unknown }

/** Codes that any operation can answer with. */
const COMMON_ERRORS: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'METHOD_NOT_ALLOWED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'TOO_MANY_REQUESTS',
  'INTERNAL',
  'UNAVAILABLE',
]

const X_CORRELATOR_HEADER = { 'x-correlator': { schema: XCorrelator } }

/**
 * Copies a schema, or anything that holds schemas; each one with a `title` goes to `components` under that title, and
 * a reference to `base` and the title takes its place.
 */
export function extractComponents(schema: unknown, components: Json, base = '#/components/schemas/'): unknown {
  if (Array.isArray(schema)) return schema.map((item) => extractComponents(item, components, base))
  if (typeof schema !== 'object' || schema === null) return schema
  const { title, ...rest } = schema as Json
  const walked = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, extractComponents(value, components, base)]),
  )
  if (typeof title !== 'string') return walked
  const { description, ...bare } = walked
  // `described(PortsSpec, ...)` is still PortsSpec: the first description seen is the component's, another one is
  // said beside the reference, in the only way that OpenAPI 3.0 has for it.
  const known = components[title] as Json | undefined
  components[title] ??= { ...bare, ...(description === undefined ? {} : { description }) }
  const reference = { $ref: `${base}${title}` }
  return known === undefined || known['description'] === description ? reference : { description, allOf: [reference] }
}

function responses(operation: Operation): Json {
  const { success } = operation
  const answers: Json = {
    [success.status]: {
      description: success.description,
      headers: X_CORRELATOR_HEADER,
      ...(success.schema && { content: { [success.mediaType ?? 'application/json']: { schema: success.schema } } }),
    },
  }
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of new Set<ErrorCode>([...operation.errors, ...COMMON_ERRORS])) {
    const { status } = ERRORS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  for (const [status, group] of [...byStatus].sort(([a], [b]) => a - b)) {
    answers[status] = {
      description: group.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join('\n\n'),
      headers: X_CORRELATOR_HEADER,
      content: {
        'application/json': {
          schema: {
            allOf: [ErrorInfo, { type: 'object', properties: { status: { enum: [status] }, code: { enum: group } } }],
          },
        },
      },
    }
  }
  return answers
}

function parameters(operation: Operation): Json[] {
  const from = (place: 'path' | 'query', schema: Operation['params']): Json[] => {
    const { properties = {}, required = [] } = (schema ?? {}) as { properties?: Json; required?: string[] }
    return Object.entries(properties).map(([name, property]) => ({
      name,
      in: place,
      required: required.includes(name),
      schema: property,
    }))
  }
  const headers = Object.entries(operation.headers ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }))
  return [
    ...from('path', operation.params),
    ...from('query', operation.query),
    ...headers,
    { name: 'x-correlator', in: 'header', schema: XCorrelator },
  ]
}

export interface OpenApiOptions {
  /** Path under which this copy of the document is served. Default: the API's canonical one. */
  basePath?: string
  /** OpenAPI security schemes; `key` must be among them. Default: bearer keys and tokens, and `X-RapidAPI-Key`. */
  securitySchemes?: Json
}

const DEFAULT_SECURITY_SCHEMES: Json = {
  key: { type: 'http', scheme: 'bearer', description: 'An application key, or an OAuth 2.0 access token.' },
  rapidApiKey: { type: 'apiKey', in: 'header', name: 'X-RapidAPI-Key', description: "As Nokia's clients send it." },
}

/** The OpenAPI 3.0.3 document of an API. */
export function openApiDocument(
  api: Api,
  { basePath = api.basePaths[0], securitySchemes = DEFAULT_SECURITY_SCHEMES }: OpenApiOptions = {},
): Json {
  const paths: Record<string, Json> = {}
  for (const operation of api.operations) {
    paths[operation.path] ??= {}
    ;(paths[operation.path] as Json)[operation.method.toLowerCase()] = {
      operationId: operation.operationId,
      summary: operation.summary,
      tags: [operation.tag],
      ...(operation.scope && { description: `Scope: \`${operation.scope}\`.` }),
      ...(operation.extension && { 'x-rightofway-extension': true }),
      parameters: parameters(operation),
      ...(operation.body && {
        requestBody: { required: true, content: { 'application/json': { schema: operation.body } } },
      }),
      responses: responses(operation),
    }
  }
  const schemas: Json = {}
  const walked = extractComponents(paths, schemas)
  return {
    openapi: '3.0.3',
    info: {
      title: api.title,
      description: api.description,
      version: api.version,
      license: { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0.html' },
    },
    servers: [{ url: basePath }],
    security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
    paths: walked,
    components: { schemas, securitySchemes },
  }
}
