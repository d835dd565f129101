// The receiving end of events: what comes to a sink, whichever framework took it.

import { QodArgumentError, QodEventError } from './errors.js'
import { isOneOf, verifySignature } from './signature.js'
import type { EventQosStatus, StatusInfo } from './wire.js'

/** A session's status has changed: what the network tells a sink (CAMARA `EventQosStatusChanged`). */
export interface QodEvent {
  /** The same on every attempt to deliver it: what was seen before is a repeat. */
  readonly id: string
  /** URL of the session, by the endpoint's own name for itself. */
  readonly source: string
  readonly type: string
  /** When the status changed. */
  readonly time: Date
  readonly sessionId: string
  readonly status: EventQosStatus
  /** Why it is UNAVAILABLE. */
  readonly statusInfo: StatusInfo | undefined
}

/** A request as Node's frameworks show it: Express, Fastify, or `node:http` itself. */
export interface NodeRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Parsed, text or bytes; where nothing has read it yet, the request itself is. */
  readonly body?: unknown
  /** The bytes of a body that something has parsed already, where they were kept. */
  readonly rawBody?: unknown
}

export interface ParseOptions {
  /**
   * What `sinkCredential.accessToken` was; several while it is being changed. `null` takes events from anybody: only
   * for sessions that were created without a credential.
   */
  readonly token: string | readonly string[] | null
  /**
   * The signing secret of your application (`whsec_...`, from the gateway's operator); several while it is being
   * changed. Then an event must bear a signature of Standard Webhooks that fits it, made at most five minutes ago.
   * It is over the bytes of the body: a framework must not have parsed it, or must have kept `rawBody`.
   */
  readonly secret?: string | readonly string[] | undefined
}

const EVENT_TYPE = /^org\.camaraproject\.(quality-on-demand|qod)\.v\d+\.qos-status-changed$/
const STATUSES: readonly unknown[] = ['AVAILABLE', 'UNAVAILABLE']

/** Far above any event: 64 KiB. */
const MAX_BYTES = 65_536

/**
 * The event that a request to a sink carries.
 * @throws {QodEventError} it is not from who may send events, or no event; `error.status` is what to answer
 * @throws {QodArgumentError} a signature cannot be verified: `secret` is none, or the body was parsed before; or what is
 *   given is no request
 * @example
 * const event = await parseQodEvent(request, { token: process.env.SINK_TOKEN })
 */
export async function parseQodEvent(request: Request | NodeRequest, options: ParseOptions): Promise<QodEvent> {
  const { token, secret } = options
  // Who sends it comes first: nobody else's body is worth reading.
  if (
    token !== null &&
    !(await isOneOf(/^Bearer +(.*)$/i.exec(headerOf(request, 'authorization'))?.[1] ?? '', [token].flat()))
  ) {
    throw new QodEventError(401, 'the request carries no bearer token that events of ours would carry')
  }
  const body = await bodyOf(request)
  const text = 'text' in body ? body.text : undefined
  const id =
    secret === undefined ? undefined : await verifySignature(text, (name) => headerOf(request, name), [secret].flat())
  const event = toEvent('text' in body ? parse(body.text) : body.parsed)
  if (id !== undefined && event.id !== id) throw new QodEventError(401, "webhook-id is not the event's id")
  return event
}

function headerOf({ headers }: Request | NodeRequest, name: string): string {
  if (!headers) throw new QodArgumentError("the request has no headers: give the Request (in Hono c.req.raw) or Node's")
  // Told by its method: test environments and polyfills have classes of their own.
  const value = typeof headers.get === 'function' ? headers.get(name) : (headers as NodeRequest['headers'])[name]
  return typeof value === 'string' ? value : ''
}

/** A body as it came, or what a framework made of it. */
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
  if (wasRead) throw new QodEventError(400, 'the body was read before, or broke off')
  if (length > MAX_BYTES) throw new QodEventError(413, `an event has at most ${MAX_BYTES} bytes`)
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

function toEvent(body: unknown): QodEvent {
  const { id, source, type, specversion, time, data } = Object(body) as Record<string, unknown>
  const { sessionId, qosStatus, statusInfo } = Object(data) as Record<string, unknown>
  const texts = [id, source, type, time, sessionId].every((value) => typeof value === 'string' && value !== '')
  const at = new Date(time as string)
  if (!texts || specversion !== '1.0' || !EVENT_TYPE.test(type as string) || Number.isNaN(at.getTime())) {
    throw new QodEventError(400, 'the body is no CloudEvent 1.0 that tells of a session')
  }
  if (!STATUSES.includes(qosStatus)) throw new QodEventError(400, 'data.qosStatus must be AVAILABLE or UNAVAILABLE')
  return {
    id: id as string,
    source: source as string,
    type: type as string,
    time: at,
    sessionId: sessionId as string,
    status: qosStatus as EventQosStatus,
    statusInfo: statusInfo as StatusInfo | undefined,
  }
}
