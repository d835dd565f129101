export { type TornDown, tearNetworksDown } from './adapters/network-linux/kernel/teardown.js'
export { type ServedSimulator, type ServeSimulatorOptions, serveSimulator } from './adapters/network-simulator/serve.js'
export {
  inspectPostgres,
  migratePostgres,
  type PostgresReport,
  StoreUnreachable,
} from './adapters/store-postgres/index.js'
export { backupStore, inspectStore, type StoreReport } from './adapters/store-sqlite/offline.js'
export { type Restored, restoreStore } from './adapters/store-sqlite/restore.js'
export { Keyring } from './auth/secrets/keyring.js'
export { type Check, examine, type Installation } from './checks/check.js'
export { type Finding, ok, problem, warning } from './checks/finding.js'
export { BEFORE_START, INSTEAD_OF_START, WHILE_STOPPED } from './checks/index.js'
export { type LoadOptions, loadConfig } from './checks/load-config.js'
export type { SettingsGiven } from './checks/secrets.js'
export { ConfigError, type ConfigSources } from './config/config.js'
export { createKeyring } from './config/keyring-source.js'
export { readProfiles } from './config/profiles-file.js'
export { type Config, SETTINGS, type Setting } from './config/schema.js'
export { type Gateway, type GatewayOptions, startGateway } from './main.js'
export { recipeText } from './sandbox/recipe-text.js'
export { RECIPES, type Recipe, statusOf } from './sandbox/recipes.js'
export { type SinkUrls, type WorldRow, worldRows } from './sandbox/world.js'
