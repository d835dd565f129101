import type { NetworkId } from '@rightofway/camara'
import type { GatewaysReport } from '../../ports/store/gateways.js'
import type { Deps } from '../deps.js'

export interface NetworkStatus {
  readonly network: NetworkId
  /** Sessions with a waiting network task. */
  readonly waitingTasks: number
  readonly troubles: readonly string[]
  /** Name of the leading gateway. Absent: there is none. */
  readonly drivenBy?: string
}

export interface GatewayStatus {
  readonly gateways: GatewaysReport['gateways']
  readonly networks: readonly NetworkStatus[]
  readonly deliveries: { readonly waiting: number; readonly dead: number }
}

/** Which gateways share the store, who leads which network, and how much waits. */
export async function getStatus({ store, networks }: Pick<Deps, 'store' | 'networks'>): Promise<GatewayStatus> {
  const { gateways, leaders } = await store.gateways.report()
  return {
    gateways,
    networks: await Promise.all(
      networks.all.map(async ({ id, troubles = [] }) => {
        const drivenBy = leaders.get(id)
        const waitingTasks = await store.work.countTasks(id)
        return { network: id, waitingTasks, troubles, ...(drivenBy !== undefined && { drivenBy }) }
      }),
    ),
    deliveries: await store.events.countDeliveries(),
  }
}
