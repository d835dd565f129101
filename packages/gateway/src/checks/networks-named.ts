import type { Config } from '../config/schema.js'
import { type Finding, ok } from './finding.js'

/** Whether there is a network to grant sessions. @throws {Error} none is configured: nothing would treat packets */
export function checkNetworksNamed({ networks }: Pick<Config, 'networks'>): Finding {
  if (networks.length === 0) {
    throw new Error(
      'no network is configured: add one under `networks` in the file of --config, or use --sandbox for a ' +
        'simulated network',
    )
  }
  return ok('networks', networks.map(({ id, kind }) => `${id} (${kind})`).join(', '))
}
