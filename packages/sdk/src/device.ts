import type { Api, CallOptions } from './api.js'
import { QosAssignment } from './assignment.js'
import {
  type AssignQosOptions,
  assignmentBody,
  type CreateQodSessionOptions,
  createBody,
  createOptions,
  type QodOptionalArgs,
} from './create-arguments.js'
import { type ClearFailure, QodApiError, QodClearError } from './errors.js'
import type { DeviceIdentifiers, DeviceIpv4Addr } from './identifiers.js'
import { QoDSession } from './session.js'
import { showAs } from './show.js'
import type { CreateAssignment, CreateSession, Device as WireDevice } from './wire.js'

/**
 * A device, by the identifiers that it was given; or, from `devices.fromToken()`, the one that the access token belongs
 * to.
 */
export class Device {
  readonly #api: Api
  readonly #identifiers: DeviceIdentifiers | undefined

  private constructor(api: Api, identifiers: DeviceIdentifiers | undefined) {
    this.#api = api
    this.#identifiers = identifiers
  }

  /** @internal */
  static from(api: Api, identifiers: DeviceIdentifiers | undefined): Device {
    return new Device(api, identifiers)
  }

  /** Its identifiers as they are sent. They are personal data: `console.log` of a device shows only their kinds. */
  get identifiers(): DeviceIdentifiers | undefined {
    return this.#identifiers
  }

  get networkAccessIdentifier(): string | undefined {
    return this.#identifiers?.networkAccessIdentifier
  }

  /** With a leading `+`. */
  get phoneNumber(): string | undefined {
    return this.#identifiers?.phoneNumber
  }

  get ipv4Address(): DeviceIpv4Addr | undefined {
    return this.#identifiers?.ipv4Address
  }

  get ipv6Address(): string | undefined {
    return this.#identifiers?.ipv6Address
  }

  /**
   * Asks the network for a quality of service between this device and a server.
   *
   * Resolves once the request is accepted. The network may not have decided yet: `session.status` is then REQUESTED,
   * and `await session.settled()` waits until it is AVAILABLE or UNAVAILABLE. (A Right of Way gateway waits up to a
   * second before it answers.)
   *
   * @throws {QodArgumentError} nothing was sent: no server is given, an address is given as the profile ...
   * @throws {QodApiError} `CONFLICT` (409) another session covers this flow; `IDENTIFIER_NOT_FOUND` (404) the device
   *   is unknown; `QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE` (400) the profile does not allow this duration;
   *   docs/reference/errors.md lists all of them
   * @throws {QodConnectionError} with outcome `unknown` a session may have been created: `device.sessions()` shows it
   * @example const session = await device.createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration:
   *   3600 })
   * @see CAMARA quality-on-demand, createSession
   */
  createQodSession(options: CreateQodSessionOptions): Promise<QoDSession>
  /** The profile first, then everything else. */
  createQodSession(profile: string, options: QodOptionalArgs): Promise<QoDSession>
  /** By position. @param duration  whole seconds */
  createQodSession(profile: string, serviceIpv4?: string, serviceIpv6?: string, duration?: number): Promise<QoDSession>
  async createQodSession(
    first: string | CreateQodSessionOptions,
    second?: string | QodOptionalArgs,
    serviceIpv6?: string,
    seconds?: number,
  ): Promise<QoDSession> {
    const options = createOptions(first, second, serviceIpv6, seconds)
    const asked = createBody(options)
    const duration = options.duration ?? (await this.#api.defaultDuration(options.profile, options))
    const body: CreateSession = { ...asked, duration }
    if (this.#identifiers !== undefined) body.device = this.#identifiers as WireDevice
    return QoDSession.from(this.#api, this, await this.#api.createSession(body, options))
  }

  /**
   * The sessions of the device that this application created, live ones first. Empty if there are none.
   * @throws {QodApiError} {QodConnectionError}
   * @see CAMARA quality-on-demand, retrieveSessionsByDevice
   */
  async sessions(options: CallOptions = {}): Promise<QoDSession[]> {
    const found = await this.#api.retrieveSessions(this.#identifiers as WireDevice | undefined, options)
    return found.map((info) => QoDSession.from(this.#api, this, info))
  }

  /**
   * Assigns a QoS profile to the device until it is revoked: for all its traffic that no session covers.
   *
   * Resolves once the request is accepted. The network may not have decided yet: `await assignment.settled()` waits until
   * it has.
   * @throws {QodArgumentError} nothing was sent: the profile is missing, the endpoint has no qos-provisioning API ...
   * @throws {QodApiError} `CONFLICT` (409) the device has an assignment, or has had one within 360 seconds;
   *   `SERVICE_NOT_APPLICABLE` (422) its network cannot hold one; `IDENTIFIER_NOT_FOUND` (404) the device is unknown
   * @throws {QodConnectionError} with outcome `unknown` it may have been assigned: `device.qosAssignment()` shows it
   * @example const assignment = await device.assignQos({ profile: 'QOS_E' })
   * @see CAMARA qos-provisioning, createQosAssignment
   */
  async assignQos(options: AssignQosOptions): Promise<QosAssignment> {
    const body: CreateAssignment = assignmentBody(options)
    if (this.#identifiers !== undefined) body.device = this.#identifiers as WireDevice
    return QosAssignment.from(this.#api, this, await this.#api.createAssignment(body, options))
  }

  /**
   * The assignment of the device that this application created; undefined if there is none.
   * @throws {QodApiError} {QodConnectionError}
   * @see CAMARA qos-provisioning, getQosAssignmentByDevice
   */
  async qosAssignment(options: CallOptions = {}): Promise<QosAssignment | undefined> {
    try {
      const info = await this.#api.retrieveAssignment(this.#identifiers as WireDevice | undefined, options)
      return QosAssignment.from(this.#api, this, info)
    } catch (error) {
      if (error instanceof QodApiError && error.code === 'NOT_FOUND') return undefined
      throw error
    }
  }

  /**
   * Deletes all sessions of the device that this application created.
   * @throws {QodClearError} some sessions could not be deleted, each with its reason; the others were deleted
   * @throws {QodApiError} {QodConnectionError} the sessions could not be listed
   */
  async clearSessions(options: CallOptions = {}): Promise<void> {
    // A list may be incomplete: ask again until it shows nothing new.
    const seen = new Set<string>()
    const failures: ClearFailure[] = []
    for (;;) {
      const found = (await this.sessions(options)).filter(({ id }) => !seen.has(id))
      if (found.length === 0) break
      await Promise.all(
        found.map(async (session) => {
          seen.add(session.id)
          await session.delete(options).catch((error: unknown) => failures.push({ sessionId: session.id, error }))
        }),
      )
    }
    if (failures.length > 0) throw new QodClearError(failures, seen.size)
  }
}

showAs(Device, 'Device', ({ identifiers }) => ({
  identifiedBy: identifiers === undefined ? ['token'] : Object.keys(identifiers),
}))
