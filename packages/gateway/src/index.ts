export { ConfigError, type ConfigSources, loadConfig } from './config/config.js'
export { type Config, SETTINGS, type Setting } from './config/schema.js'
export { type Gateway, type GatewayOptions, startGateway } from './main.js'
