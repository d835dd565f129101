import { Validator } from '@seriousme/openapi-schema-validator'
import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { closed, described } from './common.js'
import { extractComponents, openApiDocument } from './openapi.js'
import { type Api, getQosProfile, qosProfiles, qualityOnDemand } from './operations.js'

const APIS: readonly (readonly [string, Api])[] = [
  ['quality-on-demand', qualityOnDemand],
  ['qos-profiles', qosProfiles],
]

type Json = Record<string, unknown>

/** Calls `visit` with every object in a document. */
function walk(value: unknown, visit: (object: Json) => void): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) visit(value as Json)
  for (const member of Object.values(value)) walk(member, visit)
}

describe.each(APIS)('the OpenAPI document of %s', (_name, api) => {
  const document = openApiDocument(api)

  it('is valid OpenAPI 3.0, and each of its references leads somewhere', async () => {
    const validator = new Validator()
    const result = await validator.validate(structuredClone(document))
    expect(result).toEqual({ valid: true })
    expect(validator.version).toBe('3.0')
  })

  it('names no component that nothing refers to', () => {
    const used = new Set<unknown>()
    walk(document, ({ $ref }) => used.add($ref))
    const { schemas } = document['components'] as { schemas: Json }
    expect(Object.keys(schemas).filter((name) => !used.has(`#/components/schemas/${name}`))).toEqual([])
  })

  it('closes every object that a request may hold [contract 2.1: unknown members]', () => {
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

  it('says under which path this copy is served', () => {
    const [, alias] = api.basePaths
    expect(document['servers']).toEqual([{ url: api.basePaths[0] }])
    expect(openApiDocument(api, { basePath: alias as string })['servers']).toEqual([{ url: alias }])
  })
})

describe('an API with an authorization server', () => {
  const openIdConnectUrl = '/oauth2/.well-known/openid-configuration'
  const document = openApiDocument({ ...qosProfiles, operations: [getQosProfile] }, { openIdConnectUrl })

  it('says where it is, and which scope each operation asks for, as CAMARA does', async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true })
    const { securitySchemes } = document['components'] as { securitySchemes: Json }
    expect(securitySchemes['openId']).toEqual({ type: 'openIdConnect', openIdConnectUrl })
    const { get } = (document['paths'] as Record<string, { get: { security: Json[] } }>)[getQosProfile.path] ?? {}
    expect(get?.security).toContainEqual({ openId: ['qos-profiles:read'] })
    expect(get?.security).toContainEqual({ key: [] })
  })
})

describe('an API whose callers need not say who they are', () => {
  const document = openApiDocument({ ...qosProfiles, operations: [getQosProfile] }, { securitySchemes: {} })

  it('asks for no security, and does not answer 401, 403 or 429', async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true })
    expect(document['security']).toEqual([])
    const { get } = (document['paths'] as Record<string, { get: { responses: Json } }>)[getQosProfile.path] ?? {}
    expect(Object.keys(get?.responses ?? {})).toEqual(['200', '400', '404', '405', '413', '415', '500', '503'])
  })
})

describe('a component', () => {
  const Port = Type.Integer({ title: 'Port', description: 'A port.' })

  it('keeps its own description; another one is said where it is used, whichever comes first', () => {
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
