/**
 * Signals that ask a process to end, and whose default action would end it in the middle. SIGUSR1 is among them because
 * Node opens a debugger for it otherwise.
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

/** Calls `stop` at the first signal that asks for it. A second one means it: the default actions are back. */
export function onStopSignal(stop: () => unknown): void {
  const stopOnce = () => {
    for (const signal of STOP_SIGNALS) process.off(signal, stopOnce)
    stop()
  }
  for (const signal of STOP_SIGNALS) process.on(signal, stopOnce)
}

/** A file that may not grow any more is an error of who writes it, and no end of the process. */
export function surviveFileLimits(): void {
  process.on('SIGXFSZ', () => undefined)
}
