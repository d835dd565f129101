// The other side of a ThreadedStore: a thread that runs the store, mostly waiting for the disk.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { openSqliteStore, type SqliteStore } from '../store-sqlite/store.js'
import { serveStore } from './serve.js'
import type { Opening, ThreadData } from './threaded-store.js'

if (parentPort === null) throw new Error('this file is a thread of its own: start it with openThreadedStore')
const { file, synchronous } = workerData as ThreadData
const opening = open(parentPort)
parentPort.postMessage(opening)

function open(port: MessagePort): Opening {
  let store: SqliteStore
  try {
    store = openSqliteStore({ file, synchronous })
  } catch (error) {
    return { failure: (error as Error).message }
  }
  serveStore(store, port)
  return {}
}
