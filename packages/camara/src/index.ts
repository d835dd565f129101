// The contract without its validators: types and units for applications, tests and pages.

export * from './errors.js'
export * from './events.js'
export * from './human-duration.js'
export * from './similar-names.js'
export type * from './types.js'
export * from './units.js'
