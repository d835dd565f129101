import type { Api, CallOptions } from './api.js'
import type { PortSpec } from './create-arguments.js'
import type { Device } from './device.js'
import { isGone } from './errors.js'
import { type FollowOptions, follow, type SessionChange } from './follow.js'
import { showAs } from './show.js'
import type { QosStatus, SessionInfo, SessionUsage, StatusInfo } from './wire.js'

/** Where a status can lead: only forward. */
const ORDER: readonly QosStatus[] = ['REQUESTED', 'AVAILABLE', 'UNAVAILABLE']

/**
 * A session: a quality of service for the traffic between a device and a server, until its duration ends.
 *
 * It shows what the endpoint said last: `refresh()` asks again, `settled()`, `ended()` and `changes()` follow it. With
 * `await using session = ...` it is deleted where its scope ends.
 */
export class QoDSession {
  /** Whose session it is. */
  readonly device: Device
  readonly #api: Api
  #info: SessionInfo

  private constructor(api: Api, device: Device, info: SessionInfo) {
    this.device = device
    this.#api = api
    this.#info = info
  }

  /** @internal */
  static from(api: Api, device: Device, info: SessionInfo): QoDSession {
    return new QoDSession(api, device, info)
  }

  /** A UUID. */
  get id(): string {
    return this.#info.sessionId
  }

  /** Name of its QoS profile. */
  get profile(): string {
    return this.#info.qosProfile
  }

  /** REQUESTED: asked of the network. AVAILABLE: the network gives it. UNAVAILABLE: it does not, or no longer. */
  get status(): QosStatus {
    return this.#info.qosStatus
  }

  /** Why it is UNAVAILABLE. Undefined while it is not, and where the endpoint did not say (it forgot the session). */
  get statusInfo(): StatusInfo | undefined {
    return this.#info.statusInfo
  }

  /**
   * Seconds. REQUESTED: granted for later. AVAILABLE: from start to end, extensions included. UNAVAILABLE: how long it
   * really was. (A number: where an older client has `session.duration()`, leave the brackets out.)
   */
  get duration(): number {
    return this.#info.duration
  }

  /** When it became AVAILABLE; undefined if it has not (yet). */
  get startedAt(): Date | undefined {
    return toDate(this.#info.startedAt)
  }

  /** AVAILABLE: when it will end. UNAVAILABLE: when it ended. Undefined if it never started. */
  get expiresAt(): Date | undefined {
    return toDate(this.#info.expiresAt)
  }

  /** Seconds until it ends, by the endpoint's clock as its last answer showed it; undefined while it is not AVAILABLE. */
  get remainingSeconds(): number | undefined {
    const { expiresAt } = this
    if (this.status !== 'AVAILABLE' || expiresAt === undefined) return undefined
    return Math.max(0, (expiresAt.getTime() - this.#api.now()) / 1000)
  }

  get serviceIpv4(): string | undefined {
    return this.#server.ipv4Address
  }

  get serviceIpv6(): string | undefined {
    return this.#server.ipv6Address
  }

  get serviceIpAddresses(): readonly string[] | undefined {
    return this.#server.ipAddresses
  }

  get servicePorts(): PortSpec | undefined {
    return this.#info.applicationServerPorts
  }

  get devicePorts(): PortSpec | undefined {
    return this.#info.devicePorts
  }

  get sink(): string | undefined {
    return this.#info.sink
  }

  /**
   * Makes it last longer.
   * @param additionalSeconds  whole seconds, at least 1. The whole duration is capped at what the profile allows:
   *   `duration` and `expiresAt` show what was granted
   * @throws {QodApiError} `QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED` (409) it is not AVAILABLE; `NOT_FOUND` (404)
   * @throws {QodConnectionError} with outcome `unknown` it may have been extended: `refresh()` shows
   * @see CAMARA quality-on-demand, extendQosSessionDuration
   */
  async extend(additionalSeconds: number, options: CallOptions = {}): Promise<void> {
    this.#update(await this.#api.extendSession(this.id, additionalSeconds, options))
  }

  /**
   * Ends it and lets the network go. One that is gone already is as good as deleted.
   * @throws {QodApiError} {QodConnectionError}
   * @see CAMARA quality-on-demand, deleteSession
   */
  async delete(options: CallOptions = {}): Promise<void> {
    await orGone(this.#api.deleteSession(this.id, options))
    this.#gone()
  }

  /**
   * Asks the endpoint how it is.
   * @throws {QodApiError} `NOT_FOUND` (404) it is gone: deleted, or ended and forgotten
   * @see CAMARA quality-on-demand, getSession
   */
  async refresh(options: CallOptions = {}): Promise<this> {
    try {
      this.#update(await this.#api.getSession(this.id, options))
      return this
    } catch (error) {
      if (isGone(error)) this.#gone()
      throw error
    }
  }

  /**
   * What it has carried since it began, and how fast it is now. Ours: only a Right of Way gateway answers.
   * @throws {QodApiError} `NOT_FOUND` (404) the session is gone, or its network does not count
   * @throws {QodArgumentError} the endpoint is none of ours
   */
  usage(options: CallOptions = {}): Promise<SessionUsage> {
    return this.#api.getSessionUsage(this.id, options)
  }

  /**
   * Resolves once the network has decided: the session is AVAILABLE, or UNAVAILABLE.
   * @throws what {@link changes} throws
   */
  async settled(options: FollowOptions = {}): Promise<this> {
    if (this.status === 'REQUESTED') for await (const _ of this.changes(options)) break
    return this
  }

  /**
   * Resolves once the session has ended. `statusInfo` says why, unless nobody could: an endpoint forgets sessions.
   * @throws what {@link changes} throws
   */
  async ended(options: FollowOptions = {}): Promise<this> {
    for await (const _ of this.changes(options));
    return this
  }

  /**
   * Every change of status from now on, as it happens; ends when the session has ended.
   *
   * A Right of Way gateway tells of them by itself. Other endpoints are asked, now and then: see `pollMs`. Waiting in
   * between keeps no process alive: a program that has nothing else to do ends.
   * @throws {QodApiError} the endpoint will not say: the key was revoked, say
   * @throws {QodConnectionError} it could not be reached for five minutes
   */
  async *changes(options: FollowOptions = {}): AsyncGenerator<SessionChange, void, void> {
    if (this.status === 'UNAVAILABLE') return
    for await (const change of follow(this.#api, this, options)) {
      if (change.status === 'UNAVAILABLE') this.#end(change.statusInfo)
      yield change
    }
  }

  /** The same as {@link delete}. */
  deleteSession(): Promise<void> {
    return this.delete()
  }

  /** The same as {@link extend}. */
  extendSession(additionalSeconds: number): Promise<void> {
    return this.extend(additionalSeconds)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.delete()
  }

  get #server(): { ipv4Address?: string; ipv6Address?: string; ipAddresses?: string[] } {
    return this.#info.applicationServer
  }

  #update(info: SessionInfo): void {
    // Answers can overtake each other, and nothing brings back what has ended.
    if (ORDER.indexOf(info.qosStatus) >= ORDER.indexOf(this.status)) this.#info = info
  }

  /** The endpoint does not know it any more. Why it ended was said before, or never will be. */
  #gone(): void {
    this.#end(this.statusInfo)
  }

  #end(statusInfo: StatusInfo | undefined): void {
    if (this.status === 'UNAVAILABLE' && this.statusInfo !== undefined) return
    const { statusInfo: _, ...rest } = this.#info
    this.#info = { ...rest, qosStatus: 'UNAVAILABLE', ...(statusInfo && { statusInfo }) }
  }
}

showAs(QoDSession, 'QoDSession', ({ id, status, statusInfo, profile, duration, startedAt, expiresAt }) => ({
  id,
  status,
  ...(statusInfo && { statusInfo }),
  profile,
  duration,
  startedAt,
  expiresAt,
}))

const toDate = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text))

async function orGone(deleting: Promise<void>): Promise<void> {
  try {
    await deleting
  } catch (error) {
    if (!isGone(error)) throw error
  }
}
