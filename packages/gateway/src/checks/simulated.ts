import type { Config } from '../config/schema.js'
import { type Finding, ok, warning } from './finding.js'

/** Networks that grant everything and change nothing, outside of a sandbox. */
export const simulatedNetworks = ({ networks, sandbox }: Pick<Config, 'networks' | 'sandbox'>): string[] =>
  sandbox
    ? []
    : networks
        .filter(({ kind }) => kind === 'simulator')
        .map(({ id }) => `the network ${id} is simulated: sessions are granted, and no packet is treated otherwise`)

/** Whether sessions mean anything to packets. */
export function checkSimulated(config: Pick<Config, 'networks' | 'sandbox'>): Finding[] {
  const found = simulatedNetworks(config)
  if (found.length === 0) return [ok('simulation', 'no network is simulated outside of a sandbox')]
  return found.map((says) => warning('simulation', says, 'name a real network in `networks`, or serve with --sandbox'))
}
