import type { SessionId } from '@rightofway/camara'
import { getSessionUsage as operation } from '@rightofway/camara/schemas'
import type { DirectionQos } from '../../domain/profile.js'
import type { DirectionUsage } from '../../ports/network.js'
import type { Deps } from '../../usecases/deps.js'
import { getSessionUsage } from '../../usecases/sessions/get-session-usage.js'
import { route } from '../route.js'

/** Not CAMARA's: the traffic of a session. */
export const getSessionUsageRoute = route({
  operation,
  async handle({ params, caller }, deps: Deps) {
    const { session, usage } = await getSessionUsage(deps, params.sessionId as SessionId, caller)
    const { downlink, uplink } = session.profile.qos
    return {
      body: {
        sessionId: session.id as string,
        downlink: shown(usage.downlink, downlink),
        uplink: shown(usage.uplink, uplink),
      },
    }
  },
})

const shown = ({ bytes, packets, dropped, bitsPerSecond }: DirectionUsage, { guaranteed, maximum }: DirectionQos) => ({
  bytes,
  packets,
  dropped,
  bitsPerSecond,
  guaranteedBitsPerSecond: guaranteed,
  ...(maximum !== undefined && { maximumBitsPerSecond: maximum }),
})
