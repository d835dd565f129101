import { getQosProfile, retrieveQosProfiles } from '@rightofway/camara/schemas'
import type { Deps } from '../../usecases/deps.js'
import { getProfile } from '../../usecases/profiles/get-profile.js'
import { retrieveProfiles } from '../../usecases/profiles/retrieve-profiles.js'
import { route } from '../route.js'

/** CAMARA qos-profiles, operation getQosProfile. */
export const getProfileRoute = route({
  operation: getQosProfile,
  async handle({ params, caller }, deps: Deps) {
    return { body: await getProfile(deps, params.name, caller) }
  },
})

/** CAMARA qos-profiles, operation retrieveQosProfiles. */
export const retrieveProfilesRoute = route({
  operation: retrieveQosProfiles,
  async handle({ body, caller }, deps: Deps) {
    return { body: [...(await retrieveProfiles(deps, body, caller))] }
  },
})
