import { type Load, type Network, NetworkUnreachable } from '../ports/network.js'

/**
 * The traffic of all sessions on a network now.
 * @returns undefined if it is not measured or cannot be read now, so that other figures are still shown
 */
export async function networkLoad(network: Pick<Network, 'load'>): Promise<Load | undefined> {
  try {
    return await network.load?.()
  } catch (error) {
    if (error instanceof NetworkUnreachable) return undefined
    throw error
  }
}
