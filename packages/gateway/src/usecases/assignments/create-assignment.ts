import { type CreateAssignment, QodError } from '@rightofway/camara'
import { type Assignment, requestAssignment } from '../../domain/assignment.js'
import type { Caller } from '../../domain/caller.js'
import { assignProfile } from '../../domain/profile.js'
import type { Asked } from '../../domain/terms.js'
import { isKnownByNumber } from '../../views/networks.js'
import type { Deps } from '../deps.js'
import { type CreateOptions, checkAdmissible, commonTerms, create, type Kind } from '../resources/create.js'

const ASSIGNMENT: Kind<CreateAssignment, Asked, Assignment> = {
  operation: 'createQosAssignment',
  service: 'qos-provisioning',
  parse: ({ sink }) => (sink === undefined ? {} : { sink }),
  admit(deps, parsed, resolved, caller) {
    const { device, network } = resolved
    const profile = assignProfile(resolved.profile)
    checkAdmissible(deps, parsed, resolved, 'QOS_PROVISIONING.QOS_PROFILE_NOT_APPLICABLE')
    if (!network.capabilities.assignments) {
      throw new QodError(
        'SERVICE_NOT_APPLICABLE',
        'The network of this device cannot hold a profile for all flows of a device: create sessions instead',
      )
    }
    const terms = commonTerms(deps, parsed, resolved, caller, {
      newId: deps.newAssignmentId,
      profile,
      asked: parsed.own,
    })
    const { ipv4, ipv6 } = device.addresses
    if (!isKnownByNumber(network, terms.subscriber) && ipv4 === undefined && ipv6 === undefined) {
      throw new QodError('SERVICE_NOT_APPLICABLE', 'The device has no address: it is not connected to the network')
    }
    return requestAssignment({ ...terms, addresses: device.addresses })
  },
  conflict: (own) =>
    own === undefined
      ? 'The device already has an assignment.'
      : `The device already has your assignment ${own}: delete it first, and once more if it is UNAVAILABLE then.`,
}

/**
 * Asks a network to give a device a profile until that is revoked, and waits a moment for its answer.
 * @throws {QodError} see operation createQosAssignment
 */
export const createAssignment = (
  deps: Deps,
  body: CreateAssignment,
  caller: Caller,
  options: CreateOptions = {},
): Promise<Assignment> => create(deps, ASSIGNMENT, body, caller, options)
