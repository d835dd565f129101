import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { GatewayProcess } from '../../test/gateway-process.js'

/** Arguments of Node for a gateway that {@link loopDelay} can ask. */
export const WITH_LOOP_DELAY = ['--require', fileURLToPath(new URL('loop-delay.cjs', import.meta.url))]

/** By how much timers of the event loop were late, in milliseconds. */
export interface LoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** The delay of a gateway's event loop since the last time this was asked. */
export async function loopDelay({ process: gateway }: GatewayProcess): Promise<LoopDelay> {
  const told = once(gateway, 'message') as Promise<[LoopDelay]>
  gateway.send('loop delay')
  const [delay] = await told
  return delay
}
