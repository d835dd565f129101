import { type NetworkId, QodError, toDateTime } from '@rightofway/camara'
import { closed, DateTime, type Operation } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { KeyMissing, KeysGiven } from '../../auth/secrets/keyring.js'
import { getStatus as statusOf } from '../../usecases/gateway/get-status.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { Id } from './schemas.js'

const tag = 'Gateway'

const getStatus = {
  operationId: 'getStatus',
  method: 'GET',
  path: '/status',
  summary: 'How the gateway is',
  tag,
  success: {
    status: 200,
    description: 'Its state.',
    schema: closed({
      ready: Type.Boolean(),
      problems: Type.Array(Type.String(), { description: 'What keeps it from doing all of its work.' }),
      warnings: Type.Array(Type.String(), { description: 'What is wrong, and not to be mended here.' }),
      now: DateTime,
      gateways: Type.Array(
        closed({
          name: Type.String(),
          version: Type.String(),
          reaches: Type.Array(Type.String(), { description: 'Networks that it can drive.' }),
        }),
        { description: 'Those that are alive on this store.' },
      ),
      networks: Type.Array(
        closed({
          network: Id,
          drivenBy: Type.Optional(Type.String({ description: 'Name of a gateway; absent while none drives it.' })),
          waitingTasks: Type.Integer(),
          troubles: Type.Array(Type.String(), {
            description: 'What keeps it from being the network that it should be, as far as this gateway can tell.',
          }),
        }),
      ),
      deliveries: closed({ waiting: Type.Integer(), dead: Type.Integer() }),
    }),
  },
  errors: [],
} as const satisfies Operation

const reconcileNetwork = {
  operationId: 'reconcileNetwork',
  method: 'POST',
  path: '/networks/{network}/reconcile',
  summary: 'Compare the store with a network now, and repair',
  tag,
  params: closed({ network: Id }),
  success: {
    status: 200,
    description: 'What differed.',
    schema: closed({ orphans: Type.Integer(), missing: Type.Integer() }),
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const rotateKeyring = {
  operationId: 'rotateKeyring',
  method: 'POST',
  path: '/keyring/rotate',
  role: 'admin',
  summary: 'Put a new key on the keyring and encrypt all secrets at rest with it',
  tag,
  success: { status: 200, description: 'How many secrets.', schema: closed({ rewritten: Type.Integer() }) },
  errors: ['CONFLICT'],
} as const satisfies Operation

export const gatewayRoutes = [
  route({
    operation: getStatus,
    async handle(_request, deps: AdminDeps) {
      const { ready, problems, warnings } = await deps.health.report()
      const { gateways, networks, deliveries } = await statusOf(deps)
      return {
        body: {
          ready,
          problems: [...problems],
          warnings: [...warnings],
          gateways: gateways.map(({ name, version, reaches }) => ({ name, version, reaches: [...reaches] })),
          now: toDateTime(deps.clock.now()),
          networks: networks.map(({ troubles, ...network }) => ({ ...network, troubles: [...troubles] })),
          deliveries,
        },
      }
    },
  }),
  route({
    operation: reconcileNetwork,
    async handle({ params }, { reconcile }: AdminDeps) {
      const differences = await reconcile(params.network as NetworkId)
      if (differences === undefined) throw new QodError('NOT_FOUND', 'There is no such network.')
      return { body: differences }
    },
  }),
  route({
    operation: rotateKeyring,
    async handle(_request, { secrets }: AdminDeps) {
      try {
        return { body: { rewritten: await secrets.rotate() } }
      } catch (error) {
        if (!(error instanceof KeysGiven || error instanceof KeyMissing)) throw error
        throw new QodError('CONFLICT', error.message, { cause: error })
      }
    },
  }),
]
