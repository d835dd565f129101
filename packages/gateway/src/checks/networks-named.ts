import type { Config } from '../config/schema.js'
import { type Finding, ok } from './finding.js'

/** The message if no network is configured. */
export const NO_NETWORK =
  'no network is configured: add one under `networks` in the file of --config, or use --sandbox for a simulated network'

/** Whether a network can grant sessions. @throws {Error} none is configured: no packets would get QoS */
export function checkNetworksNamed({ networks }: Pick<Config, 'networks'>): Finding {
  if (networks.length === 0) {
    throw new Error(NO_NETWORK)
  }
  return ok('networks', networks.map(({ id, kind }) => `${id} (${kind})`).join(', '))
}
