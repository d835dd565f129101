// From an operation of the contract and what it does, to a route of Fastify. What every request has in common is here:
// who asks, whether they may, the correlator, and how answers and errors leave.

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
  /** Echoed in the answer; made up here if the request had none. */
  readonly correlator: string
  /** Whether the caller sent it. */
  readonly correlatorGiven: boolean
  header(name: string): string | undefined
  /** Calls `listener` with the status once the answer is handed over; not if the connection went before. */
  whenAnswered(listener: (status: number) => void): void
  /** Of the client; what a proxy says, where its word is taken. */
  readonly address: string
  /** Whether it came by https; as above. */
  readonly secure: boolean
  /** Aborted when the caller has gone, or the gateway is about to. */
  readonly signal: AbortSignal
}

export interface RouteAnswer<O extends Operation> {
  /** Default: the operation's. */
  readonly status?: number
  readonly body?: Of<SchemaOf<O['success']>> | Of<SchemaOf<O['otherwise']>> | Readable
  readonly headers?: Readonly<Record<string, string | string[]>> | undefined
}

/** What some callers send to an operation, and are answered, that the contract has otherwise. */
export interface Dialect<O extends Operation, D> {
  /** Whether it is this caller's. */
  speaks(caller: Caller): boolean
  /** The body as the contract has it, before it is validated. */
  read(body: unknown, deps: D): unknown
  /** Default: as the route does. */
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

/** A route whose operation does not matter any more: its types were checked where it was made. */
export type AnyRoute<D> = Route<Operation, D>

/** What routes need of the server around them. */
export interface Gate {
  /** Who asks. @throws {QodError} `UNAUTHENTICATED`, `TOO_MANY_REQUESTS` */
  admit(request: FastifyRequest, operation: Operation): Caller | Promise<Caller>
  /**
   * Whether a caller that was admitted still is: asked now and then while an answer goes on.
   * @throws {QodError} `UNAUTHENTICATED`
   */
  recheck?(request: FastifyRequest): unknown
  /** What a 401 asks for (`WWW-Authenticate`). Default: Bearer. */
  readonly scheme?: string
  /** The largest body (bytes). Default: the server's. */
  readonly bodyLimit?: number
  /** Told of every answer. */
  readonly onAnswer?: (operation: string, status: number, ms: number) => void
  /** Told of errors that are ours. */
  readonly onFault: (error: QodError, request: FastifyRequest) => void
  /** Aborted when the gateway stops: answers that have no end of their own end then. */
  readonly stopping: AbortSignal
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set by the admission of every route. */
    caller: Caller
    /** The body before a dialect read it. */
    sent: unknown
    correlator: string
    correlatorGiven: boolean
    /** Whether the caller sent something else in its place. */
    correlatorRefused: boolean
  }
}

/** Gives requests their members beforehand, so that all of them have one shape. To be called once on a server. */
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

/** `DELETE /sessions/events` would be taken for one of `/sessions/{sessionId}`: a path of its own has its own methods. */
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

/** Whether a path with parameters matches one that has none where those stand. */
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

/** A request as routes see it. A class, as there is one for every request: getters of literals are slow to make. */
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

/** The first checks, in the contract's order: who asks, whether they may, and only then whether they asked properly. */
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
