import { Validator } from '@seriousme/openapi-schema-validator'
import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { closed, described } from './common.js'
import { extractComponents, openApiDocument } from './openapi.js'
import { APIS, getQosProfile, qosProfiles, qualityOnDemand } from './operations.js'

type Json = Record<string, unknown>

/** Calls `visit` with every object in a document. */
function walk(value: unknown, visit: (object: Json) => void): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) visit(value as Json)
  for (const member of Object.values(value)) walk(member, visit)
}

describe.each(APIS.map((api) => [api.name, api] as const))('the OpenAPI document of %s', (_name, api) => {
  const document = openApiDocument(api)

  it('is valid OpenAPI 3.0, and each of its references resolves', async () => {
    const validator = new Validator()
    const result = await validator.validate(structuredClone(document))
    expect(result).toEqual({ valid: true })
    expect(validator.version).toBe('3.0')
  })

  it('has no component without a reference to it', () => {
    const used = new Set<unknown>()
    walk(document, ({ $ref }) => used.add($ref))
    const { schemas } = document['components'] as { schemas: Json }
    expect(Object.keys(schemas).filter((name) => !used.has(`#/components/schemas/${name}`))).toEqual([])
  })

  it('closes every object of a request [contract 2.1: unknown members]', () => {
    const open: Json[] = []
    for (const { body, params, query } of api.operations) {
      walk([body, params, query], (object) => {
        if (object['type'] === 'object' && object['properties'] && object['additionalProperties'] !== false) {
          open.push(object)
        }
      })
    }
    expect(open).toEqual([])
  })

  it('shows every operation with its scope, its success, its errors and the correlator', () => {
    const paths = document['paths'] as Record<string, Record<string, Json>>
    for (const { operationId, path, method, scope, success, errors } of api.operations) {
      const shown = paths[path]?.[method.toLowerCase()] as Json
      expect(shown).toMatchObject({ operationId, description: expect.stringContaining(scope as string) as string })
      expect(shown['parameters']).toContainEqual({
        name: 'x-correlator',
        in: 'header',
        schema: { $ref: '#/components/schemas/XCorrelator' },
      })
      const responses = shown['responses'] as Record<string, { headers: Json; description: string }>
      expect(Object.keys(responses)).toContain(String(success.status))
      for (const { headers } of Object.values(responses)) expect(headers).toHaveProperty('x-correlator')
      const told = Object.values(responses).map(({ description }) => description)
      for (const code of errors) expect(told.join('\n')).toContain(`\`${code}\`: `)
    }
  })

  it('names every refusal of the server itself, and the headers of each answer', () => {
    for (const path of Object.values(document['paths'] as Record<string, Record<string, Json>>)) {
      for (const { responses } of Object.values(path)) {
        expect(Object.keys(responses as Json)).toEqual(
          expect.arrayContaining(['400', '405', '408', '413', '414', '415', '417', '431', '500', '501', '503']),
        )
        for (const [status, header] of [
          ['401', 'WWW-Authenticate'],
          ['405', 'Allow'],
          ['429', 'Retry-After'],
          ['503', 'Retry-After'],
        ])
          expect(responses).toHaveProperty([status as string, 'headers', header as string])
      }
    }
  })

  it('has the path of this copy, and its version', () => {
    const versions = api.basePaths.map((basePath) => openApiDocument(api, { basePath })['info'] as Json)
    expect(versions.map(({ version }) => version)).toEqual(
      api.name === 'qos-provisioning' ? ['0.4.0', '0.3.0', '0.4.0-rc.1', 'wip'] : ['1.2.0', '1.2.0-rc.3', 'wip'],
    )
    const [, alias] = api.basePaths
    expect(document['servers']).toEqual([{ url: api.basePaths[0] }])
    expect(openApiDocument(api, { basePath: alias as string })['servers']).toEqual([{ url: alias }])
  })
})

it('bounds the headers of a request, and describes those of an answer', () => {
  const paths = openApiDocument(qualityOnDemand)['paths'] as Record<string, Record<string, Json>>
  const shown = (method: string, path: string) => paths[path]?.[method] as { parameters: Json[]; responses: Json }
  expect(shown('post', '/sessions')).toMatchObject({
    parameters: expect.arrayContaining([
      {
        name: 'Idempotency-Key',
        in: 'header',
        description: expect.any(String) as string,
        schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]{1,255}$' },
      },
    ]) as Json[],
    responses: { 201: { headers: { Warning: {}, 'Preference-Applied': {} } } },
  })
  expect(shown('post', '/sessions/{sessionId}/extend').responses).toMatchObject({ 200: { headers: { Warning: {} } } })
  expect(shown('get', '/sessions').responses).toMatchObject({ 200: { headers: { Link: {} } } })
  expect(shown('get', '/sessions/{sessionId}/events').responses).toHaveProperty('204')
})

describe('an API with an authorization server', () => {
  const openIdConnectUrl = '/oauth2/.well-known/openid-configuration'
  const document = openApiDocument({ ...qosProfiles, operations: [getQosProfile] }, { openIdConnectUrl })

  it('documents its URL, and the scope of each operation, as CAMARA does', async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true })
    const { securitySchemes } = document['components'] as { securitySchemes: Json }
    expect(securitySchemes['openId']).toEqual({ type: 'openIdConnect', openIdConnectUrl })
    const { get } = (document['paths'] as Record<string, { get: { security: Json[] } }>)[getQosProfile.path] ?? {}
    expect(get?.security).toContainEqual({ openId: ['qos-profiles:read'] })
    expect(get?.security).toContainEqual({ key: [] })
  })
})

describe('an API without authentication', () => {
  const document = openApiDocument({ ...qosProfiles, operations: [getQosProfile] }, { securitySchemes: {} })

  it('has no security, and does not answer 401, 403 or 429', async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true })
    expect(document['security']).toEqual([])
    const { get } = (document['paths'] as Record<string, { get: { responses: Json } }>)[getQosProfile.path] ?? {}
    const statuses = Object.keys(get?.responses ?? {})
    expect(statuses.filter((status) => ['401', '403', '429'].includes(status))).toEqual([])
    expect(statuses).toEqual(expect.arrayContaining(['200', '400', '404', '405', '413', '415', '500', '503']))
  })
})

describe('a component', () => {
  const Port = Type.Integer({ title: 'Port', description: 'A port.' })

  it('keeps its own description; another one is added where it is used, in any order', () => {
    for (const order of [
      ['to', 'from'],
      ['from', 'to'],
    ] as const) {
      const properties = { from: described(Port, 'The first.'), to: Port }
      const components = {}
      const walked = extractComponents(
        closed(Object.fromEntries(order.map((name) => [name, properties[name]]))),
        components,
      )
      expect(components).toEqual({ Port: { type: 'integer', description: 'A port.' } })
      expect(walked).toMatchObject({
        properties: {
          from: { description: 'The first.', allOf: [{ $ref: '#/components/schemas/Port' }] },
          to: { $ref: '#/components/schemas/Port' },
        },
      })
    }
  })

  it('is the only one of its name', () => {
    const Other = Type.Integer({ title: 'Port', description: 'A harbour.' })
    expect(() => extractComponents([Port, Other], {})).toThrow('two schemas are named Port')
  })
})
