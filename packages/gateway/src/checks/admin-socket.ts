import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { adminSocketOf } from '../config/data-files.js'
import type { Config } from '../config/schema.js'
import { checkSocketPath } from '../http/socket-path.js'
import { type Finding, ok } from './finding.js'

/** Whether the admin socket can be created at its path. @throws {Error} it cannot */
export function checkAdminSocket(config: Pick<Config, 'dataDir' | 'admin'>): Finding {
  const path = adminSocketOf(config)
  checkSocketPath(path)
  // The data folder has its own check, and may not exist yet.
  if (config.admin.socket !== undefined) checkFolder(path)
  return ok('socket path', path)
}

function checkFolder(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new Error(
      `the admin socket ${path} cannot be created: ${(error as Error).message}. Its folder must exist and be ` +
        'writable for the user of the gateway; otherwise set admin.socket to another path.',
      { cause: error },
    )
  }
}
