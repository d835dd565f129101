import { QodError } from '@rightofway/camara'
import { reservationIdOf } from '../../domain/resource.js'
import type { Session } from '../../domain/session.js'
import { NetworkUnreachable, type Usage } from '../../ports/network.js'
import type { Deps } from '../deps.js'

/**
 * What a session has carried since it was granted.
 * @throws {QodError} `NOT_FOUND` its network does not count, or has counted nothing; `UNAVAILABLE` it cannot be asked now
 */
export async function usageOf({ networks }: Pick<Deps, 'networks'>, { id, network }: Session): Promise<Usage> {
  const counting = networks.get(network)
  if (counting?.usage === undefined) {
    throw new QodError('NOT_FOUND', 'The network of this session does not measure traffic.')
  }
  const usage = await counting.usage(reservationIdOf(id)).catch((error: unknown) => {
    if (!(error instanceof NetworkUnreachable)) throw error
    throw new QodError('UNAVAILABLE', 'The network cannot be read now.', { cause: error })
  })
  if (usage === undefined) throw new QodError('NOT_FOUND', 'No traffic was measured for this session.')
  return usage
}
