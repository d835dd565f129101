// An OpenAPI 3.0.3 document from an Api: the schemas as they are, those with a `title` moved into `components`.

import type { TSchema } from 'typebox'
import { ERRORS, type ErrorCode } from '../errors.js'
import { EVENT_MEDIA_TYPE } from '../events.js'
import { ErrorInfo, OWN_DESCRIPTION, XCorrelator } from './common.js'
import type { Api, Operation } from './operations.js'

type Json = { [key: string]: unknown }

/** Codes that any operation can answer with. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  // A bad x-correlator.
  'INVALID_ARGUMENT',
  'METHOD_NOT_ALLOWED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INTERNAL',
  'UNAVAILABLE',
]

/** Codes that any operation can answer with where callers authenticate. */
export const CALLER_ERRORS: readonly ErrorCode[] = ['UNAUTHENTICATED', 'PERMISSION_DENIED', 'TOO_MANY_REQUESTS']

/** Codes that the server answers with before it has found an operation. */
export const CONNECTION_ERRORS: readonly ErrorCode[] = [
  'REQUEST_TIMEOUT',
  'URI_TOO_LONG',
  'EXPECTATION_FAILED',
  'REQUEST_HEADER_FIELDS_TOO_LARGE',
  'NOT_IMPLEMENTED',
]

/** Headers of refusals, by status. */
const OWN_HEADERS: Readonly<Record<number, Json>> = {
  401: {
    'WWW-Authenticate': {
      description: 'The authentication schemes to use (RFC 9110 section 11.6.1).',
      schema: { type: 'string' },
    },
  },
  405: { Allow: { description: 'The methods of the path (RFC 9110 section 10.2.1).', schema: { type: 'string' } } },
  429: { 'Retry-After': { description: 'Seconds, if known.', schema: { type: 'string' } } },
  503: { 'Retry-After': { description: 'Seconds, if known.', schema: { type: 'string' } } },
}

const X_CORRELATOR_HEADER = { 'x-correlator': { schema: XCorrelator } }

/**
 * Copies a schema, or a value that contains schemas; each one with a `title` goes to `components` under that title, and
 * is replaced by a reference to `base` and the title. A description that differs from the component's own is put beside
 * the reference, in the only way that OpenAPI 3.0 has for it.
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
  const own = OWN_DESCRIPTION in schema ? schema[OWN_DESCRIPTION] : description
  const component = own === undefined ? bare : { ...bare, description: own }
  const known = components[title]
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(component)) {
    throw new Error(`two schemas are named ${title}`)
  }
  components[title] = component
  const reference = { $ref: `${base}${title}` }
  return description === own ? reference : { description, allOf: [reference] }
}

/** The description of a header stands beside its schema. */
const headersOf = (headers: Operation['headers'] = {}): Record<string, { description: unknown; schema: unknown }> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, schema]) => {
      const { description, ...bare } = schema as Json
      return [name, { description, schema: bare }]
    }),
  )

function responses(operation: Operation, common: readonly ErrorCode[]): Json {
  const { success, otherwise } = operation
  const answers: Json = {
    ...(otherwise && {
      [otherwise.status]: {
        description: otherwise.description,
        headers: X_CORRELATOR_HEADER,
        ...(otherwise.schema && { content: { 'application/json': { schema: otherwise.schema } } }),
      },
    }),
    [success.status]: {
      description: success.description,
      headers: { ...X_CORRELATOR_HEADER, ...headersOf(success.headers) },
      ...(success.schema && { content: { [success.mediaType ?? 'application/json']: { schema: success.schema } } }),
    },
  }
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of new Set<ErrorCode>([...operation.errors, ...common])) {
    const { status } = ERRORS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  for (const [status, group] of [...byStatus].sort(([a], [b]) => a - b)) {
    answers[status] = {
      description: group.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join('\n\n'),
      headers: { ...X_CORRELATOR_HEADER, ...OWN_HEADERS[status] },
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

/** The endpoint of a receiver of events (OpenAPI callback object). */
const callbacks = (event: TSchema): Json => ({
  events: {
    '{$request.body#/sink}': {
      post: {
        summary: 'An event; delivered at least once and in order, with the same id in every attempt',
        parameters: [{ name: 'x-correlator', in: 'header', schema: XCorrelator }],
        requestBody: { required: true, content: { [EVENT_MEDIA_TYPE]: { schema: event } } },
        responses: {
          '204': { description: 'Accepted, as is any other 2xx.' },
          '410': { description: 'No more events of this resource.' },
        },
        security: [{}],
      },
    },
  },
})

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
  const headers = Object.entries(headersOf(operation.headers)).map(([name, header]) => ({
    name,
    in: 'header',
    ...header,
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
  /** OpenAPI security schemes; none where callers need no authentication. Default: keys and tokens. */
  securitySchemes?: Json
  /** Metadata URL of the authorization server, if the API has one. */
  openIdConnectUrl?: string | undefined
  /** Prefix that a proxy adds to the path. Default: none. */
  publicPath?: string
}

const DEFAULT_SECURITY_SCHEMES: Json = {
  key: { type: 'http', scheme: 'bearer', description: 'An application key, or an OAuth 2.0 access token.' },
  rapidApiKey: { type: 'apiKey', in: 'header', name: 'X-RapidAPI-Key', description: "As Nokia's clients send it." },
}

/** The OpenAPI 3.0.3 document of an API. */
export function openApiDocument(
  api: Api,
  { basePath = api.basePaths[0], publicPath = '', openIdConnectUrl, ...options }: OpenApiOptions = {},
): Json {
  const openId = openIdConnectUrl === undefined ? {} : { openId: { type: 'openIdConnect', openIdConnectUrl } }
  const securitySchemes = { ...(options.securitySchemes ?? DEFAULT_SECURITY_SCHEMES), ...openId }
  const names = Object.keys(securitySchemes)
  const security = (scope?: string) =>
    names.map((name) => ({ [name]: name === 'openId' && scope !== undefined ? [scope] : [] }))
  const common = [...(names.length === 0 ? [] : CALLER_ERRORS), ...COMMON_ERRORS, ...CONNECTION_ERRORS]
  const paths: Record<string, Json> = {}
  for (const operation of api.operations) {
    paths[operation.path] ??= {}
    ;(paths[operation.path] as Json)[operation.method.toLowerCase()] = {
      operationId: operation.operationId,
      summary: operation.summary,
      tags: [operation.tag],
      ...(operation.scope && { description: `Scope: \`${operation.scope}\`.` }),
      ...(operation.scope && openIdConnectUrl !== undefined && { security: security(operation.scope) }),
      ...(operation.open && { security: [] }),
      ...(operation.role && { description: `Role: \`${operation.role}\`.` }),
      ...(operation.extension && { 'x-rightofway-extension': true }),
      parameters: parameters(operation),
      ...(operation.body && {
        requestBody: { required: true, content: { 'application/json': { schema: operation.body } } },
      }),
      responses: responses(operation, common),
      ...(operation.event && { callbacks: callbacks(operation.event) }),
    }
  }
  const schemas: Json = {}
  const walked = extractComponents(paths, schemas)
  return {
    openapi: '3.0.3',
    info: {
      title: api.title,
      description: api.description,
      version: typeof api.version === 'string' ? api.version : api.version[basePath],
      license: { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0.html' },
    },
    servers: [{ url: publicPath + basePath }],
    security: security(),
    paths: walked,
    components: { schemas, securitySchemes },
  }
}
