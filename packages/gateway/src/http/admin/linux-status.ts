import { type NetworkId, QodError, toDateTime } from '@rightofway/camara'
import { closed, DateTime, type Operation, oneOf } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { resourceIdOf } from '../../domain/resource.js'
import type { LinuxStatus, SessionStatus } from '../../ports/linux-status.js'
import { route } from '../route.js'
import { Id, SessionId } from './schemas.js'

const Count = Type.Integer({ minimum: 0 })
const Bps = Type.Integer({ minimum: 0, description: 'Bits per second.' })

const Direction = closed({
  guaranteedBps: Bps,
  ceilingBps: Bps,
  bitsPerSecond: Bps,
  bytes: Count,
  packets: Count,
  dropped: Count,
})

const getLinuxNetwork = {
  operationId: 'getLinuxNetwork',
  method: 'GET',
  path: '/networks/{network}/linux',
  summary: 'Get the state of a Linux network, read from its kernel',
  tag: 'Linux',
  params: closed({ network: Id }),
  success: {
    status: 200,
    description: 'Its links, its sessions, and the differences in its kernel.',
    schema: closed({
      links: Type.Array(
        closed({
          interface: Type.String(),
          direction: oneOf(['downlink', 'uplink']),
          capacityBps: Bps,
          reservedBps: Bps,
          guaranteedBps: Bps,
          sessionsBps: Bps,
          leaf: oneOf(['fq_codel', 'bfifo']),
          trouble: Type.Optional(
            Type.String({ description: 'Why it cannot carry packets as it should. Absent: it can.' }),
          ),
        }),
      ),
      sessions: Type.Array(
        closed({
          sessionId: SessionId,
          class: Type.String(),
          interface: Type.String(),
          endsAt: DateTime,
          downlink: Direction,
          uplink: Direction,
        }),
      ),
      classes: closed({ inUse: Count, ready: Count }),
      repairs: Count,
      troubles: Type.Array(Type.String(), { description: 'Why it cannot treat sessions as it should.' }),
      drift: Type.Optional(
        closed(
          { rebuilt: Type.Array(Type.String()), missing: Count, stray: Count, classes: Count },
          {
            description: 'Differences between the kernel and the applied state. Absent: the kernel cannot be read now.',
          },
        ),
      ),
    }),
  },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND'],
} as const satisfies Operation

export interface LinuxDeps {
  readonly linuxNetworks: ReadonlyMap<NetworkId, { status(): Promise<LinuxStatus> }>
}

export const linuxRoutes = [
  route({
    operation: getLinuxNetwork,
    async handle({ params }, { linuxNetworks }: LinuxDeps) {
      const network = linuxNetworks.get(params.network as NetworkId)
      if (network === undefined) throw new QodError('NOT_FOUND', 'There is no Linux network with this name.')
      const { links, sessions, troubles, drift, ...rest } = await network.status()
      return {
        body: {
          ...rest,
          links: [...links],
          sessions: sessions.map(shown),
          troubles: [...troubles],
          ...(drift && { drift: { ...drift, rebuilt: [...drift.rebuilt] } }),
        },
      }
    },
  }),
]

const shown = ({ reservation, endsAt, ...rest }: SessionStatus) => ({
  sessionId: resourceIdOf(reservation) as string,
  endsAt: toDateTime(endsAt),
  ...rest,
})
