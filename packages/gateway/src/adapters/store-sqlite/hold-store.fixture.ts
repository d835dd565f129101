// A process that opens a store, reports the outcome, and holds it until it is killed.

import { openSqliteStore } from './store.js'

try {
  const store = openSqliteStore({ file: process.argv[2] as string })
  setInterval(() => void store.ping(), 1_000)
  process.send?.('open')
} catch (error) {
  process.send?.((error as Error).message)
  process.disconnect()
}
