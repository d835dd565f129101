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
  summary: 'Get the state of the gateway',
  tag,
  success: {
    status: 200,
    description: 'Its state.',
    schema: closed({
      ready: Type.Boolean(),
      problems: Type.Array(Type.String(), { description: 'Why it cannot do all of its work.' }),
      warnings: Type.Array(Type.String(), { description: 'Problems that this gateway cannot repair.' }),
      now: DateTime,
      gateways: Type.Array(
        closed({
          name: Type.String(),
          version: Type.String(),
          reaches: Type.Array(Type.String(), { description: 'Networks that it can lead.' }),
        }),
        { description: 'Gateways that are running on this store.' },
      ),
      networks: Type.Array(
        closed({
          network: Id,
          drivenBy: Type.Optional(
            Type.String({ description: 'Name of the leading gateway; absent while there is none.' }),
          ),
          waitingTasks: Type.Integer(),
          troubles: Type.Array(Type.String(), {
            description: 'Why it cannot treat sessions as it should, as far as this gateway knows.',
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
  summary: 'Reconcile a network with the store now',
  tag,
  params: closed({ network: Id }),
  success: {
    status: 200,
    description: 'The differences.',
    schema: closed({ orphans: Type.Integer(), missing: Type.Integer() }),
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const rotateKeyring = {
  operationId: 'rotateKeyring',
  method: 'POST',
  path: '/keyring/rotate',
  role: 'admin',
  summary: 'Add a new key to the keyring and encrypt all stored secrets with it',
  tag,
  success: { status: 200, description: 'Number of secrets.', schema: closed({ rewritten: Type.Integer() }) },
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
      if (differences === undefined) throw new QodError('NOT_FOUND', 'There is no network with this name.')
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
