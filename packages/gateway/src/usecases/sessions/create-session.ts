import { type CreateSession, type Device, ERRORS, type Mutable, type Seconds, seconds } from '@rightofway/camara'
import type { Caller } from '../../domain/caller.js'
import { checkAddressPairs, checkFlowSize, parseServerSide, type ServerSide } from '../../domain/flow.js'
import { grantProfile } from '../../domain/profile.js'
import { request, type Session, type Terms } from '../../domain/session.js'
import { isKnownByNumber } from '../../views/networks.js'
import type { Deps } from '../deps.js'
import { type CreateOptions, checkAdmissible, commonTerms, create, type Kind } from '../resources/create.js'

/** What only sessions have. */
interface ParsedSession {
  readonly side: ServerSide
  readonly duration: Seconds
  readonly asked: Terms['asked']
}

const SESSION: Kind<CreateSession, ParsedSession, Session> = {
  operation: 'createSession',
  service: 'quality-on-demand',
  parse: (body, { deviceAsSent }) => ({
    side: parseServerSide(body),
    duration: seconds(body.duration),
    asked: askedFor(body, deviceAsSent),
  }),
  admit(deps, parsed, resolved, caller) {
    const { side, duration, asked } = parsed.own
    const { device, network } = resolved
    const profile = grantProfile(resolved.profile, duration, deps.policy.durationCeiling)
    checkAdmissible(deps, parsed, resolved, 'QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE')
    checkFlowSize(side, network.capabilities.maxFlowRules)
    const flow = { ...side, device: device.addresses }
    const terms = commonTerms(deps, parsed, resolved, caller, { newId: deps.newSessionId, profile, asked })
    if (!isKnownByNumber(network, terms.subscriber)) checkAddressPairs(flow)
    return request({ ...terms, flow }, duration)
  },
  conflict: (own) =>
    own === undefined
      ? ERRORS.CONFLICT.message
      : `Your session ${own} already covers this flow of the device: delete it first.`,
}

/**
 * Asks a network for a session, and waits a moment for its answer.
 * @throws {QodError} see operation createSession
 */
export const createSession = (
  deps: Deps,
  body: CreateSession,
  caller: Caller,
  options: CreateOptions = {},
): Promise<Session> => create(deps, SESSION, body, caller, options)

/** As it stood in the request; the device is known by the identifier that will be used. */
function askedFor(body: CreateSession, deviceAsSent: Device | undefined): Terms['asked'] {
  const { applicationServer, devicePorts, applicationServerPorts, sink } = body
  const asked: Mutable<Terms['asked']> = { applicationServer }
  if (deviceAsSent !== undefined) asked.deviceAsSent = deviceAsSent
  if (devicePorts !== undefined) asked.devicePorts = devicePorts
  if (applicationServerPorts !== undefined) asked.applicationServerPorts = applicationServerPorts
  if (sink !== undefined) asked.sink = sink
  return asked
}
