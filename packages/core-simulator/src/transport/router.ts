// Routes a request to its answer, and applies faults on the way.

import { constants } from 'node:http2'
import type { Exchange, Exchanges } from '../exchanges.js'
import type { Door, Fault, Faults, OperationName } from '../faults.js'
import { type Answer, problem, Refusal } from './answer.js'
import type { RawRequest, RawResponse } from './listener.js'
import type { Notifier } from './notifier.js'

export interface Call {
  /** The values of `{name}` segments in the path. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** JSON, or a form as an object; undefined if there is none. */
  readonly body: unknown
  readonly authorization: string | undefined
  /** The port that the connection comes from. */
  readonly remotePort: number | undefined
  /** The fault of a create: its handler applies `outcome`, `lose` and `callback-first`. */
  readonly fault: Fault | undefined
}

export interface Operation {
  /** Undefined: of the admin API, where no faults apply. */
  readonly door: Door | undefined
  readonly name: OperationName | undefined
  readonly method: string
  /** In OpenAPI's form: `/app-sessions/{appSessionId}`. */
  readonly path: string
  /** Media types of its body. Default: it takes none. */
  readonly consumes?: readonly string[]
  /** Whether the body is optional. Default: no. */
  readonly bodyIsOptional?: boolean
  /** The address of the device that a call is about. Default: none. */
  device?(call: Omit<Call, 'fault'>): string | undefined
  handle(call: Call): Answer | Promise<Answer>
  /** Converts an error to this operation's form. Default: unchanged. */
  sayError?(answer: Answer): Answer
}

export interface Routing {
  readonly operations: readonly Operation[]
  readonly faults: Faults
  readonly exchanges: Exchanges
  readonly notifier: Notifier
  /** @throws {Refusal} the caller has no valid access token for this API */
  admit(door: Door, authorization: string | undefined): void
}

const MAX_BODY = 1_048_576

const NO_ANSWER = 'no answer'

type Silence = Extract<Fault, { kind: 'hang' | 'drop' }>
type Writable<T> = { -readonly [K in keyof T]: T[K] }
/** The part that is known before the answer; requests to the admin API are not kept. */
type ExchangeOfRequest = Omit<Exchange, 'number' | 'at' | 'door'> & { readonly door: Door | 'admin' }

/** A request in progress. */
interface Turn {
  readonly operation: Operation
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Buffer | 'too large'
  readonly request: RawRequest
  readonly response: RawResponse
  readonly exchange: Writable<ExchangeOfRequest>
}

export class Router {
  readonly #routing: Routing
  readonly #underWay = new Map<string, number>()
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(routing: Routing) {
    this.#routing = routing
  }

  readonly answer = (request: RawRequest, response: RawResponse): void => {
    this.#serve(request, response).catch((error: unknown) => {
      reportFault(error)
      send(response, problem(500, { title: 'Internal Server Error', cause: 'SYSTEM_FAILURE' }))
    })
  }

  async #serve(request: RawRequest, response: RawResponse): Promise<void> {
    const method = request.method ?? 'GET'
    const [path, query] = partsOf(request.url ?? '/')
    const body = await bodyOf(request)
    if (body === 'given up') return
    const found = find(this.#routing.operations, method, path)
    const { httpVersion } = request
    const seen = { kind: 'request', method, url: request.url ?? '/', httpVersion } as const
    if ('answer' in found) {
      const { status, body: answer } = found.answer
      this.#routing.exchanges.add({ ...seen, door: 'unknown', status, answer })
      return send(response, found.answer)
    }
    const { operation, params } = found
    const resource = `${operation.door} ${Object.values(params).join(' ')}`
    const isOverlapping = this.#enter(resource) && Object.keys(params).length > 0
    const exchange: Writable<ExchangeOfRequest> = {
      ...seen,
      door: operation.door ?? 'admin',
      ...(operation.name && { operation: operation.name }),
      ...(isOverlapping && { overlaps: true }),
    }
    try {
      await this.#carryOut({ operation, params, query, body, request, response, exchange })
    } finally {
      this.#leave(resource)
    }
  }

  async #carryOut(turn: Turn): Promise<void> {
    const { operation, params, query, request, response, exchange } = turn
    let fault: Fault | undefined
    let answer: Answer
    try {
      const { authorization } = request.headers
      if (operation.door !== undefined) this.#routing.admit(operation.door, authorization)
      const body = parse(operation, request.headers['content-type'], turn.body)
      exchange.body = body
      const call = { params, query, body, authorization, remotePort: request.socket.remotePort }
      fault = this.#meet(operation, call)
      if (fault !== undefined) exchange.fault = fault.kind
      if (isSilent(fault, false)) {
        this.#log(exchange, { error: NO_ANSWER })
        return await giveNone(fault, response)
      }
      answer = refusalOf(fault) ?? (await operation.handle({ ...call, fault }))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      answer = operation.sayError?.(error.answer) ?? error.answer
    }
    await this.#give(answer, fault, turn)
  }

  /** The fault that applies to a request. */
  #meet({ door, name, device }: Operation, call: Omit<Call, 'fault'>): Fault | undefined {
    if (door === undefined || name === undefined) return undefined
    return this.#routing.faults.take({ door, operation: name, device: device?.(call) })
  }

  /** Sends an answer as the fault demands, with its notifications before and after. */
  async #give(answer: Answer, fault: Fault | undefined, { response, exchange }: Turn): Promise<void> {
    const { notifier } = this.#routing
    await notifier.tell(answer.before ?? [])
    if (fault?.kind === 'late') await this.#wait(fault.afterMs)
    const { later, after = [] } = answer
    if (later !== undefined) {
      this.#after(later.afterMs, () => notifier.tell(later.act()).catch(reportFault))
    }
    if (isSilent(fault, true)) {
      this.#log(exchange, { error: NO_ANSWER })
      await Promise.all([giveNone(fault, response), notifier.tell(after)])
      return
    }
    this.#log(exchange, { status: answer.status, answer: answer.body })
    send(response, answer)
    await notifier.tell(after)
  }

  #log({ door, ...exchange }: ExchangeOfRequest, more: Partial<Exchange>): void {
    if (door !== 'admin') this.#routing.exchanges.add({ ...exchange, door, ...more })
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#after(ms, resolve))
  }

  #after(ms: number, act: () => unknown): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }

  /** @returns whether another request for the same resource is unanswered */
  #enter(resource: string): boolean {
    const underWay = this.#underWay.get(resource) ?? 0
    this.#underWay.set(resource, underWay + 1)
    return underWay > 0
  }

  #leave(resource: string): void {
    const left = (this.#underWay.get(resource) ?? 1) - 1
    if (left === 0) this.#underWay.delete(resource)
    else this.#underWay.set(resource, left)
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}

/** A bug of this program: its operator should see it. */
export function reportFault(error: unknown): void {
  process.stderr.write(`rightofway: core: ${(error as Error).stack}\n`)
}

/** Whether a fault leaves a request without an answer, after it was carried out or instead of that. */
function isSilent(fault: Fault | undefined, isCarriedOut: boolean): fault is Silence {
  if (fault?.kind !== 'hang' && fault?.kind !== 'drop') return false
  return (fault.committed ?? fault.kind === 'drop') === isCarriedOut
}

/** The answer of a fault that replaces carrying a request out. */
function refusalOf(fault: Fault | undefined): Answer | undefined {
  if (fault?.kind !== 'refuse' && fault?.kind !== 'fail') return undefined
  const { status = fault.kind === 'refuse' ? 403 : 500, cause, detail, retryAfterS } = fault
  const headers = retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }
  return problem(status, { title: 'As told', ...(cause && { cause }), ...(detail && { detail }) }, headers)
}

/** Waits until the other side has aborted, or ends its stream or connection. */
async function giveNone({ kind }: Silence, response: RawResponse): Promise<void> {
  if (kind === 'hang') return new Promise((resolve) => response.once('close', resolve))
  if ('stream' in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  else response.socket?.destroy()
}

function send(response: RawResponse, { status, headers, body }: Answer): void {
  if (response.headersSent || response.writableEnded || response.destroyed) return
  const text = body === undefined ? undefined : JSON.stringify(body)
  const type = text === undefined ? {} : { 'content-type': 'application/json' }
  response.writeHead(status, { ...type, ...headers })
  if (text === undefined) response.end()
  else response.end(text)
}

/** Path and query of a target, which may be a whole URL (RFC 9112 section 3.2). */
function partsOf(target: string): [path: string, query: URLSearchParams] {
  const [path = '', query] = target.replace(/^https?:\/\/[^/?]*/i, '').split(/\?(.*)/s)
  return [path || '/', new URLSearchParams(query)]
}

async function bodyOf(request: RawRequest): Promise<Buffer | 'too large' | 'given up'> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length <= MAX_BODY) chunks.push(chunk)
    }
  } catch {
    // The client is gone before its request was complete: nobody waits for an answer.
    return 'given up'
  }
  return length > MAX_BODY ? 'too large' : Buffer.concat(chunks)
}

const FORM = 'application/x-www-form-urlencoded'

function parse(operation: Operation, type: string | undefined, body: Buffer | 'too large'): unknown {
  const { consumes, bodyIsOptional = false } = operation
  if (consumes === undefined) return undefined
  if (body === 'too large') throw new Refusal(413, { title: 'Payload Too Large' })
  if (body.length === 0 && bodyIsOptional) return undefined
  const mediaType = type?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!consumes.includes(mediaType)) {
    throw new Refusal(415, { title: 'Unsupported Media Type', detail: `The body must be ${consumes.join(' or ')}` })
  }
  const text = body.toString()
  if (mediaType === FORM) return Object.fromEntries(new URLSearchParams(text))
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new Refusal(400, { title: 'Bad Request', cause: 'INVALID_MSG_FORMAT', detail: 'The body is not JSON' })
  }
}

function find(
  operations: readonly Operation[],
  method: string,
  path: string,
): { operation: Operation; params: Record<string, string> } | { answer: Answer } {
  const matching = operations.flatMap((operation) => {
    const params = paramsOf(operation.path, path)
    return params === undefined ? [] : [{ operation, params }]
  })
  const found = matching.find(({ operation }) => operation.method === method)
  if (found !== undefined) return found
  const allow = matching.map(({ operation }) => operation.method).join(', ')
  return {
    answer:
      matching.length === 0
        ? problem(404, { title: 'Not Found', cause: 'RESOURCE_URI_STRUCTURE_NOT_FOUND', detail: `Nothing at ${path}` })
        : problem(405, { title: 'Method Not Allowed', detail: `${path} takes ${allow}` }, { allow }),
  }
}

function paramsOf(template: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [template, path].map((text) => text.split('/')) as [string[], string[]]
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, part] of wanted.entries()) {
    const text = given[i] as string
    if (!part.startsWith('{')) {
      if (part !== text) return undefined
    } else {
      const value = decoded(text)
      if (value === undefined || value === '') return undefined
      params[part.slice(1, -1)] = value
    }
  }
  return params
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // No resource has a name that cannot be decoded.
    return undefined
  }
}
