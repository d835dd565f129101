// Validates every answer of a test run by CAMARA's OpenAPI files of r3.2 and r4.1. Deliberate differences are listed
// below, with their reasons.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import { parse } from 'yaml'
// By its path: for the reporter the package name resolves to the last build.
import { APIS } from '../../packages/camara/src/schemas/index.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const SPECS = process.env['QOD_SPECS'] ?? join(ROOT, '../shared/specs')

const RELEASES = { 'r3.2': 'camara-r3.2', 'r4.1': 'camara-r4.1/API_definitions' } as const

/** As record.mjs writes it. */
interface Answer {
  readonly method: string
  /** Of the route. */
  readonly url: string
  readonly status: number
  readonly type?: string
  readonly correlator?: string
  readonly body?: string
}

interface Document {
  readonly paths: Record<string, Record<string, { responses: Record<string, Response> }>>
  readonly components: { readonly responses: Record<string, Response> }
}
interface Response {
  readonly $ref?: string
  readonly content?: Record<string, { readonly schema: object }>
}

const NOT_LISTED = 'Legal everywhere, and listed nowhere (Commonalities).'
const OURS = 'Ours (contract 0).'
const NEWER = '/v1 serves the contract of 1.2.'

/** Codes that the official files do not list for an operation, and why we answer with them: of any operation ... */
const ANYWHERE: Readonly<Record<string, string>> = {
  METHOD_NOT_ALLOWED: NOT_LISTED,
  UNSUPPORTED_MEDIA_TYPE: NOT_LISTED,
  NOT_ACCEPTABLE: NOT_LISTED,
  INTERNAL: NOT_LISTED,
  BAD_GATEWAY: NOT_LISTED,
  UNAVAILABLE: NOT_LISTED,
  TIMEOUT: NOT_LISTED,
  REQUEST_TIMEOUT: OURS,
  PAYLOAD_TOO_LARGE: OURS,
  URI_TOO_LONG: OURS,
  EXPECTATION_FAILED: OURS,
  REQUEST_HEADER_FIELDS_TOO_LARGE: OURS,
  NOT_IMPLEMENTED: NOT_LISTED,
}
/** ... and of one. */
const OF_OPERATION: Readonly<Record<string, string>> = {
  'createSession IDEMPOTENCY_KEY_REUSED': OURS,
  'createSession INVALID_CREDENTIAL': 'On /v1 we answer with the code of 1.1 (contract 0).',
  'createSession PRIVATE_KEY_JWT_NOT_CONFIGURED': NEWER,
}

/** Deliberate violations of an official schema. */
const isOnPurpose = ({ instancePath, keyword, data }: ErrorObject): boolean =>
  // A sandbox delivers to plain http on its own machine.
  /(^|\/)sink$/.test(instancePath) && keyword === 'pattern' && String(data).startsWith('http://')

const addFormats = formats as unknown as typeof formats.default

const OPERATIONS = APIS.flatMap((api) =>
  api.operations.map((operation) => ({
    ...operation,
    api: api.name,
    key: `${operation.method} /${api.name} ${operation.path}`,
  })),
)
type Known = (typeof OPERATIONS)[number]

/** The official files of one release. */
class Release {
  readonly #ajv = addFormats(new Ajv({ strict: false, verbose: true, allErrors: true, logger: false }))
  readonly #documents = new Map<string, Document>()
  readonly #validators = new Map<string, ValidateFunction>()

  constructor(
    readonly name: keyof typeof RELEASES,
    folder: string,
  ) {
    for (const { name: api } of APIS) {
      const document = parse(readFileSync(join(folder, `${api}.yaml`), 'utf8')) as Document
      this.#documents.set(api, document)
      this.#ajv.addSchema({ ...document, $id: this.#id(api) })
    }
  }

  /** The errors of an answer. */
  problems(operation: Known, { status, body }: Answer): string[] {
    // The official files only specify sessions.
    if (operation.extension && operation.operationId !== 'listSessions' && status < 400) return []
    const value: unknown = body === undefined || body === '' ? undefined : JSON.parse(body)
    const { code } = Object(value) as { code?: string }
    const schema = this.#schemaOf(operation, status, code)
    if (schema === undefined) return [`${status} ${code ?? ''} is not documented`]
    if (schema === null) return value === undefined ? [] : ['a body where there is none']
    const validate = this.#compiled(schema)
    if (validate(value)) return []
    const wrong = (validate.errors ?? []).filter((error) => !isOnPurpose(error))
    // A deliberate difference also violates the alternatives around it.
    const excused = wrong.length < (validate.errors ?? []).length
    return wrong
      .filter(({ keyword }) => !(excused && ['oneOf', 'anyOf', 'allOf', 'if'].includes(keyword)))
      .map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`)
  }

  /** Reference to what an answer must be; null: it has no body; undefined: there is no such answer. */
  #schemaOf(
    { api, path, method, operationId, extension }: Known,
    status: number,
    code = '',
  ): string | null | undefined {
    const id = this.#id(api)
    const error = `${id}#/components/schemas/ErrorInfo`
    if (extension) return operationId === 'listSessions' && status < 400 ? this.#listOf(api) : error
    if (code in ANYWHERE || `${operationId} ${code}` in OF_OPERATION) return error
    const document = this.#documents.get(api)
    const at = ['paths', path, method.toLowerCase(), 'responses', String(status)]
    const response = document?.paths[path]?.[method.toLowerCase()]?.responses[status]
    if (response === undefined) return undefined
    const pointer =
      response.$ref === undefined
        ? `#/${at.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
        : response.$ref
    const resolved =
      response.$ref === undefined ? response : document?.components.responses[response.$ref.split('/').at(-1) ?? '']
    return resolved?.content?.['application/json'] === undefined
      ? null
      : `${id}${pointer}/content/application~1json/schema`
  }

  #listOf = (api: string): string => `${this.#id(api)}#/components/schemas/RetrieveSessionsOutput`

  #id = (api: string): string => `https://official/${this.name}/${api}`

  #compiled($ref: string): ValidateFunction {
    let validate = this.#validators.get($ref)
    if (validate === undefined) {
      validate = this.#ajv.compile({ $ref })
      this.#validators.set($ref, validate)
    }
    return validate
  }
}

export interface Report {
  /** The reason why nothing was checked. */
  readonly skipped?: string
  readonly checked: number
  /** The errors, each kind once. */
  readonly problems: readonly string[]
}

const CORRELATOR = /^[a-zA-Z0-9\-_:;./<>{}]{0,256}$/

export class Answers {
  readonly #folder = mkdtempSync(join(tmpdir(), 'rightofway-answers-'))

  /** From now on processes that load record.mjs record their answers for this run. */
  constructor() {
    process.env['RIGHTOFWAY_TEST_ANSWERS'] = this.#folder
  }

  report(): Report {
    try {
      if (!existsSync(SPECS))
        return { skipped: `no folder ${SPECS} (QOD_SPECS names another)`, checked: 0, problems: [] }
      return this.#check()
    } finally {
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }

  #check(): Report {
    const releases = Object.entries(RELEASES).map(
      ([name, folder]) => new Release(name as keyof typeof RELEASES, join(SPECS, folder)),
    )
    const problems = new Map<string, { count: number; first: Answer }>()
    let checked = 0
    for (const answer of this.#read()) {
      const operation = operationOf(answer)
      if (operation === undefined) continue
      checked++
      const found = [
        ...headerProblems(answer),
        ...releases.flatMap((release) =>
          release.problems(operation, answer).map((problem) => `${release.name}: ${problem}`),
        ),
      ]
      for (const problem of found) {
        const kind = `${operation.operationId} ${answer.status}: ${problem}`
        const known = problems.get(kind)
        if (known === undefined) problems.set(kind, { count: 1, first: answer })
        else known.count++
      }
    }
    return {
      checked,
      problems: [...problems].map(
        ([kind, { count, first }]) =>
          `${kind} (${count} times; first: ${first.method} ${first.url} ${first.body?.slice(0, 300) ?? 'no body'})`,
      ),
    }
  }

  *#read(): Generator<Answer> {
    for (const file of readdirSync(this.#folder)) {
      for (const line of readFileSync(join(this.#folder, file), 'utf8').split('\n')) {
        // Cut off where a process was killed.
        if (line.endsWith('}')) yield JSON.parse(line) as Answer
      }
    }
  }
}

/** The operation of a route. A method that its path does not have is an answer of the first operation that it does. */
function operationOf({ method, url }: Answer): Known | undefined {
  const [, api = '', , ...rest] = url.split('/')
  const path = `/${rest.join('/')}`.replaceAll(/:(\w+)/g, '{$1}')
  const ofPath = OPERATIONS.filter((operation) => operation.api === api && operation.path === path)
  return ofPath.find((operation) => operation.method === method) ?? ofPath[0]
}

function headerProblems({ status, type, correlator, body }: Answer): string[] {
  const problems: string[] = []
  if (correlator === undefined || !CORRELATOR.test(correlator)) problems.push('no x-correlator that can be one')
  const hasBody = body !== undefined && body !== ''
  if (hasBody && type !== 'application/json; charset=utf-8') problems.push(`a body of type ${type ?? 'none'}`)
  if (status === 204 && (hasBody || type !== undefined)) problems.push('a body, or a type of one')
  return problems
}
