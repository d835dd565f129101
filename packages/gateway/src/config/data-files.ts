// The files of the data folder.

import { join } from 'node:path'
import type { Config } from './schema.js'

export const storeFileOf = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'store.db')

export const adminSocketOf = ({ dataDir, admin }: Pick<Config, 'dataDir' | 'admin'>): string =>
  admin.socket ?? join(dataDir, 'admin.sock')

export const keyringFileOf = ({ dataDir, keyring }: Pick<Config, 'dataDir' | 'keyring'>): string =>
  keyring.file ?? join(dataDir, 'keyring')

export const simulatorFileOf = ({ dataDir }: Pick<Config, 'dataDir'>, network: string): string =>
  join(dataDir, `simulator-${network}.db`)
