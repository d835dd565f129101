// Outside of a sandbox a gateway starts with a network that is configured only.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The network that a sandbox has by default. */
export const SIMULATED_NETWORK = { kind: 'simulator', id: 'simulator' } as const

/** Writes a configuration with {@link SIMULATED_NETWORK} into a folder. @returns its path */
export function simulatedNetworkFile(dir: string): string {
  const file = join(dir, 'gateway.yaml')
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ networks: [SIMULATED_NETWORK] }))
  return file
}
