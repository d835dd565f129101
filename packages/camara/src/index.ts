// The contract without its validators: what an application, a test or a page needs to speak of sessions.

export * from './errors.js'
export * from './events.js'
export * from './human-duration.js'
export * from './similar-names.js'
export type * from './types.js'
export * from './units.js'
