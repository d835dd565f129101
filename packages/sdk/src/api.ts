// The operations of the APIs, one method each: its URL, the effect of repeating it, and the answer it must give.

import type { Endpoint } from './endpoint.js'
import { type Outcome, QodArgumentError, QodConnectionError } from './errors.js'
import type { Time } from './time.js'
import type { Call, Transport } from './transport.js'
import type {
  AssignmentInfo,
  CreateAssignment,
  CreateSession,
  Device,
  QosProfile,
  QosProfileDeviceRequest,
  QosStatus,
  SessionInfo,
  SessionUsage,
} from './wire.js'

/** For one call. */
export interface CallOptions {
  /** Aborts the call: it rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined
}

export interface CreateCall extends CallOptions {
  readonly idempotencyKey?: string | undefined
  readonly respondAsync?: boolean | undefined
}

/** Filters for a list of sessions. A session is listed when it matches all of them. */
export interface SessionFilter extends CallOptions {
  readonly status?: QosStatus | undefined
  /** Name of their QoS profile. */
  readonly profile?: string | undefined
}

/** A session, and why the network refused or ended it, for people. */
export type SessionAnswer = SessionInfo & { readonly reason?: string }

/** An assignment, and why the network refused or ended it, for people. */
export type AssignmentAnswer = AssignmentInfo & { readonly reason?: string }

/** The longest duration that every endpoint allows: 24 h. */
const DAY_S = 86_400

const UNIT_S: Readonly<Record<string, number>> = {
  Days: 86_400,
  Hours: 3_600,
  Minutes: 60,
  Seconds: 1,
  Milliseconds: 1e-3,
  Microseconds: 1e-6,
  Nanoseconds: 1e-9,
}

export class Api {
  readonly endpoint: Endpoint
  readonly time: Time
  readonly pollMs: number
  readonly #transport: Transport
  readonly #durations = new Map<string, number>()

  constructor(endpoint: Endpoint, transport: Transport, time: Time, pollMs: number) {
    this.endpoint = endpoint
    this.time = time
    this.pollMs = pollMs
    this.#transport = transport
  }

  /** Milliseconds since the epoch, by the endpoint's clock. */
  now(): number {
    return this.#transport.now()
  }

  async createSession(body: CreateSession, options: CreateCall): Promise<SessionAnswer> {
    try {
      return await this.#session(this.#create(this.#sessions(), body, options), 'unknown')
    } catch (error) {
      // The bounds of the profile may have changed: the next create asks for them again.
      this.#durations.delete(body.qosProfile)
      throw error
    }
  }

  async getSession(id: string, { signal }: CallOptions): Promise<SessionAnswer> {
    return this.#session({ method: 'GET', url: this.#sessions(id), effect: 'none', signal }, 'none')
  }

  async getSessionUsage(id: string, { signal }: CallOptions): Promise<SessionUsage> {
    this.#mustHave('usage')
    return (await this.#get(`${this.#sessions(id)}/usage`, signal)) as SessionUsage
  }

  async deleteSession(id: string, { signal }: CallOptions): Promise<void> {
    await this.#transport.send({ method: 'DELETE', url: this.#sessions(id), effect: 'same', signal })
  }

  async extendSession(
    id: string,
    requestedAdditionalDuration: number,
    { signal }: CallOptions,
  ): Promise<SessionAnswer> {
    if (!(Number.isInteger(requestedAdditionalDuration) && requestedAdditionalDuration >= 1)) {
      throw new QodArgumentError('an extension must be a whole number of seconds, at least 1')
    }
    const url = `${this.#sessions(id)}/extend`
    const body = { requestedAdditionalDuration }
    return this.#session({ method: 'POST', url, body, effect: 'more', signal }, 'unknown')
  }

  async retrieveSessions(device: Device | undefined, { signal }: CallOptions): Promise<SessionInfo[]> {
    const url = `${this.endpoint.qualityOnDemandUrl}/retrieve-sessions`
    const list = await this.#retrieve(url, device === undefined ? {} : { device }, signal)
    return list.map((info) => asSession(info))
  }

  /** All sessions of the caller, newest first. Pages are fetched when they are needed. */
  async *listSessions(filter: SessionFilter): AsyncGenerator<SessionInfo, void> {
    this.#mustHave('the list of all sessions')
    const { status, profile, signal } = filter
    const query = new URLSearchParams()
    if (status) query.set('qosStatus', status)
    if (profile) query.set('qosProfile', profile)
    let url: string | undefined = `${this.#sessions()}?${query.toString()}`
    while (url) {
      let next: string | undefined
      const onHeaders = (headers: Headers) => (next = headers.get('link')?.match(/<([^>]*)>; *rel="next"/)?.[1])
      for (const info of asList(await this.#get(url, signal, onHeaders))) yield asSession(info)
      url = next && new URL(next, url).href
    }
  }

  /** The stream of a session's events after `lastEventId`; undefined if no more will follow. */
  openEvents(id: string, lastEventId: string | undefined, signal: AbortSignal) {
    return this.#open(this.#sessions(id), lastEventId, signal)
  }

  async createAssignment(body: CreateAssignment, options: CreateCall): Promise<AssignmentAnswer> {
    return this.#assignment(this.#create(this.#assignments(), body, options), 'unknown')
  }

  async getAssignment(id: string, { signal }: CallOptions): Promise<AssignmentAnswer> {
    return this.#assignment({ method: 'GET', url: this.#assignments(id), effect: 'none', signal }, 'none')
  }

  /** Undefined once it is revoked; the assignment while its release by the network is pending. */
  async revokeAssignment(id: string, { signal }: CallOptions): Promise<AssignmentAnswer | undefined> {
    const call: Call = { method: 'DELETE', url: this.#assignments(id), effect: 'same', signal }
    const answer = await this.#transport.send(call)
    return answer === undefined ? undefined : asAssignment(answer)
  }

  async retrieveAssignment(device: Device | undefined, { signal }: CallOptions): Promise<AssignmentAnswer> {
    const url = `${this.#provisioningUrl()}/retrieve-qos-assignment`
    const body = device === undefined ? {} : { device }
    return this.#assignment({ method: 'POST', url, body, effect: 'none', signal }, 'none')
  }

  /** As {@link openEvents}, of an assignment. */
  openAssignmentEvents(id: string, lastEventId: string | undefined, signal: AbortSignal) {
    return this.#open(this.#assignments(id), lastEventId, signal)
  }

  async getProfile(name: string, { signal }: CallOptions): Promise<QosProfile> {
    const url = `${this.#profilesUrl()}/qos-profiles/${pathSegment('the name of a profile', name)}`
    return (await this.#get(url, signal)) as QosProfile
  }

  async retrieveProfiles(body: QosProfileDeviceRequest, { signal }: CallOptions): Promise<QosProfile[]> {
    const url = `${this.#profilesUrl()}/retrieve-qos-profiles`
    return (await this.#retrieve(url, body, signal)) as QosProfile[]
  }

  /** The duration in seconds of a session created without one: 24 h, or the maximum of its profile if that is less. */
  async defaultDuration(profile: string, options: CallOptions): Promise<number> {
    if (this.endpoint.qosProfilesUrl === undefined) return DAY_S
    const known = this.#durations.get(profile)
    if (known !== undefined) return known
    // Concurrent calls each send their own request, so that aborting one does not abort another.
    const [found] = await this.retrieveProfiles({ name: profile }, options)
    const duration = maxSeconds(found)
    this.#durations.set(profile, duration)
    return duration
  }

  #open(resource: string, lastEventId: string | undefined, signal: AbortSignal) {
    const headers: Record<string, string> = { accept: 'text/event-stream' }
    if (lastEventId !== undefined) headers['last-event-id'] = lastEventId
    return this.#transport.open({ method: 'GET', url: `${resource}/events`, effect: 'none', headers, signal })
  }

  /** @throws {QodArgumentError} an option that the endpoint does not know */
  #create(url: string, body: object, { idempotencyKey, respondAsync, signal }: CreateCall): Call {
    const { extensions } = this.endpoint
    if (idempotencyKey !== undefined) this.#mustHave('idempotencyKey')
    if (respondAsync) this.#mustHave('respondAsync')
    const headers: Record<string, string> = extensions
      ? { 'idempotency-key': idempotencyKey ?? crypto.randomUUID() }
      : {}
    if (respondAsync) headers['prefer'] = 'respond-async'
    return { method: 'POST', url, body, effect: extensions ? 'same' : 'more', headers, signal }
  }

  /** @throws {QodArgumentError} the endpoint is not a Right of Way gateway */
  #mustHave(what: string): void {
    const { extensions, name } = this.endpoint
    if (!extensions) throw new QodArgumentError(`${what} works at Right of Way gateways only, not at ${name}`)
  }

  #get(url: string, signal: AbortSignal | undefined, onHeaders?: Call['onHeaders']): Promise<unknown> {
    return this.#transport.send({ method: 'GET', url, effect: 'none', signal, onHeaders })
  }

  /** A session, and the warning of the endpoint (RFC 7234 section 5.5). */
  async #session(call: Call, outcome: Outcome): Promise<SessionAnswer> {
    const { answer, reason } = await this.#withReason(call)
    const info = asSession(answer, outcome)
    return reason && info.qosStatus === 'UNAVAILABLE' ? { ...info, reason } : info
  }

  /** The same of an assignment. */
  async #assignment(call: Call, outcome: Outcome): Promise<AssignmentAnswer> {
    const { answer, reason } = await this.#withReason(call)
    const info = asAssignment(answer, outcome)
    return reason && info.status === 'UNAVAILABLE' ? { ...info, reason } : info
  }

  async #withReason(call: Call): Promise<{ answer: unknown; reason: string | undefined }> {
    let reason: string | undefined
    const onHeaders = (headers: Headers) => (reason = headers.get('warning')?.match(/^299 - "(.*)"/)?.[1])
    const answer = await this.#transport.send({ ...call, onHeaders })
    return { answer, reason }
  }

  /** A list that is requested by POST. */
  async #retrieve(url: string, body: object, signal: AbortSignal | undefined): Promise<unknown[]> {
    return asList(await this.#transport.send({ method: 'POST', url, body, effect: 'none', signal }))
  }

  #sessions(id?: string): string {
    const base = `${this.endpoint.qualityOnDemandUrl}/sessions`
    return id === undefined ? base : `${base}/${pathSegment('the id of a session', id)}`
  }

  #assignments(id?: string): string {
    const base = `${this.#provisioningUrl()}/qos-assignments`
    return id === undefined ? base : `${base}/${pathSegment('the id of an assignment', id)}`
  }

  #provisioningUrl(): string {
    const { qosProvisioningUrl, name } = this.endpoint
    if (qosProvisioningUrl !== undefined) return qosProvisioningUrl
    throw new QodArgumentError(`the endpoint ${name} has no qos-provisioning API`)
  }

  #profilesUrl(): string {
    const { qosProfilesUrl, name } = this.endpoint
    if (qosProfilesUrl !== undefined) return qosProfilesUrl
    throw new QodArgumentError(`the endpoint ${name} has no qos-profiles API`)
  }
}

/** For a profile that is not listed the endpoint decides. */
function maxSeconds(profile: QosProfile | undefined): number {
  const { value, unit } = profile?.maxDuration ?? { value: DAY_S, unit: 'Seconds' }
  return Math.min(DAY_S, Math.floor(value * (UNIT_S[unit] ?? 1)))
}

function pathSegment(what: string, text: string): string {
  // URLs lose the segments . and .., and cannot hold half a surrogate pair.
  if (typeof text !== 'string' || /^\.{0,2}$|\p{Cs}/u.test(text)) throw new QodArgumentError(`${what} is missing`)
  return encodeURIComponent(text)
}

function asSession(answer: unknown, outcome: Outcome = 'none'): SessionInfo {
  const { sessionId, qosStatus } = Object(answer) as Partial<SessionInfo>
  if (typeof sessionId === 'string' && typeof qosStatus === 'string') return answer as SessionInfo
  throw new QodConnectionError('the answer is not a session', 'INVALID_RESPONSE', outcome)
}

function asAssignment(answer: unknown, outcome: Outcome = 'none'): AssignmentInfo {
  const { assignmentId, status } = Object(answer) as Partial<AssignmentInfo>
  if (typeof assignmentId === 'string' && typeof status === 'string') return answer as AssignmentInfo
  throw new QodConnectionError('the answer is not an assignment', 'INVALID_RESPONSE', outcome)
}

function asList(answer: unknown): unknown[] {
  if (Array.isArray(answer)) return answer as unknown[]
  throw new QodConnectionError('the answer is not a list', 'INVALID_RESPONSE', 'none')
}
