import { type Load, type Network, NetworkUnreachable } from '../ports/network.js'

/**
 * How much of a network sessions use now.
 * @returns undefined where nothing is counted, or it cannot be read now: other figures are worth having without this one
 */
export async function networkLoad(network: Pick<Network, 'load'>): Promise<Load | undefined> {
  try {
    return await network.load?.()
  } catch (error) {
    if (error instanceof NetworkUnreachable) return undefined
    throw error
  }
}
