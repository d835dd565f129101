import type { Api, AssignmentAnswer, CallOptions } from './api.js'
import type { Device } from './device.js'
import { isGone, orGone } from './errors.js'
import { type FollowOptions, follow, type SessionChange } from './follow.js'
import { showAs } from './show.js'
import type { AssignmentStatusInfo, QosStatus } from './wire.js'

/** The order of statuses: an assignment moves forward only. */
const ORDER: readonly QosStatus[] = ['REQUESTED', 'AVAILABLE', 'UNAVAILABLE']

/** For {@link QosAssignment.revoke}. */
export interface RevokeOptions extends FollowOptions {
  /**
   * Also deletes its record, so that the device can have another assignment at once. Otherwise an ended assignment
   * prevents the next one for 360 seconds. Default: false, so that it can be read.
   */
  readonly forget?: boolean | undefined
}

/**
 * An assignment: a QoS profile that a device has for all its traffic that no session covers, until it is revoked.
 *
 * It shows the last answer of the endpoint: `refresh()` asks again; `settled()`, `ended()` and `changes()` follow it.
 */
export class QosAssignment {
  /** The device that it is for. */
  readonly device: Device
  readonly #api: Api
  #info: AssignmentAnswer

  private constructor(api: Api, device: Device, info: AssignmentAnswer) {
    this.device = device
    this.#api = api
    this.#info = info
  }

  /** @internal */
  static from(api: Api, device: Device, info: AssignmentAnswer): QosAssignment {
    return new QosAssignment(api, device, info)
  }

  /** A UUID. */
  get id(): string {
    return this.#info.assignmentId
  }

  /** Name of its QoS profile. */
  get profile(): string {
    return this.#info.qosProfile
  }

  /**
   * REQUESTED: the network has not decided. AVAILABLE: the network provides it. UNAVAILABLE: it was refused, ended or
   * revoked.
   */
  get status(): QosStatus {
    return this.#info.status
  }

  /**
   * Why it is UNAVAILABLE; `DELETE_REQUESTED` while it is AVAILABLE: it is revoked, and its release is pending.
   * Undefined otherwise, or if the endpoint had already forgotten the assignment.
   */
  get statusInfo(): AssignmentStatusInfo | undefined {
    return this.#info.statusInfo
  }

  /** Why the network refused or ended it, in words for people. Undefined if nobody said. */
  get reason(): string | undefined {
    return this.#info.reason
  }

  /** When it became AVAILABLE; undefined if it never was. */
  get startedAt(): Date | undefined {
    const { startedAt } = this.#info
    return startedAt === undefined ? undefined : new Date(startedAt)
  }

  /** It does not expire. */
  get expiresAt(): undefined {
    return undefined
  }

  get sink(): string | undefined {
    return this.#info.sink
  }

  /**
   * Fetches the current state of the assignment.
   * @throws {QodApiError} `NOT_FOUND` (404) it has ended, and is no longer kept
   * @see CAMARA qos-provisioning, getQosAssignmentById
   */
  async refresh(options: CallOptions = {}): Promise<this> {
    try {
      this.#update(await this.#api.getAssignment(this.id, options))
      return this
    } catch (error) {
      if (isGone(error)) this.#end(this.statusInfo)
      throw error
    }
  }

  /**
   * Revokes the assignment. If the release by the network takes longer than the endpoint waits, it is AVAILABLE with
   * `DELETE_REQUESTED` then: `ended()` waits for the end. Also resolves if it no longer exists.
   * @throws {QodApiError} {QodConnectionError}
   * @see CAMARA qos-provisioning, revokeQosAssignment
   */
  async revoke({ forget = false, ...options }: RevokeOptions = {}): Promise<void> {
    const wasOver = this.status === 'UNAVAILABLE'
    const left = await orGone(this.#api.revokeAssignment(this.id, options))
    if (left === undefined) this.#end(this.statusInfo ?? 'DELETE_REQUESTED')
    else this.#update(left)
    // The first request revokes it, and the second one deletes its record.
    if (!forget || wasOver) return
    await this.ended(options)
    await orGone(this.#api.revokeAssignment(this.id, options))
  }

  /**
   * Resolves once the network has decided: the assignment is AVAILABLE, or UNAVAILABLE.
   * @throws what {@link changes} throws
   */
  async settled(options: FollowOptions = {}): Promise<this> {
    if (this.status === 'REQUESTED') for await (const _ of this.changes(options)) break
    return this
  }

  /**
   * Resolves once the assignment has ended.
   * @throws what {@link changes} throws
   */
  async ended(options: FollowOptions = {}): Promise<this> {
    for await (const _ of this.changes(options));
    return this
  }

  /**
   * Every change of status from now on, as it happens, until the assignment has ended: as for a session.
   * @throws {QodApiError} the endpoint refuses, for example because the key was revoked
   * @throws {QodConnectionError} the endpoint could not be reached for five minutes
   */
  async *changes(options: FollowOptions = {}): AsyncGenerator<SessionChange, void, void> {
    if (this.status === 'UNAVAILABLE') return
    const open = this.#api.openAssignmentEvents.bind(this.#api, this.id)
    for await (const change of follow(this.#api, this, options, open)) {
      // Nothing else ends an assignment.
      if (change.status === 'UNAVAILABLE') this.#end(change.statusInfo as AssignmentStatusInfo | undefined)
      yield change
    }
  }

  #update(info: AssignmentAnswer): void {
    // Answers can arrive out of order, and an assignment that has ended stays ended.
    if (ORDER.indexOf(info.status) >= ORDER.indexOf(this.status)) this.#info = info
  }

  #end(statusInfo: AssignmentStatusInfo | undefined): void {
    if (this.status === 'UNAVAILABLE' && this.statusInfo !== undefined) return
    const { statusInfo: _, ...rest } = this.#info
    this.#info = { ...rest, status: 'UNAVAILABLE', ...(statusInfo && { statusInfo }) }
  }
}

showAs(QosAssignment, 'QosAssignment', ({ id, status, statusInfo, reason, profile, startedAt }) => ({
  id,
  status,
  ...(statusInfo && { statusInfo }),
  ...(reason && { reason }),
  profile,
  startedAt,
}))
