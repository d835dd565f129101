import type { Config } from '../config/schema.js'
import { type Finding, ok, warning } from './finding.js'

/** Simulated networks outside of a sandbox: they grant everything and change nothing. */
export const simulatedNetworks = ({ networks, sandbox }: Pick<Config, 'networks' | 'sandbox'>): string[] =>
  sandbox
    ? []
    : networks
        .filter(({ kind }) => kind === 'simulator')
        .map(({ id }) => `the network ${id} is simulated: it grants sessions, but does not treat packets`)

/** Whether sessions have an effect on packets. */
export function checkSimulated(config: Pick<Config, 'networks' | 'sandbox'>): Finding[] {
  const found = simulatedNetworks(config)
  if (found.length === 0) return [ok('simulation', 'no network is simulated outside a sandbox')]
  return found.map((says) => warning('simulation', says, 'configure a real network in `networks`, or use --sandbox'))
}
