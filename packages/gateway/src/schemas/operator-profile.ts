import { closed, QosProfile } from '@rightofway/camara/schemas'
import Type from 'typebox'

/** A QosProfile of the contract, and what its operator alone says of it. */
export const OperatorProfileSchema = closed(
  {
    ...QosProfile.properties,
    restricted: Type.Optional(
      Type.Boolean({
        description: 'Only for devices that have it in their `profiles`; it is not listed for others. Default: false.',
      }),
    ),
  },
  { title: 'OperatorProfile', description: 'A QoS profile as operators see it.' },
)
