import { closed, QosProfile } from '@rightofway/camara/schemas'
import Type from 'typebox'

/** A QosProfile of the contract, and what its operator alone says of it. */
export const OperatorProfileSchema = closed(
  {
    ...QosProfile.properties,
    restricted: Type.Optional(
      Type.Boolean({
        description: 'Only for devices that have it among their `profiles`; nobody else is shown it. Default: false.',
      }),
    ),
  },
  { title: 'OperatorProfile', description: 'A QoS profile as its operator keeps it.' },
)
