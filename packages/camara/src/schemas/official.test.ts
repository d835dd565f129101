// Compares our contract with CAMARA's OpenAPI files, where these are present: every member, bound and code. Deliberate
// differences are listed below with their reasons. A difference that is not listed fails, and so does a listed one that
// no longer exists.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Document, differing, Facts, nameOf, type Operation, type Schema } from './facts.fixture.js'
import { openApiDocument } from './openapi.js'
import { APIS } from './operations.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const FOLDER = join(process.env['QOD_SPECS'] ?? join(ROOT, '../shared/specs'), 'camara-r4.1/API_definitions')

const NAI = 'An empty name names nobody, and one with control characters is none of RFC 7542.'
const IPV4 = 'Says the same: publicAddress, and one of the other two.'
const TAGGED = 'Each variant says its own tag, so that one that contradicts itself is no variant at all.'
const NO_JWKS = 'jwksUri is read-only: no request may hold it, and we answer with no credential.'
const NO_CREDENTIAL = 'We never show a credential again (contract 2.1).'
const HTTP_SINK = 'A sandbox delivers to plain http on its own machine; everywhere else such a sink is INVALID_SINK.'
const WHOLE = 'Half a quantity is none.'
const CLOUD_EVENT = 'Ours alone, and all that we ever send: closed, complete, with the one event type there is.'

const HEADER = 'A token that no header can carry would fail at every delivery (RFC 6750 section 2.1).'

/** For every API with events to a sink. */
const OF_SINKS: Readonly<Record<string, string>> = {
  'AccessTokenCredential.accessToken minLength': HEADER,
  'AccessTokenCredential.accessToken pattern': HEADER,
  'AccessTokenCredential.credentialType enum': TAGGED,
  'PrivateKeyJWTCredential.credentialType enum': TAGGED,
  'SinkCredential members': TAGGED,
  'SinkCredential.credentialType enum': TAGGED,
  'SinkCredential.credentialType type': TAGGED,
  'PrivateKeyJWTCredential members': NO_JWKS,
  'PrivateKeyJWTCredential.jwksUri format': NO_JWKS,
  'PrivateKeyJWTCredential.jwksUri maxLength': NO_JWKS,
  'PrivateKeyJWTCredential.jwksUri pattern': NO_JWKS,
  'PrivateKeyJWTCredential.jwksUri readOnly': NO_JWKS,
  'PrivateKeyJWTCredential.jwksUri type': NO_JWKS,
}

/** Facts that differ, with reasons. */
const ON_PURPOSE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'quality-on-demand': {
    ...OF_SINKS,
    'SessionInfo members': NO_CREDENTIAL,
    'SessionInfo.sinkCredential': NO_CREDENTIAL,
    'CreateSession.sink pattern': HTTP_SINK,
    'SessionInfo.sink pattern': HTTP_SINK,
    'DeviceIpv4Address anyOf': IPV4,
    'DeviceIpv4Address required': IPV4,
    'NetworkAccessIdentifier minLength': NAI,
    'NetworkAccessIdentifier pattern': NAI,
    'RetrieveSessionsOutput minItems': 'No list has fewer items than none.',
    'EventQosStatusChanged required': CLOUD_EVENT,
    'EventQosStatusChanged.id minLength': CLOUD_EVENT,
  },
  'qos-profiles': {
    'DeviceIpv4Address anyOf': IPV4,
    'DeviceIpv4Address required': IPV4,
    'NetworkAccessIdentifier minLength': NAI,
    'NetworkAccessIdentifier pattern': NAI,
    'Rate required': WHOLE,
    'Duration required': WHOLE,
  },
  'qos-provisioning': {
    ...OF_SINKS,
    'AssignmentInfo members': NO_CREDENTIAL,
    'AssignmentInfo.sinkCredential': NO_CREDENTIAL,
    'AssignmentInfo.device': 'Theirs says both, a Device and a DeviceResponse: ours is what is both.',
    'AssignmentInfo.sink pattern': HTTP_SINK,
    'CreateAssignment.sink pattern': HTTP_SINK,
    'DeviceIpv4Address anyOf': IPV4,
    'DeviceIpv4Address required': IPV4,
    'NetworkAccessIdentifier minLength': NAI,
    'NetworkAccessIdentifier pattern': NAI,
    'EventStatusChanged required': CLOUD_EVENT,
    'EventStatusChanged.id minLength': CLOUD_EVENT,
  },
}

const IN_BOUNDS = 'A value outside the bounds of its schema is INVALID_ARGUMENT (contract 0: port 0).'
const NO_QUOTA = 'Reading, extending and deleting use up no quota.'
const EMPTY_LIST = 'No session or profile is an empty list (contract 2.4, 2.8).'

/** Documented codes that the operation never answers with. */
const NEVER_ANSWERED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'quality-on-demand': {
    'post /sessions: 400 OUT_OF_RANGE': IN_BOUNDS,
    'get /sessions/{sessionId}: 429 QUOTA_EXCEEDED': NO_QUOTA,
    'delete /sessions/{sessionId}: 429 QUOTA_EXCEEDED': NO_QUOTA,
    'post /sessions/{sessionId}/extend: 400 OUT_OF_RANGE': IN_BOUNDS,
    'post /sessions/{sessionId}/extend: 400 QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE': 'It is capped (contract 2.3).',
    'post /sessions/{sessionId}/extend: 429 QUOTA_EXCEEDED': NO_QUOTA,
    'post /retrieve-sessions: 400 OUT_OF_RANGE': IN_BOUNDS,
    'post /retrieve-sessions: 404 NOT_FOUND': EMPTY_LIST,
    'post /retrieve-sessions: 429 QUOTA_EXCEEDED': NO_QUOTA,
  },
  'qos-profiles': {
    'get /qos-profiles/{name}: 400 OUT_OF_RANGE': IN_BOUNDS,
    'get /qos-profiles/{name}: 429 QUOTA_EXCEEDED': NO_QUOTA,
    'post /retrieve-qos-profiles: 400 OUT_OF_RANGE': IN_BOUNDS,
    'post /retrieve-qos-profiles: 404 NOT_FOUND': EMPTY_LIST,
    'post /retrieve-qos-profiles: 429 QUOTA_EXCEEDED': NO_QUOTA,
  },
  'qos-provisioning': {
    'post /qos-assignments: 400 OUT_OF_RANGE': IN_BOUNDS,
    'get /qos-assignments/{assignmentId}: 400 OUT_OF_RANGE': IN_BOUNDS,
    'get /qos-assignments/{assignmentId}: 429 QUOTA_EXCEEDED': NO_QUOTA,
    'delete /qos-assignments/{assignmentId}: 400 OUT_OF_RANGE': IN_BOUNDS,
    'delete /qos-assignments/{assignmentId}: 429 QUOTA_EXCEEDED': NO_QUOTA,
    'post /retrieve-qos-assignment: 400 OUT_OF_RANGE': IN_BOUNDS,
    'post /retrieve-qos-assignment: 429 QUOTA_EXCEEDED': NO_QUOTA,
  },
}

/** operationIds that CAMARA itself has renamed since r4.1. */
const RENAMED: Readonly<Record<string, string>> = { retrieveQoSProfiles: 'retrieveQosProfiles' }

const operationsOf = (document: Document) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ at: `${method} ${path}`, operation })),
  )

const jsonOf = (operation: Operation, status: string): Schema | undefined =>
  operation.responses[status]?.content?.['application/json']?.schema

const success = (operation: Operation): string =>
  Object.keys(operation.responses).find((status) => status < '300') ?? ''

/** Codes by status. */
function codesOf(document: Document, { responses }: Operation): Record<string, string[]> {
  const codes: Record<string, string[]> = {}
  for (const [status, response] of Object.entries(responses)) {
    if (status < '400') continue
    const { $ref } = response
    const { content } = $ref === undefined ? response : (document.components.responses?.[nameOf($ref)] ?? {})
    const parts = content?.['application/json']?.schema.allOf ?? []
    codes[status] = parts.flatMap(({ properties }) => (properties?.['code']?.enum ?? []) as string[])
  }
  return codes
}

describe.skipIf(!existsSync(FOLDER)).each(APIS.map((api) => [api.name, api] as const))(
  '%s and its official file [QOD_SPECS names the folder that has camara-r4.1]',
  (name, api) => {
    const official = () => parse(readFileSync(join(FOLDER, `${name}.yaml`), 'utf8')) as Document
    const ours = openApiDocument(api) as unknown as Document

    it('have the same constraints in every common schema, except for deliberate differences', () => {
      const theirs = official()
      const names = Object.keys(theirs.components.schemas).filter((schema) => schema in ours.components.schemas)
      expect(names.length).toBeGreaterThan(10)
      const factsOf = (document: Document) => {
        const facts = new Facts(document, new Set(names))
        for (const schema of names) facts.of(document.components.schemas[schema] as Schema, schema)
        return facts
      }
      expect(differing(factsOf(ours), factsOf(theirs))).toEqual(Object.keys(ON_PURPOSE[name] ?? {}).sort())
    })

    it('have the same operations, with the same parameters, bodies, answers and scopes', () => {
      const theirs = official()
      const known = new Set(
        Object.keys(ours.components.schemas).filter((schema) => schema in theirs.components.schemas),
      )
      for (const { at, operation } of operationsOf(theirs)) {
        const mine = operationsOf(ours).find((candidate) => candidate.at === at)?.operation as Operation
        expect(mine?.operationId, at).toBe(RENAMED[operation.operationId] ?? operation.operationId)

        const shapeOf = (document: Document, { parameters = [], requestBody, ...rest }: Operation) => {
          const facts = new Facts(document, known)
          for (const given of parameters) {
            const parameter = given.$ref === undefined ? given : document.components.parameters?.[nameOf(given.$ref)]
            if (parameter === undefined || OUR_HEADERS.has(parameter.name)) continue
            facts.of(parameter.schema, `${parameter.in} ${parameter.name}${parameter.required ? ' (required)' : ''}`)
          }
          const body = requestBody?.content?.['application/json']?.schema
          if (body) facts.of(body, `body${requestBody?.required ? ' (required)' : ''}`)
          const status = success({ ...rest })
          const answer = jsonOf(rest, status)
          if (answer) facts.of(answer, `answer ${status}`)
          else facts.said[`answer ${status}`] = 'nothing'
          return facts
        }
        expect(shapeOf(ours, mine).said, at).toEqual(shapeOf(theirs, operation).said)

        const [scope] = operation.security?.flatMap(({ openId }) => openId ?? []) ?? []
        expect(api.operations.find(({ operationId }) => operationId === mine.operationId)?.scope, at).toBe(scope)
      }
    })

    it('list every code of the official file, except for those that cannot occur', () => {
      const theirs = official()
      const unsaid: string[] = []
      for (const { at, operation } of operationsOf(theirs)) {
        const known = codesOf(ours, operationsOf(ours).find((mine) => mine.at === at)?.operation as Operation)
        for (const [status, codes] of Object.entries(codesOf(theirs, operation))) {
          for (const code of codes) if (!known[status]?.includes(code)) unsaid.push(`${at}: ${status} ${code}`)
        }
      }
      expect(unsaid.sort()).toEqual(Object.keys(NEVER_ANSWERED[name] ?? {}).sort())
    })

    it('mark operations that CAMARA does not have as extensions', () => {
      const theirs = operationsOf(official()).map(({ at }) => at)
      for (const { method, path, extension = false } of api.operations) {
        expect(extension, path).toBe(!theirs.includes(`${method.toLowerCase()} ${path}`))
      }
    })
  },
)

const OUR_HEADERS = new Set(['Idempotency-Key', 'Prefer', 'Last-Event-ID'])
