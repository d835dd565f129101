// Processor time of a process, from Linux's accounting. Unlike throughput it does not depend on what else the machine does.

import { readdirSync, readFileSync } from 'node:fs'

/** In microseconds. */
export interface ProcessorTime {
  readonly all: number
  /** The thread that answers. */
  readonly main: number
  /** The busiest of the others: in a gateway, the store's. */
  readonly second: number
}

/** Used so far by each thread, by its id (proc_pid_schedstat(5)). */
function ofThreads(pid: number): ReadonlyMap<number, number> {
  const used = new Map<number, number>()
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
      used.set(Number(thread), Number(nanoseconds) / 1_000)
    } catch (error) {
      // It ended meanwhile.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
  return used
}

/** Used so far by all threads of a process. */
export const processorTimeUs = (pid: number): number => sumOf([...ofThreads(pid).values()])

/** The processor time that a process uses during `act`. */
export async function processorTimeOf<T>(pid: number, act: () => Promise<T>): Promise<[T, ProcessorTime]> {
  const before = ofThreads(pid)
  const done = await act()
  const used = [...ofThreads(pid)].map(([thread, us]) => [thread, us - (before.get(thread) ?? 0)] as const)
  const others = used.filter(([thread]) => thread !== pid).map(([, us]) => us)
  return [
    done,
    {
      all: sumOf(used.map(([, us]) => us)),
      main: used.find(([thread]) => thread === pid)?.[1] ?? 0,
      second: Math.max(0, ...others),
    },
  ]
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
