import { type NetworkId, QodError, type SessionId as Session } from '@rightofway/camara'
import { closed, type Operation, oneOf } from '@rightofway/camara/schemas'
import Type from 'typebox'
import type { Behaviour } from '../../adapters/network-simulator/behaviour.js'
import type { Simulator } from '../../adapters/network-simulator/simulator.js'
import { reservationIdOf, resourceIdOf } from '../../domain/resource.js'
import { Id, SessionId } from '../../http/admin/schemas.js'
import { route } from '../../http/route.js'

const tag = 'Simulator'
const NetworkPath = closed({ network: Id })
/** The most reservations that one answer lists. */
const MAX_RESERVATIONS = 10_000

const Bps = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Bits per second.' })
const CapacitySchema = closed({ downlinkBps: Bps, uplinkBps: Bps })

export interface SimulatorDeps {
  readonly simulators: ReadonlyMap<NetworkId, Simulator>
  /** Resolves when the gateway has acted on what it was told until now. */
  readonly settled: () => Promise<unknown>
}

const Status = closed(
  {
    capacity: CapacitySchema,
    guaranteed: CapacitySchema,
    held: Type.Integer(),
    pending: Type.Integer(),
    calls: closed({ reserve: Type.Integer(), release: Type.Integer() }),
  },
  { title: 'SimulatorStatus', description: 'The reservations and the capacity of a simulated network.' },
)

const operation = <const O extends Omit<Operation, 'tag' | 'params' | 'errors' | 'success'>>(definition: O) =>
  ({
    ...definition,
    tag,
    params: NetworkPath,
    success: { status: 200, description: 'The state of the network.', schema: Status },
    errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
  }) as const

const status = operation({
  operationId: 'getSimulator',
  method: 'GET',
  path: '/networks/{network}/simulator',
  summary: 'Get the state of a simulated network',
})

const reservations = {
  operationId: 'listReservations',
  method: 'GET',
  path: '/networks/{network}/simulator/reservations',
  summary: 'List the reservations of a simulated network',
  tag,
  params: NetworkPath,
  success: {
    status: 200,
    description: 'Sessions with a reservation, or in progress.',
    schema: closed({ held: Type.Array(SessionId) }),
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

const script = operation({
  operationId: 'scriptSimulator',
  method: 'POST',
  path: '/networks/{network}/simulator/script',
  summary: 'Set how the next reservations are treated',
  body: closed({
    behaviour: oneOf(['grant', 'refuse', 'refuse-late', 'late', 'never', 'lose', 'unreachable']),
    afterMs: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 86_400_000, description: 'For refuse-late, late and lose. Default: 1000.' }),
    ),
    times: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Default: 1.' })),
  }),
})

const capacity = operation({
  operationId: 'setSimulatorCapacity',
  method: 'PUT',
  path: '/networks/{network}/simulator/capacity',
  summary: 'Set the capacity',
  body: CapacitySchema,
})

const releaseDelay = operation({
  operationId: 'setSimulatorReleaseDelay',
  method: 'PUT',
  path: '/networks/{network}/simulator/release-delay',
  summary: 'Set the duration of every release',
  body: closed({ ms: Type.Integer({ minimum: 0, maximum: 60_000 }) }),
})

const lose = operation({
  operationId: 'loseReservation',
  method: 'POST',
  path: '/networks/{network}/simulator/lose',
  summary: 'Make the network end a session early',
  body: closed({ sessionId: SessionId }),
})

const reset = operation({
  operationId: 'resetSimulator',
  method: 'POST',
  path: '/networks/{network}/simulator/reset',
  summary: 'Make the network lose all reservations without notice',
})

export const simulatorRoutes = [
  route({
    operation: status,
    async handle({ params }, deps: SimulatorDeps) {
      return { body: find(deps, params.network).status() }
    },
  }),
  route({
    operation: reservations,
    async handle({ params }, deps: SimulatorDeps) {
      const held = await find(deps, params.network).list(undefined, MAX_RESERVATIONS)
      return { body: { held: held.map(({ id }) => resourceIdOf(id) as string) } }
    },
  }),
  route({
    operation: script,
    async handle({ params, body }, deps: SimulatorDeps) {
      const simulator = find(deps, params.network)
      const { behaviour: kind, afterMs = 1_000, times = 1 } = body
      const later = kind === 'refuse-late' || kind === 'late' || kind === 'lose'
      const behaviour: Behaviour = later ? { kind, afterMs } : { kind }
      simulator.script(behaviour, times)
      return { body: simulator.status() }
    },
  }),
  route({
    operation: capacity,
    async handle({ params, body }, deps: SimulatorDeps) {
      const simulator = find(deps, params.network)
      simulator.setCapacity(body)
      return { body: simulator.status() }
    },
  }),
  route({
    operation: releaseDelay,
    async handle({ params, body }, deps: SimulatorDeps) {
      const simulator = find(deps, params.network)
      simulator.delayReleases(body.ms)
      return { body: simulator.status() }
    },
  }),
  route({
    operation: lose,
    async handle({ params, body }, deps: SimulatorDeps) {
      const simulator = find(deps, params.network)
      if (!(await simulator.lose(reservationIdOf(body.sessionId as Session)))) {
        throw new QodError('NOT_FOUND', 'The network has no reservation for this session.')
      }
      await deps.settled()
      return { body: simulator.status() }
    },
  }),
  route({
    operation: reset,
    async handle({ params }, deps: SimulatorDeps) {
      const simulator = find(deps, params.network)
      await simulator.reset()
      return { body: simulator.status() }
    },
  }),
]

function find({ simulators }: SimulatorDeps, network: string): Simulator {
  const simulator = simulators.get(network as NetworkId)
  if (simulator === undefined) throw new QodError('NOT_FOUND', 'There is no simulated network with this name.')
  return simulator
}
