// Reads the events that a sink receives, in any web framework.

import { QodArgumentError, QodEventError } from './errors.js'
import { isOneOf, verifySignature } from './signature.js'
import type { AssignmentStatusInfo, EventQosStatus, StatusInfo } from './wire.js'

/** The status of a session has changed (CAMARA `EventQosStatusChanged`). */
export interface QodEvent {
  /** The same in every delivery attempt: an id that was seen before is a repeated event. */
  readonly id: string
  /** URL of the session, as the endpoint knows itself. */
  readonly source: string
  readonly type: string
  /** When the status changed. */
  readonly time: Date
  readonly sessionId: string
  readonly status: EventQosStatus
  /** Why it is UNAVAILABLE. */
  readonly statusInfo: StatusInfo | undefined
}

/** The status of an assignment has changed (CAMARA `EventStatusChanged`). */
export interface QosAssignmentEvent {
  /** The same in every delivery attempt: an id that was seen before is a repeated event. */
  readonly id: string
  /** URL of the assignment, as the endpoint knows itself. */
  readonly source: string
  readonly type: string
  /** When the status changed. */
  readonly time: Date
  readonly assignmentId: string
  readonly status: EventQosStatus
  /** Why it is UNAVAILABLE. */
  readonly statusInfo: AssignmentStatusInfo | undefined
}

/** A request as Node's frameworks have it: Express, Fastify, or `node:http` itself. */
export interface NodeRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Parsed, text or bytes. Undefined if nothing has read it yet: then it is read from the request. */
  readonly body?: unknown
  /** The bytes of a body that a framework has already parsed, if it kept them. */
  readonly rawBody?: unknown
}

export interface ParseOptions {
  /**
   * The `sinkCredential.accessToken` of the create; several while it is being changed. `null` accepts events from any
   * sender: only for sessions that were created without a credential.
   */
  readonly token: string | readonly string[] | null
  /**
   * The signing secret of your application (`whsec_...`, from the gateway's operator); several while it is being
   * changed. The request must then have a valid Standard Webhooks signature that is at most five minutes old. The
   * signature covers the bytes of the body, so the framework must leave the body unparsed, or keep `rawBody`.
   */
  readonly secret?: string | readonly string[] | undefined
}

const EVENT_TYPE = /^org\.camaraproject\.(quality-on-demand|qod)\.v\d+\.qos-status-changed$/
const ASSIGNMENT_EVENT_TYPE = /^org\.camaraproject\.qos-provisioning\.v\d+\.status-changed$/
const STATUSES: readonly unknown[] = ['AVAILABLE', 'UNAVAILABLE']

/** Far more than any event has: 64 KiB. */
const MAX_BYTES = 65_536

/**
 * The event in a request to a sink.
 * @throws {QodEventError} the sender is not authenticated, or the body is not an event; answer with `error.status`
 * @throws {QodArgumentError} the signature cannot be verified (`secret` is malformed, or the body was already
 *   parsed), or the argument is not a request
 * @example const event = await parseQodEvent(request, { token: process.env.SINK_TOKEN })
 */
export function parseQodEvent(request: Request | NodeRequest, options: ParseOptions): Promise<QodEvent> {
  return parseAs(toEvent, request, options)
}

/**
 * The event of an assignment in a request to its sink: as {@link parseQodEvent}, which takes those of sessions.
 * @throws {QodEventError} {QodArgumentError}
 * @example const event = await parseAssignmentEvent(request, { token: process.env.SINK_TOKEN })
 */
export function parseAssignmentEvent(
  request: Request | NodeRequest,
  options: ParseOptions,
): Promise<QosAssignmentEvent> {
  return parseAs(toAssignmentEvent, request, options)
}

async function parseAs<E extends { readonly id: string }>(
  toKind: (body: unknown) => E,
  request: Request | NodeRequest,
  { token, secret }: ParseOptions,
): Promise<E> {
  // The sender is checked first, so that the body of an unknown sender is not read.
  if (
    token !== null &&
    !(await isOneOf(/^Bearer +(.*)$/i.exec(headerOf(request, 'authorization'))?.[1] ?? '', [token].flat()))
  ) {
    throw new QodEventError(401, 'the request has no bearer token, or not one of the tokens given')
  }
  const body = await bodyOf(request)
  const text = 'text' in body ? body.text : undefined
  const id =
    secret === undefined ? undefined : await verifySignature(text, (name) => headerOf(request, name), [secret].flat())
  const event = toKind('text' in body ? parse(body.text) : body.parsed)
  if (id !== undefined && event.id !== id) throw new QodEventError(401, 'webhook-id differs from the id of the event')
  return event
}

function headerOf({ headers }: Request | NodeRequest, name: string): string {
  if (!headers)
    throw new QodArgumentError("the request has no headers: pass the Request (in Hono: c.req.raw) or Node's request")
  // Recognised by its methods, not its class: test environments and polyfills have their own classes.
  const value = typeof headers.get === 'function' ? headers.get(name) : (headers as NodeRequest['headers'])[name]
  return typeof value === 'string' ? value : ''
}

/** A body as it arrived, or as a framework parsed it. */
type Body = { readonly text: string } | { readonly parsed: unknown }

async function bodyOf(request: Request | NodeRequest): Promise<Body> {
  const { body, rawBody, readableEnded, bodyUsed } = request as NodeRequest & ReadState
  const given = rawBody ?? body
  if (typeof given === 'string') return { text: given }
  if (ArrayBuffer.isView(given)) return { text: await readText([given]) }
  const wasRead = readableEnded ?? bodyUsed
  if (isStream(given)) return { text: await readText(given, wasRead) }
  // Express 4 gives `{}` for a body that its parser did not take, and leaves the request unread.
  const unread = isStream(request) && !wasRead && Object.keys(Object(given) as object).length === 0
  return given == null || unread ? { text: await readText(request, wasRead) } : { parsed: given }
}

/** Whether the body was read: of a Node stream, and of a `Request`. */
interface ReadState {
  readonly readableEnded?: boolean
  readonly bodyUsed?: boolean
}

const isStream = (value: unknown): boolean => 'getReader' in Object(value) || Symbol.asyncIterator in Object(value)

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new QodEventError(400, 'the body is not JSON')
  }
}

async function readText(source: unknown, wasRead = false): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  try {
    for await (const chunk of chunksOf(source)) {
      length += chunk.length
      if (length > MAX_BYTES) break
      text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    }
  } catch {
    wasRead = true
  }
  if (wasRead) throw new QodEventError(400, 'the body was already read, or the connection broke off')
  if (length > MAX_BYTES) throw new QodEventError(413, `the body is longer than ${MAX_BYTES} bytes`)
  return text
}

async function* chunksOf(source: unknown): AsyncGenerator<Uint8Array | string> {
  if ('getReader' in Object(source)) {
    const reader = (source as ReadableStream<Uint8Array>).getReader()
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) yield chunk.value
  } else if (Symbol.asyncIterator in Object(source) || Array.isArray(source)) {
    yield* source as AsyncIterable<Uint8Array | string>
  }
}

/** What events of all kinds have. */
interface Envelope {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: Date
}

/** @param about the member of `data` that names it */
function envelopeOf(body: unknown, type: RegExp, about: string, what: string): { envelope: Envelope; id: string } {
  const event = Object(body) as Record<string, unknown>
  const named = (Object(event['data']) as Record<string, unknown>)[about]
  const texts = [event['id'], event['source'], event['type'], event['time'], named]
  const time = new Date(event['time'] as string)
  if (
    !texts.every((value) => typeof value === 'string' && value !== '') ||
    event['specversion'] !== '1.0' ||
    !type.test(event['type'] as string) ||
    Number.isNaN(time.getTime())
  ) {
    throw new QodEventError(400, `the body is not a CloudEvent 1.0 about ${what}`)
  }
  const [id, source] = [event['id'], event['source']] as [string, string]
  return { envelope: { id, source, type: event['type'] as string, time }, id: named as string }
}

function toEvent(body: unknown): QodEvent {
  const { envelope, id } = envelopeOf(body, EVENT_TYPE, 'sessionId', 'a session')
  const { qosStatus, statusInfo } = (body as { data: Record<string, unknown> }).data
  if (!STATUSES.includes(qosStatus)) throw new QodEventError(400, 'data.qosStatus must be AVAILABLE or UNAVAILABLE')
  return {
    ...envelope,
    sessionId: id,
    status: qosStatus as EventQosStatus,
    statusInfo: statusInfo as StatusInfo | undefined,
  }
}

function toAssignmentEvent(body: unknown): QosAssignmentEvent {
  const { envelope, id } = envelopeOf(body, ASSIGNMENT_EVENT_TYPE, 'assignmentId', 'an assignment')
  const { status, statusInfo } = (body as { data: Record<string, unknown> }).data
  if (!STATUSES.includes(status)) throw new QodEventError(400, 'data.status must be AVAILABLE or UNAVAILABLE')
  return {
    ...envelope,
    assignmentId: id,
    status: status as EventQosStatus,
    statusInfo: statusInfo as AssignmentStatusInfo | undefined,
  }
}
