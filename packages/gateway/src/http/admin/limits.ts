import { closed, type Operation } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { type Limits as Known, rateOf } from '../../domain/limits.js'
import type { Application } from '../../ports/store/applications.js'
import { OPERATIONS } from '../../schemas/operations.js'
import * as applications from '../../usecases/applications/index.js'
import { route } from '../route.js'
import { AUTHOR_HEADER, authorOf } from './author.js'
import type { AdminDeps } from './deps.js'
import { Id } from './schemas.js'

const tag = 'Applications'
const ApplicationPath = closed({ application: Id })

const MAX = 1_000_000_000
const PerSecond = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: MAX, description }))
const Count = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: MAX, description }))

const OwnLimits = closed(
  {
    requestsPerSecond: PerSecond('Sustained rate, for each operation.'),
    burst: PerSecond('Burst: requests that may come at once after a pause.'),
    operations: Type.Optional(
      closed(
        Object.fromEntries(
          OPERATIONS.map((operation) => [operation, PerSecond('Requests per second, for this operation.')]),
        ),
      ),
    ),
    sessions: Count('Maximum number of its sessions that are REQUESTED or AVAILABLE.'),
    sessionsPerDevice: Count('Maximum number of sessions of one device, counting those of all applications.'),
  },
  { title: 'OwnLimits', description: 'Limits of one application. Absent members have the default.' },
)

const LimitsOfApplication = closed(
  { own: OwnLimits, inForce: OwnLimits },
  { title: 'LimitsOfApplication', description: 'Its own limits, and the limits in force for it.' },
)

const getLimits = {
  operationId: 'getLimits',
  method: 'GET',
  path: '/applications/{application}/limits',
  summary: 'Get the limits of an application',
  tag,
  params: ApplicationPath,
  success: { status: 200, description: 'Its limits.', schema: LimitsOfApplication },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const putLimits = {
  operationId: 'putLimits',
  method: 'PUT',
  path: '/applications/{application}/limits',
  summary: 'Replace the limits of an application; existing sessions do not change',
  tag,
  params: ApplicationPath,
  headers: AUTHOR_HEADER,
  body: OwnLimits,
  success: { status: 200, description: 'Its limits.', schema: LimitsOfApplication },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

export const limitRoutes = [
  route({
    operation: getLimits,
    async handle({ params }, deps: AdminDeps) {
      return { body: await toLimits(deps, await applications.findApplication(deps, params.application)) }
    },
  }),
  route({
    operation: putLimits,
    async handle(request, deps: AdminDeps) {
      const { params, body } = request
      const author = authorOf(request, deps.realNow)
      const application = await applications.setLimits(deps, params.application, body as Partial<Known>, author)
      return { body: await toLimits(deps, application) }
    },
  }),
]

async function toLimits({ limits }: AdminDeps, { id, limits: own = {} }: Application) {
  const all = await limits.of(id)
  const { burst } = rateOf(all, '')
  const operations = Object.fromEntries(OPERATIONS.map((name) => [name, rateOf(all, name).requestsPerSecond]))
  return { own: own as object, inForce: { ...all, burst, operations } as object }
}
