import type { Api, CallOptions, SessionAnswer } from './api.js'
import type { PortSpec } from './create-arguments.js'
import type { Device } from './device.js'
import { isGone, orGone } from './errors.js'
import { type FollowOptions, follow, type SessionChange } from './follow.js'
import { showAs } from './show.js'
import type { QosStatus, SessionUsage, StatusInfo } from './wire.js'

/** The order of statuses: a session moves forward only. */
const ORDER: readonly QosStatus[] = ['REQUESTED', 'AVAILABLE', 'UNAVAILABLE']

/**
 * A session: a quality of service for the traffic between a device and a server, until its duration ends.
 *
 * It shows the last answer of the endpoint: `refresh()` asks again; `settled()`, `ended()` and `changes()` follow it.
 * `await using session = ...` deletes it at the end of the scope.
 */
export class QoDSession {
  /** The device that it is for. */
  readonly device: Device
  readonly #api: Api
  #info: SessionAnswer

  private constructor(api: Api, device: Device, info: SessionAnswer) {
    this.device = device
    this.#api = api
    this.#info = info
  }

  /** @internal */
  static from(api: Api, device: Device, info: SessionAnswer): QoDSession {
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

  /**
   * REQUESTED: the network has not decided. AVAILABLE: the network provides it. UNAVAILABLE: it was refused, or has
   * ended.
   */
  get status(): QosStatus {
    return this.#info.qosStatus
  }

  /** Why it is UNAVAILABLE. Undefined in other statuses, or if the endpoint had already forgotten the session. */
  get statusInfo(): StatusInfo | undefined {
    return this.#info.statusInfo
  }

  /**
   * Why the network refused or ended it, in words for people. Undefined if nobody said; Right of Way gateways do, for as
   * long as they keep the session.
   */
  get reason(): string | undefined {
    return this.#info.reason
  }

  /**
   * Seconds. REQUESTED: the requested duration. AVAILABLE: from start to end, including extensions. UNAVAILABLE: how
   * long the session lasted. (A property: older clients call it as `session.duration()`.)
   */
  get duration(): number {
    return this.#info.duration
  }

  /** When it became AVAILABLE; undefined if it never was. */
  get startedAt(): Date | undefined {
    return toDate(this.#info.startedAt)
  }

  /** AVAILABLE: when it will end. UNAVAILABLE: when it ended. Undefined if it never started. */
  get expiresAt(): Date | undefined {
    return toDate(this.#info.expiresAt)
  }

  /** Seconds until it ends, by the endpoint's clock in its last answer; undefined unless it is AVAILABLE. */
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
   * Extends the session.
   * @param additionalSeconds whole seconds, at least 1. The total duration is capped at the maximum of the profile:
   *   `duration` and `expiresAt` show what was granted
   * @throws {QodApiError} `QUALITY_ON_DEMAND.SESSION_EXTENSION_NOT_ALLOWED` (409) it is not AVAILABLE; `NOT_FOUND`
   *   (404)
   * @throws {QodConnectionError} with outcome `unknown` it may have been extended: `refresh()` shows whether it was
   * @see CAMARA quality-on-demand, extendQosSessionDuration
   */
  async extend(additionalSeconds: number, options: CallOptions = {}): Promise<void> {
    this.#update(await this.#api.extendSession(this.id, additionalSeconds, options))
  }

  /**
   * Deletes the session; the network releases it. Also resolves if the session no longer exists.
   * @throws {QodApiError} {QodConnectionError}
   * @see CAMARA quality-on-demand, deleteSession
   */
  async delete(options: CallOptions = {}): Promise<void> {
    await orGone(this.#api.deleteSession(this.id, options))
    this.#gone()
  }

  /**
   * Fetches the current state of the session.
   * @throws {QodApiError} `NOT_FOUND` (404) it was deleted, or has ended and is no longer kept
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
   * The traffic that it has carried since its start, and its current rate. Right of Way gateways only.
   * @throws {QodApiError} `NOT_FOUND` (404) the session no longer exists, or its network does not measure traffic
   * @throws {QodArgumentError} the endpoint is not a Right of Way gateway
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
   * Resolves once the session has ended. `statusInfo` says why, unless the endpoint had already forgotten the session.
   * @throws what {@link changes} throws
   */
  async ended(options: FollowOptions = {}): Promise<this> {
    for await (const _ of this.changes(options));
    return this
  }

  /**
   * Every change of status from now on, as it happens, until the session has ended.
   *
   * A Right of Way gateway sends them as a stream; other endpoints are polled, see `pollMs`. Polling does not keep Node
   * running: a program that has nothing else to do ends.
   * @throws {QodApiError} the endpoint refuses, for example because the key was revoked
   * @throws {QodConnectionError} the endpoint could not be reached for five minutes
   */
  async *changes(options: FollowOptions = {}): AsyncGenerator<SessionChange, void, void> {
    if (this.status === 'UNAVAILABLE') return
    const open = this.#api.openEvents.bind(this.#api, this.id)
    for await (const change of follow(this.#api, this, options, open)) {
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

  #update(info: SessionAnswer): void {
    // Answers can arrive out of order, and a session that has ended stays ended.
    if (ORDER.indexOf(info.qosStatus) >= ORDER.indexOf(this.status)) this.#info = info
  }

  /** The endpoint has forgotten the session. The reason of its end is known already, or never will be. */
  #gone(): void {
    this.#end(this.statusInfo)
  }

  #end(statusInfo: StatusInfo | undefined): void {
    if (this.status === 'UNAVAILABLE' && this.statusInfo !== undefined) return
    const { statusInfo: _, ...rest } = this.#info
    this.#info = { ...rest, qosStatus: 'UNAVAILABLE', ...(statusInfo && { statusInfo }) }
  }
}

showAs(QoDSession, 'QoDSession', ({ id, status, statusInfo, reason, profile, duration, startedAt, expiresAt }) => ({
  id,
  status,
  ...(statusInfo && { statusInfo }),
  ...(reason && { reason }),
  profile,
  duration,
  startedAt,
  expiresAt,
}))

const toDate = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text))
