import type { Log } from '../../packages/gateway/src/ports/log.js'

/** The log of what is measured inside this process: only errors. */
export const COMPLAINING: Log = { debug() {}, info() {}, warn: console.warn, error: console.error }
