// The receiving end of events: what comes to a sink, whichever framework took it.

import { QodEventError } from './errors.js'
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
}

export interface ParseOptions {
  /**
   * What `sinkCredential.accessToken` was; several while it is being changed. `null` takes events from anybody: only
   * for sessions that were created without a credential.
   */
  readonly token: string | readonly string[] | null
}

const EVENT_TYPE = /^org\.camaraproject\.(quality-on-demand|qod)\.v\d+\.qos-status-changed$/
const STATUSES: readonly unknown[] = ['AVAILABLE', 'UNAVAILABLE']

/** Far above any event: 64 KiB. */
const MAX_BYTES = 65_536

/**
 * The event that a request to a sink carries.
 * @throws {QodEventError} it is not from who may send events, or no event; `error.status` is what to answer
 * @example
 * const event = await parseQodEvent(request, { token: process.env.SINK_TOKEN })
 */
export async function parseQodEvent(request: Request | NodeRequest, { token }: ParseOptions): Promise<QodEvent> {
  // Who sends it comes first: nobody else's body is worth reading.
  if (
    token !== null &&
    !(await isAllowed(headerOf(request, 'authorization'), typeof token === 'string' ? [token] : token))
  ) {
    throw new QodEventError(401, 'the request carries no bearer token that events of ours would carry')
  }
  return toEvent(await bodyOf(request))
}

function headerOf({ headers }: Request | NodeRequest, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : (headers as NodeRequest['headers'])[name]
  return typeof value === 'string' ? value : ''
}

/** Compares digests: how long it takes tells nothing of the token. */
async function isAllowed(authorization: string, tokens: readonly string[]): Promise<boolean> {
  const given = await digest(/^Bearer +(.*)$/i.exec(authorization)?.[1] ?? '')
  let allowed = false
  for (const token of tokens) {
    const wanted = await digest(token)
    let difference = token === '' ? 1 : 0
    for (const [index, byte] of wanted.entries()) difference |= byte ^ (given[index] as number)
    if (difference === 0) allowed = true
  }
  return allowed
}

const digest = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))

async function bodyOf(request: Request | NodeRequest): Promise<unknown> {
  const body = request.body
  // Express and Fastify may have parsed it.
  if (isPlain(body)) return body
  const text = typeof body === 'string' ? body : await readText(body instanceof Uint8Array ? [body] : (body ?? request))
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new QodEventError(400, 'the body is not JSON')
  }
}

const isPlain = (body: unknown): body is object =>
  typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === Object.prototype

async function readText(source: unknown): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for await (const chunk of chunksOf(source)) {
    length += chunk.length
    if (length > MAX_BYTES) throw new QodEventError(413, `an event has at most ${MAX_BYTES} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text
}

async function* chunksOf(source: unknown): AsyncGenerator<Uint8Array> {
  if (source instanceof ReadableStream) {
    const reader = (source as ReadableStream<Uint8Array>).getReader()
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) yield chunk.value
  } else if (Symbol.asyncIterator in Object(source) || Symbol.iterator in Object(source)) {
    yield* source as AsyncIterable<Uint8Array>
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
