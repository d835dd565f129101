import { reservationFile } from '../adapters/network-linux/state/reservation-table.js'
import { nameOfStateFile } from '../adapters/network-simulator/simulator.js'
import { checkStateFile } from '../adapters/sqlite/state-file.js'
import { simulatorFileOf } from '../config/data-files.js'
import type { Config } from '../config/schema.js'
import { type Finding, ok } from './finding.js'

/** Whether networks can keep their state. @throws {Error} a file cannot be used */
export function checkStateFiles({ dataDir, networks }: Pick<Config, 'dataDir' | 'networks'>): Finding {
  for (const network of networks) {
    if (network.kind === 'simulator' && network.url === undefined) {
      checkStateFile(nameOfStateFile(network.id), simulatorFileOf({ dataDir }, network.id))
    } else if (network.kind === 'linux') {
      checkStateFile(nameOfStateFile(network.id), reservationFile(dataDir, network.id))
    }
  }
  return ok('networks', 'their files are usable')
}
