import type { SqliteStore } from '../store-sqlite/store.js'
import { type Call, type Port, type Told, toText } from './messages.js'

/** Carries out what a {@link ThreadedStore} at the other end of `port` asks for. */
export function serveStore(store: SqliteStore, port: Port): void {
  let telling: Told[] = []
  const tell = (told: Told) => {
    telling.push(told)
    if (telling.length > 1) return
    // What comes in one turn goes back in one message.
    setImmediate(() => {
      port.postMessage(JSON.stringify(telling))
      telling = []
    })
  }
  store.work.watchWork((hint) => tell({ hint }))
  for (const changed of ['applications', 'grants', 'proofs', 'devices'] as const)
    store[changed].watch(() => tell({ changed }))

  port.on('message', (text: string) => {
    for (const { id, part, method, args } of JSON.parse(text) as Call[]) {
      const target = (method === undefined ? store : store[part]) as Record<string, (...args: unknown[]) => unknown>
      // What was undefined came as null; no argument of a store's method is null.
      const given = args.map((arg) => arg ?? undefined)
      // A call that throws at once is as good as one that rejects.
      const result = new Promise((resolve) => resolve(target[method ?? part]?.(...given)))
      void result.then(
        (value) => tell({ id, value }),
        (error: unknown) => tell({ id, error: toText(error) }),
      )
    }
  })
}
