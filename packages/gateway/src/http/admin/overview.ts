import { toDateTime } from '@rightofway/camara'
import { closed, DateTime, type Operation, oneOf } from '@rightofway/camara/schemas'
import Type, { type Static } from 'typebox'
import { ATTENTION_KINDS, getOverview as overviewOf, SLOTS } from '../../usecases/gateway/get-overview.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { Id } from './schemas.js'

const tag = 'Gateway'
const Direction = closed({
  guaranteedBps: Type.Integer({ description: 'Guaranteed to sessions, bits per second.' }),
  capacityBps: Type.Optional(Type.Integer({ description: 'Total capacity for guarantees. Absent: unknown.' })),
  usedBps: Type.Optional(
    Type.Integer({
      description:
        'Current rate of all sessions, bits per second. Absent: this network does not measure traffic, another ' +
        'gateway leads it, or it cannot be read now.',
    }),
  ),
})

const Attention = closed(
  {
    kind: oneOf([...ATTENTION_KINDS]),
    text: Type.String({ description: 'For people.' }),
  },
  { title: 'Attention', description: 'Something that needs attention.' },
)

const Overview = closed(
  {
    now: DateTime,
    sandbox: Type.Boolean(),
    sessions: closed({
      complete: Type.Boolean({ description: 'False: there are more sessions, and these figures are of the newest.' }),
      requested: Type.Integer(),
      available: Type.Integer(),
      unavailable: Type.Integer(),
    }),
    ends: Type.Array(Type.Integer(), {
      description: `Number of sessions that end in each of the next ${SLOTS} intervals of five minutes.`,
    }),
    grants: closed({
      count: Type.Integer({ description: 'Sessions granted within the last hour that are still kept.' }),
      p50Ms: Type.Optional(Type.Integer({ description: 'Median time until the grant, in milliseconds.' })),
      p99Ms: Type.Optional(Type.Integer()),
    }),
    networks: Type.Array(closed({ network: Id, downlink: Direction, uplink: Direction, waitingTasks: Type.Integer() })),
    deliveries: closed({ waiting: Type.Integer(), dead: Type.Integer(), slowQueues: Type.Integer() }),
    attention: Type.Array(Attention, { description: 'Empty if there are no problems.' }),
  },
  { title: 'Overview', description: 'Guarantees of the networks, sessions, and problems.' },
)

const getOverview = {
  operationId: 'getOverview',
  method: 'GET',
  path: '/overview',
  summary: 'Get an overview in figures',
  tag,
  success: { status: 200, description: 'The figures.', schema: Overview },
  errors: [],
} as const satisfies Operation

export type Overview = Static<typeof Overview>

export const overviewRoutes = [
  route({
    operation: getOverview,
    async handle(_request, deps: AdminDeps) {
      const { now, ends, networks, attention, ...figures } = await overviewOf(deps)
      return {
        body: {
          ...figures,
          now: toDateTime(now),
          sandbox: deps.sandbox,
          ends: [...ends],
          networks: [...networks],
          attention: [...attention],
        },
      }
    },
  }),
]
