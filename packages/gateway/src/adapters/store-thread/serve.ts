import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type { SqliteStore } from '../store-sqlite/store.js'
import { type Call, METHODS, type Part, type Port, type Told, toText, WATCHED } from './messages.js'

/** Characters of one message. The limit of a string is some 500 million. */
const MAX_MESSAGE = 64 * 1_048_576

/** Carries out the calls of a {@link ThreadedStore} at the other end of `port`. */
export function serveStore(
  store: SqliteStore,
  port: Port,
  { maxMessage = MAX_MESSAGE }: { maxMessage?: number } = {},
): void {
  let telling: string[] = []
  let length = 0
  const post = () => {
    if (telling.length === 0) return
    port.postMessage(`[${telling.join(',')}]`)
    telling = []
    length = 0
  }
  const tell = (told: Told) => {
    const text = textOf(told)
    if (length + text.length > maxMessage) post()
    telling.push(text)
    length += text.length
    // The outcomes of one turn are sent in one message.
    if (telling.length === 1) setImmediate(post)
  }
  store.work.watchWork((hint) => tell({ hint }))
  for (const changed of WATCHED) store[changed].watch(() => tell({ changed }))

  port.on('message', (text: string) => {
    for (const { id, part, method, args } of JSON.parse(text) as Call[]) {
      // undefined is sent as null; no argument of a store's method is null.
      const given = args.map((arg) => arg ?? undefined)
      // A call that throws synchronously is treated like one that rejects.
      new Promise((resolve) => resolve(call(store, part, method, given))).then(
        (value) => tell({ id, value }),
        (error: unknown) => tell({ id, error: toText(error) }),
      )
    }
  })
}

/** @throws {TypeError} there is no such method */
function call(store: SqliteStore, part: Part, method: string, args: readonly unknown[]): unknown {
  if (!Object.hasOwn(METHODS, part) || !Object.hasOwn(METHODS[part], method)) {
    throw new TypeError(`the thread of the store has no method ${part}.${method}`)
  }
  const owner = (part === 'store' ? store : store[part]) as unknown as Record<string, (...args: unknown[]) => unknown>
  return owner[method]?.(...args)
}

/** An answer that cannot be serialized fails its own call, and no other. */
function textOf(told: Told): string {
  try {
    return JSON.stringify(told)
  } catch (error) {
    if (!('id' in told)) throw error
    const failure = new StoreUnavailable(`the answer of the store is too long: ${(error as Error).message}`)
    return JSON.stringify({ id: told.id, error: toText(failure) } satisfies Told)
  }
}
