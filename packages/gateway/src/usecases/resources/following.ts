export interface Following<T> {
  /** Calls back when there may be something new. Returns the function that stops it. */
  readonly subscribe: (onChange: () => void) => () => void
  /** What is new since the last time. Returns whether nothing can follow any more. */
  readonly read: () => AsyncGenerator<T, boolean>
  readonly quietMs: number
  readonly signal: AbortSignal
}

/** What is read after every change; null when nothing has come for `quietMs`. Ends when it is over or not wanted any more. */
export async function* following<T>({ subscribe, read, quietMs, signal }: Following<T>): AsyncGenerator<T | null> {
  let changed = true
  let wake: () => void = () => undefined
  const onChange = () => {
    changed = true
    wake()
  }
  const unsubscribe = subscribe(onChange)
  signal.addEventListener('abort', onChange)
  try {
    while (!signal.aborted) {
      changed = false
      if (yield* read()) return
      if (changed) continue
      const quiet = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(resolve, quietMs, true)
        wake = () => {
          clearTimeout(timer)
          resolve(false)
        }
      })
      if (quiet) yield null
    }
  } finally {
    unsubscribe()
    signal.removeEventListener('abort', onChange)
  }
}
