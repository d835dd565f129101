/**
 * Signals that ask a process to end. Their default action would end it at once. SIGUSR1 is included because Node would
 * otherwise open a debugger.
 */
const STOP_SIGNALS = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGXCPU',
  'SIGPWR',
  'SIGIO',
] as const satisfies readonly NodeJS.Signals[]

/** Calls `stop` at the first signal. After it the default actions apply again, so a second signal ends the process. */
export function onStopSignal(stop: () => unknown): void {
  const stopOnce = () => {
    for (const signal of STOP_SIGNALS) process.off(signal, stopOnce)
    stop()
  }
  for (const signal of STOP_SIGNALS) process.on(signal, stopOnce)
}

/** A file at its size limit (SIGXFSZ) is an error of the write, and does not end the process. */
export function surviveFileLimits(): void {
  process.on('SIGXFSZ', () => undefined)
}
