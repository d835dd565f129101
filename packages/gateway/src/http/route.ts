// Makes a route of Fastify from an operation of the contract and its handler, with the parts common to all requests:
// authentication, scope, correlator, and the form of answers and errors.

import type { Readable } from 'node:stream'
import { QodError } from '@rightofway/camara'
import { type Operation, X_CORRELATOR_PATTERN } from '@rightofway/camara/schemas'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Caller } from '../domain/caller.js'
import { REFUSED } from './allowed-methods.js'
import { type FieldCodes, isFault, sendError, toQodError } from './errors.js'
import { guardStream } from './stream-guard.js'
import { lowerCaseUuids } from './uuids.js'

type Of<S> = S extends TSchema ? Static<S> : undefined

type SchemaOf<A> = A extends { schema: infer S } ? S : undefined

export interface RouteRequest<O extends Operation> {
  readonly params: Of<O['params']>
  readonly query: Of<O['query']>
  readonly body: Of<O['body']>
  /** The body as it was sent, where a {@link Dialect} has read it; otherwise as `body`. */
  readonly sent: unknown
  readonly caller: Caller
  /** Echoed in the answer; generated if the request had none. */
  readonly correlator: string
  /** Whether the caller sent it. */
  readonly correlatorGiven: boolean
  header(name: string): string | undefined
  /** Calls `listener` with the status when the answer is handed over; not if the connection closed before. */
  whenAnswered(listener: (status: number) => void): void
  /** Of the client; from a trusted proxy, the address that it forwards. */
  readonly address: string
  /** Whether the client uses https; behind a trusted proxy, as above. */
  readonly secure: boolean
  /** Aborted when the caller disconnects, or the gateway stops. */
  readonly signal: AbortSignal
}

export interface RouteAnswer<O extends Operation> {
  /** Default: the operation's. */
  readonly status?: number
  readonly body?: Of<SchemaOf<O['success']>> | Of<SchemaOf<O['otherwise']>> | Readable
  readonly headers?: Readonly<Record<string, string | string[]>> | undefined
}

/** A variant of an operation for some callers: other requests and answers than in the contract. */
export interface Dialect<O extends Operation, D> {
  /** Whether it applies to this caller. */
  speaks(caller: Caller): boolean
  /** Converts the body to the contract's form, before it is validated. */
  read(body: unknown, deps: D): unknown
  /** Default: the route's. */
  handle?(request: RouteRequest<O>, deps: D): Promise<RouteAnswer<O>>
}

export interface Route<O extends Operation, D> {
  readonly operation: O
  readonly fieldCodes?: FieldCodes
  readonly dialect?: Dialect<O, D> | undefined
  handle(request: RouteRequest<O>, deps: D): Promise<RouteAnswer<O>>
}

/** A route, with the types of its operation. */
export const route = <O extends Operation, D>(definition: Route<O, D>): Route<O, D> => definition

/** A route of any operation: its types were checked where it was defined. */
export type AnyRoute<D> = Route<Operation, D>

/** Authentication, limits and callbacks of the server for its routes. */
export interface Gate {
  /** The caller of a request. @throws {QodError} `UNAUTHENTICATED`, `TOO_MANY_REQUESTS` */
  admit(request: FastifyRequest, operation: Operation): Caller | Promise<Caller>
  /**
   * Checks that an admitted caller is still valid: called at intervals during a stream.
   * @throws {QodError} `UNAUTHENTICATED`
   */
  recheck?(request: FastifyRequest): unknown
  /** The scheme in a 401 (`WWW-Authenticate`). Default: Bearer. */
  readonly scheme?: string
  /** The largest body (bytes). Default: the server's. */
  readonly bodyLimit?: number
  /** Called with every answer. */
  readonly onAnswer?: (operation: string, status: number, ms: number) => void
  /** Called with internal errors. */
  readonly onFault: (error: QodError, request: FastifyRequest) => void
  /** Aborted when the gateway stops: streams end then. */
  readonly stopping: AbortSignal
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the admission of every route. */
    caller: Caller
    /** The body before a dialect read it. */
    sent: unknown
    correlator: string
    correlatorGiven: boolean
    /** Whether the caller sent a malformed one. */
    correlatorRefused: boolean
  }
}

/** Declares the members of requests, so that all have the same shape. Call it once for a server. */
export function decorateRequests(app: FastifyInstance): void {
  app.decorateRequest('caller', null as unknown as Caller)
  app.decorateRequest('sent', undefined)
  app.decorateRequest('correlator', '')
  app.decorateRequest('correlatorGiven', false)
  app.decorateRequest('correlatorRefused', false)
}

/** Adds routes under a prefix. */
export function addRoutes<D>(
  app: FastifyInstance,
  prefix: string,
  routes: readonly AnyRoute<D>[],
  deps: D,
  gate: Gate,
): void {
  for (const definition of routes) addRoute(app, prefix, definition, deps, gate)
  refuseShadows(app, prefix, routes, gate)
}

/** Without this, `DELETE /sessions/events` would match `/sessions/{sessionId}`: a literal path has its own methods. */
function refuseShadows<D>(app: FastifyInstance, prefix: string, routes: readonly AnyRoute<D>[], gate: Gate): void {
  const operations = routes.map(({ operation }) => operation)
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const methods = operations.filter((operation) => operation.path === path).map(({ method }) => method)
    const shadows = operations.filter((other) => !methods.includes(other.method) && isShadowOf(other.path, path))
    for (const method of new Set(shadows.map((shadow) => shadow.method))) {
      app.route({
        method,
        url: fastifyPath(prefix, path),
        config: REFUSED,
        onRequest: (_request, _reply, done) => {
          const allow = methods.flatMap((each) => (each === 'GET' ? [each, 'HEAD'] : [each]))
          done(new QodError('METHOD_NOT_ALLOWED', undefined, { allow }))
        },
        errorHandler: errorHandler(gate, {}),
        handler: () => undefined,
      })
    }
  }
}

/** Whether a path with parameters matches a path with literal segments in their place. */
function isShadowOf(other: string, path: string): boolean {
  const [others, segments] = [other.split('/'), path.split('/')]
  return (
    other !== path &&
    others.length === segments.length &&
    others.every((segment, index) => segment === segments[index] || segment.startsWith('{'))
  )
}

const fastifyPath = (prefix: string, path: string): string => prefix + path.replaceAll(/\{(\w+)\}/g, ':$1')

function addRoute<D>(app: FastifyInstance, prefix: string, definition: AnyRoute<D>, deps: D, gate: Gate): void {
  const { operation, fieldCodes = {}, dialect } = definition as Route<Operation, D>
  const { params, query, body, success, otherwise, operationId } = operation
  const lowerCase = { params: lowerCaseUuids(params), query: lowerCaseUuids(query), body: lowerCaseUuids(body) }
  app.route({
    method: operation.method,
    url: fastifyPath(prefix, operation.path),
    schema: {
      ...(params && { params }),
      ...(query && { querystring: query }),
      ...(body && { body }),
      response: {
        ...(success.schema && success.mediaType === undefined && { [success.status]: success.schema }),
        ...(otherwise?.schema && { [otherwise.status]: otherwise.schema }),
      },
    },
    ...(gate.bodyLimit !== undefined && { bodyLimit: gate.bodyLimit }),
    onRequest: admission(gate, operation),
    ...(dialect && {
      async preValidation(request) {
        if (!dialect.speaks(request.caller)) return
        request.sent = request.body
        request.body = await dialect.read(request.body, deps)
      },
    }),
    errorHandler: errorHandler(gate, fieldCodes),
    ...(gate.onAnswer && {
      onResponse: (_request, reply, done) => {
        gate.onAnswer?.(operationId, reply.statusCode, reply.elapsedTime)
        done()
      },
    }),
    async handler(request, reply) {
      lowerCase.params(request.params)
      lowerCase.query(request.query)
      lowerCase.body(request.body)
      const incoming = new IncomingRequest(request, reply, gate)
      const handled = dialect?.speaks(request.caller) ? dialect.handle?.(incoming, deps) : undefined
      const answer = await (handled ?? definition.handle(incoming, deps))
      const status = answer.status ?? success.status
      if (answer.headers !== undefined) reply.headers(answer.headers)
      reply.code(status)
      if (answer.body === undefined) return reply.send()
      reply.type(success.mediaType ?? 'application/json; charset=utf-8')
      return reply.send(answer.body)
    },
  })
}

/** The request of a route. A class, as object literals with getters are slow to create for every request. */
class IncomingRequest implements RouteRequest<Operation> {
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  readonly #gate: Gate

  constructor(request: FastifyRequest, reply: FastifyReply, gate: Gate) {
    this.#request = request
    this.#reply = reply
    this.#gate = gate
  }

  get params() {
    return this.#request.params as never
  }

  get query() {
    return this.#request.query as never
  }

  get body() {
    return this.#request.body as never
  }

  get sent() {
    return this.#request.sent ?? this.#request.body
  }

  get caller() {
    return this.#request.caller
  }

  get correlator() {
    return this.#request.correlator
  }

  get correlatorGiven() {
    return this.#request.correlatorGiven
  }

  get signal() {
    const over = new AbortController()
    const end = () => over.abort()
    const { recheck, stopping } = this.#gate
    const request = this.#request
    const release = guardStream({
      socket: request.raw.socket,
      recheck: recheck && (() => recheck(request)),
      end,
    })
    this.#reply.raw.once('close', () => {
      release()
      end()
    })
    return AbortSignal.any([over.signal, stopping])
  }

  get address() {
    return this.#request.ip
  }

  get secure() {
    return this.#request.protocol === 'https'
  }

  whenAnswered(listener: (status: number) => void): void {
    const { raw } = this.#reply
    raw.once('finish', () => listener(raw.statusCode))
  }

  header(name: string) {
    return this.#request.headers[name] as string | undefined
  }
}

/** The first checks, in the contract's order: authentication, scope, and then the correlator. */
function admission(gate: Gate, operation: Operation) {
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    const admitted = (caller: Caller) => {
      if (caller.withoutPurpose) return done(purposeRequired())
      if (operation.scope !== undefined && caller.scopes?.has(operation.scope) === false) {
        const challenge = `error="insufficient_scope", scope="${operation.scope}"`
        return done(
          new QodError('PERMISSION_DENIED', `This operation requires the scope ${operation.scope}.`, { challenge }),
        )
      }
      if (request.correlatorRefused) {
        return done(new QodError('INVALID_ARGUMENT', `x-correlator (header) must match ${X_CORRELATOR_PATTERN.source}`))
      }
      request.caller = caller
      done()
    }
    try {
      const caller = gate.admit(request, operation)
      if (caller instanceof Promise) caller.then(admitted, done)
      else admitted(caller)
    } catch (error) {
      done(error as Error)
    }
  }
}

const purposeRequired = (): QodError =>
  new QodError(
    'PERMISSION_DENIED',
    'The scopes of this token must name exactly one purpose, such as dpv:RequestedServiceProvision.',
    { challenge: 'error="insufficient_scope"' },
  )

function errorHandler(gate: Gate, fieldCodes: FieldCodes) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const refusal = toQodError(error, fieldCodes)
    if (isFault(refusal)) gate.onFault(refusal, request)
    sendError(reply, refusal, gate.scheme)
  }
}
