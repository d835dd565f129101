import type { Config } from '../config/schema.js'
import { type Finding, ok } from './finding.js'

/** What is said where none is. */
export const NO_NETWORK =
  'no network is configured: add one under `networks` in the file of --config, or use --sandbox for a simulated network'

/** Whether there is a network to grant sessions. @throws {Error} none is configured: nothing would treat packets */
export function checkNetworksNamed({ networks }: Pick<Config, 'networks'>): Finding {
  if (networks.length === 0) {
    throw new Error(NO_NETWORK)
  }
  return ok('networks', networks.map(({ id, kind }) => `${id} (${kind})`).join(', '))
}
