// Stations on both sides of a router, for tests that send real packets through it.

import type { ReservationId } from '@rightofway/camara'
import { DEVICE, SERVER, Station } from '@rightofway/lab'
import type { Usage } from '../../ports/network.js'
import type { LinuxNetworkConfig } from './plan/sides.js'
import { openRouter, type Router, type RouterOptions, sleep } from './router.fixture.js'

/** The port on which both stations listen. */
export const PORT = 5_000
export const OTHER_PORT = 6_000

export interface Traffic {
  readonly router: Router
  readonly device: Station
  readonly server: Station
  close(): Promise<void>
}

export async function openTraffic(config: Partial<LinuxNetworkConfig> = {}, options?: RouterOptions): Promise<Traffic> {
  const router = await openRouter(config, options)
  const [device, server] = await Promise.all([
    Station.start(router.topology.device),
    Station.start(router.topology.server),
  ])
  for (const station of [device, server]) {
    for (const port of [PORT, OTHER_PORT]) await station.tell('listen', { port })
  }
  return {
    router,
    device,
    server,
    async close() {
      await Promise.all([device.close(), server.close()])
      await router.close()
    },
  }
}

/** Usage as soon as `enough` is true: counters are read once a second. */
export async function usageWhen(
  { network }: Router,
  id: ReservationId,
  enough: (usage: Usage) => boolean,
): Promise<Usage> {
  for (;;) {
    const usage = await network.usage(id)
    if (usage !== undefined && enough(usage)) return usage
    await sleep(100)
  }
}

export { DEVICE, SERVER }
