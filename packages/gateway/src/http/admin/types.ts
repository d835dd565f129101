// The answers of the admin API as types, for clients.

export type { GrantType } from '../../domain/application.js'
export type { Overview } from './overview.js'
export type { AdminSession, AdminSessionDetail } from './session-view.js'
