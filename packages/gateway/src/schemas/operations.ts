import { qosProfiles, qualityOnDemand } from '@rightofway/camara/schemas'

/** Operations that have a rate, by operationId. */
export const OPERATIONS = [qualityOnDemand, qosProfiles].flatMap(({ operations }) =>
  operations.map(({ operationId }) => operationId),
)
