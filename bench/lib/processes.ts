// The processes of a bench: servers to measure, and the load generator.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LoadOrder, LoadReport } from './load-generator.js'

/** Of a measurement that something else ends. */
const LONGEST_MS = 600_000

/** Cleanup that runs even if the bench is interrupted. */
const left = new Set<() => void>()
process.on('exit', () => {
  for (const end of left) end()
})

/** A child process that runs a file of this folder. It ends with this process. */
export function tsx(file: string): ChildProcess {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { execArgv: ['--import', 'tsx'] })
  const kill = () => void child.kill('SIGKILL')
  left.add(kill)
  child.once('exit', () => left.delete(kill))
  return child
}

/** Runs `use` with the port of a bare echo server. */
export async function withEcho<T>(use: (port: number, pid: number) => Promise<T>): Promise<T> {
  const child = tsx('./echo-server.ts')
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return await use(port, child.pid as number)
  } finally {
    child.kill('SIGKILL')
  }
}

/** Runs `use` with a temporary folder. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rightofway-bench-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  left.add(remove)
  try {
    return await use(folder)
  } finally {
    remove()
    left.delete(remove)
  }
}

/** Memory of a process that is in RAM now, in bytes (proc_pid_status(5), VmRSS). */
export function residentBytes({ pid }: ChildProcess): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}

/**
 * Sends requests from a process of its own.
 * @param answer status, or its beginning, that every answer must have
 * @throws {Error} something was answered otherwise: no figure would be worth anything
 */
export const load = async (order: LoadOrder, answer = '2'): Promise<LoadReport> =>
  checkedReport(order, answer, startLoad(order).report)

/** As {@link load}, while something is done. Rejects if that rejects. */
export async function loadDuring(order: LoadOrder, act: () => Promise<void>): Promise<LoadReport> {
  const { child, report } = startLoad({ ...order, measureMs: LONGEST_MS })
  await act()
  child.send('stop')
  return checkedReport(order, '2', report)
}

function startLoad(order: LoadOrder): { readonly child: ChildProcess; readonly report: Promise<LoadReport> } {
  const child = tsx('./load-generator.ts')
  child.send(order)
  return { child, report: once(child, 'message').then(([report]) => report as LoadReport) }
}

async function checkedReport(order: LoadOrder, answer: string, told: Promise<LoadReport>): Promise<LoadReport> {
  const report = await told
  const { statuses } = report
  if (report.answered === 0 || Object.keys(statuses).some((status) => !status.startsWith(answer))) {
    throw new Error(`${order.method} ${order.path}: answers other than ${answer}, or none: ${JSON.stringify(statuses)}`)
  }
  return report
}
