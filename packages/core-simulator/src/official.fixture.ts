// 3GPP's OpenAPI files, if they are present: their schemas of requests, answers and callbacks.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import { parseDocument } from 'yaml'
import type { Exchange } from './index.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SPECS = process.env['QOD_SPECS'] ?? join(ROOT, '../shared/specs')
const RELEASE_17 = join(SPECS, '3gpp')
const RELEASE_18 = join(SPECS, '3gpp-rel18')

/** Why the tests that need them are skipped; undefined: they are present. */
export const missing = [RELEASE_17, RELEASE_18].every((folder) => existsSync(folder))
  ? undefined
  : `no 3GPP files in ${SPECS} (QOD_SPECS names another folder)`

const addFormats = formats as unknown as typeof formats.default

interface Ref {
  readonly $ref?: string
}
interface Media {
  readonly schema: Ref
}
interface Body extends Ref {
  readonly content?: Readonly<Record<string, Media>>
}
interface OpenApiOperation {
  readonly requestBody?: Body
  readonly responses: Readonly<Record<string, Body>>
  readonly callbacks?: Readonly<Record<string, Readonly<Record<string, { readonly post: OpenApiOperation }>>>>
}
interface Document {
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
}

const FILES = {
  pcf: 'TS29514_Npcf_PolicyAuthorization.yaml',
  bsf: 'TS29521_Nbsf_Management.yaml',
  nef: 'TS29122_AsSessionWithQoS.yaml',
  'ue-address': 'TS29522_UEAddress.yaml',
} as const
export type OfficialDoor = keyof typeof FILES

/** The files of one release; files that Release 17 lacks are taken from Release 18. */
export class Official {
  readonly #ajv = addFormats(new Ajv({ strict: false, unicodeRegExp: false, allErrors: true }))
  readonly #folders: readonly string[]
  readonly #documents = new Map<string, Document>()
  readonly #validators = new WeakMap<object, ValidateFunction>()

  constructor(release: 17 | 18) {
    this.#folders = release === 17 ? [RELEASE_17, RELEASE_18] : [RELEASE_18]
  }

  /** A file, read when it is first needed: the files refer to half of 3GPP. */
  #document(name: string): Document {
    const known = this.#documents.get(name)
    if (known !== undefined) return known
    const file = this.#folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
    if (file === undefined) throw new Error(`there is no ${name} in ${this.#folders.join(' and ')}`)
    const text = readFileSync(file, 'utf8')
    // Some of the files break quoted text in a way that YAML forbids and every parser accepts.
    const document = withoutBareNullable(parseDocument(text, { strict: false, logLevel: 'silent' }).toJS()) as Document
    this.#documents.set(name, document)
    this.#ajv.addSchema(document, name)
    return document
  }

  /** The violations of a request body; undefined: none. */
  request(door: OfficialDoor, method: string, path: string, body: unknown): string | undefined {
    return this.#judge(FILES[door], this.#operation(door, method, path).requestBody, body)
  }

  /** The violations of an answer; undefined: none. */
  answer(door: OfficialDoor, method: string, path: string, status: number, body: unknown): string | undefined {
    const { responses } = this.#operation(door, method, path)
    const listed = responses[status]
    if (listed !== undefined) return this.#judge(FILES[door], listed, body)
    // `default` stands for every error, and often has no schema of its body.
    const problem = this.#schema('TS29571_CommonData.yaml', 'ProblemDetails', body)
    return 'default' in responses && status >= 400 ? problem : `${status} is not listed for ${method} ${path}`
  }

  /** The violations of a callback; undefined: none. It must be valid for one of the file's callbacks. */
  callback(door: OfficialDoor, url: string, body: unknown): string | undefined {
    const operations = Object.values(this.#document(FILES[door]).paths).flatMap((path) => Object.values(path))
    const byExpression = operations.flatMap(({ callbacks = {} }) => Object.values(callbacks)).flatMap(Object.entries)
    const verdicts = byExpression
      .filter(([expression]) => url.endsWith(expression.slice(expression.lastIndexOf('}') + 1)))
      .map(([, { post }]) => this.#judge(FILES[door], (post as OpenApiOperation).requestBody, body))
    if (verdicts.length === 0) return `no callback ends like ${url}`
    return verdicts.includes(undefined) ? undefined : verdicts[0]
  }

  /** The violations of a test notification; undefined: none. */
  test(body: unknown): string | undefined {
    return this.#schema('TS29122_CommonData.yaml', 'TestNotification', body)
  }

  #schema(file: string, name: string, value: unknown): string | undefined {
    return this.#validate(file, this.#at(file, `/components/schemas/${name}`) as object, value)
  }

  #operation(door: OfficialDoor, method: string, path: string): OpenApiOperation {
    const { paths, servers } = this.#document(FILES[door])
    const root = (servers[0]?.url ?? '').replace('{apiRoot}', '')
    for (const [template, operations] of Object.entries(paths)) {
      const operation = operations[method.toLowerCase()]
      const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`)
      if (operation !== undefined && path.startsWith(root) && pattern.test(path.slice(root.length))) return operation
    }
    throw new Error(`${FILES[door]} has no ${method} ${path}`)
  }

  #judge(file: string, described: Body | undefined, body: unknown): string | undefined {
    if (described?.$ref !== undefined) {
      const [named = '', fragment = ''] = described.$ref.split('#')
      return this.#judge(named || file, this.#at(named || file, fragment) as Body, body)
    }
    const [media] = Object.values(described?.content ?? {})
    if (body === undefined) return undefined
    return media === undefined ? 'there must be no body' : this.#validate(file, media.schema, body)
  }

  #at(file: string, fragment: string): unknown {
    const parts = fragment.split('/').slice(1)
    return parts.reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], this.#document(file))
  }

  #compile(schema: object): ValidateFunction {
    try {
      return this.#ajv.compile(schema)
    } catch (error) {
      if (!(error instanceof Ajv.MissingRefError) || this.#documents.has(error.missingSchema)) throw error
      this.#document(error.missingSchema)
      return this.#compile(schema)
    }
  }

  #validate(file: string, schema: object, body: unknown): string | undefined {
    let validate = this.#validators.get(schema)
    if (validate === undefined) {
      validate = this.#compile(rebased(schema, file) as object)
      this.#validators.set(schema, validate)
    }
    return validate(body) ? undefined : this.#ajv.errorsText(validate.errors)
  }
}

/** A schema whose references include their file. */
function rebased(value: unknown, file: string): unknown {
  if (Array.isArray(value)) return value.map((item) => rebased(item, file))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === '$ref' && String(member).startsWith('#') ? file + String(member) : rebased(member, file),
    ]),
  )
}

/** OpenAPI 3.0 allows `nullable` beside `$ref` and `anyOf`, where it has no effect and Ajv requires a type. */
function withoutBareNullable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBareNullable)
  if (typeof value !== 'object' || value === null) return value
  const { nullable, ...members } = value as Record<string, unknown>
  const rest = Object.fromEntries(Object.entries(members).map(([name, member]) => [name, withoutBareNullable(member)]))
  return nullable === true && typeof rest['type'] === 'string' ? { ...rest, nullable } : rest
}

/** A test notification is described in text, and is no callback of the files (TS 29.122 section 5.2.5.3). */
const isTest = (body: unknown) => 'subscription' in (body as object)

/** All violations in the messages of a core. */
export function complaints(official: Official, exchanges: readonly Exchange[]): string[] {
  return exchanges.flatMap(({ kind, door, method, url, body, status, answer }) => {
    // There is no file for the NRF.
    if (door === 'token' || door === 'nrf' || door === 'unknown') return []
    const path = url.split('?')[0] as string
    const about = `${method} ${url}`
    const problems =
      kind === 'notification'
        ? [isTest(body) ? official.test(body) : official.callback(door, url, body)]
        : [
            // A request that was carried out must have been valid.
            status !== undefined && status < 300 && body !== undefined && official.request(door, method, path, body),
            status !== undefined && official.answer(door, method, path, status, answer),
          ]
    return problems.filter((problem) => typeof problem === 'string').map((problem) => `${about}: ${problem}`)
  })
}
