import type { Log } from '../../packages/gateway/src/ports/log.js'

/** For what is measured inside this process: it says nothing while all is well. */
export const COMPLAINING: Log = { debug() {}, info() {}, warn: console.warn, error: console.error }
