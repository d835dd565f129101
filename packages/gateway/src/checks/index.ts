import { checkAdminSocket } from './admin-socket.js'
import type { Check } from './check.js'
import { checkDataFolder } from './data-folder.js'
import { checkKeyring } from './keyring.js'
import { checkLinuxNetworks } from './linux-networks.js'
import { checkNamedFiles } from './named-files.js'
import { checkNetworksNamed } from './networks-named.js'
import { checkNode } from './node.js'
import { checkOpenFiles } from './open-files.js'
import { checkPort } from './port.js'
import { checkSecrets } from './secrets.js'
import { checkSimulated } from './simulated.js'
import { checkStateFiles } from './state-files.js'
import { checkNotInUse, checkStore } from './store.js'
import { checkTls } from './tls.js'

/** Run by `serve` before it changes anything, and by `doctor`. */
export const BEFORE_START: readonly Check[] = [
  { name: 'Node', look: () => checkNode(process.versions.node) },
  { name: 'data folder', look: ({ config }) => checkDataFolder(config.dataDir) },
  { name: 'open files', look: () => checkOpenFiles() },
  { name: 'secrets', look: ({ config, given }) => checkSecrets(config, given) },
  { name: 'certificate', look: ({ config, now }) => checkTls(config.listen, now) },
  { name: 'files', look: ({ config }) => checkNamedFiles(config) },
  { name: 'networks', look: ({ config }) => checkNetworksNamed(config) },
  { name: 'networks', look: ({ config }) => checkStateFiles(config) },
  { name: 'socket path', look: ({ config }) => checkAdminSocket(config) },
]

/**
 * Checks without side effects of what `serve` finds out by starting: run by `doctor` alone, with the messages of
 * `serve`.
 */
export const INSTEAD_OF_START: readonly Check[] = [
  { name: 'store', look: ({ config, now }) => checkStore(config, now) },
  { name: 'keyring', look: ({ config }) => checkKeyring(config) },
  { name: 'simulation', look: ({ config }) => checkSimulated(config) },
]

/** Like {@link INSTEAD_OF_START}, only while no gateway runs. */
export const WHILE_STOPPED: readonly Check[] = [
  { name: 'store', look: ({ config }) => checkNotInUse(config) },
  { name: 'networks', look: ({ config }) => checkLinuxNetworks(config) },
  { name: 'port', look: ({ config }) => checkPort(config.listen) },
]
