export type { CoreEvent } from './events.js'
export type { Exchange } from './exchanges.js'
export type { Fault } from './faults.js'
export { type ServeCoreOptions, type ServedCore, serveCore } from './serve.js'
export type { ListedDevice } from './state/pdu-sessions.js'
export {
  CORES,
  type CoreName,
  DEFAULT_SETTINGS,
  DIALECTS,
  type DialectName,
  type Settings,
  type SettingsPatch,
} from './state/settings.js'
