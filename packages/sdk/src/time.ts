import { QodArgumentError } from './errors.js'

/** How this package waits. Tests replace it. */
export interface Time {
  /** Milliseconds since the epoch. */
  now(): number
  /**
   * Resolves after `ms`. @param idle nothing else is in progress: the wait does not keep Node running
   * @throws the signal's reason, once it is aborted
   */
  sleep(ms: number, signal: AbortSignal | undefined, idle?: boolean): Promise<void>
}

/** The longest delay of a timer: some 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** @throws {QodArgumentError} the delay is longer than a timer allows; `Infinity` means never */
export function checkedMs(name: string, ms: unknown): number {
  if (typeof ms === 'number' && ms >= 1 && (ms <= MAX_TIMER_MS || ms === Infinity)) return ms
  throw new QodArgumentError(`${name} must be a number of milliseconds from 1 to ${MAX_TIMER_MS}, or Infinity`)
}

export const realTime: Time = {
  now: () => Date.now(),
  sleep: (ms, signal, idle = false) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
        Math.min(ms, MAX_TIMER_MS),
      )
      // Node's timers are objects. Elsewhere they are numbers, and do not keep the process running.
      if (idle) (timer as unknown as { unref?: () => void }).unref?.()
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}
