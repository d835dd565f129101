// The form of a result: figures with their goals, and the machine they were taken on.

import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

export interface Figure {
  /** What was measured, with its unit. */
  readonly name: string
  readonly value: number
  /** The goal, in words; absent if the figure only explains another. */
  readonly goal?: string
  readonly met?: boolean
}

export interface BenchResult {
  readonly machine: string
  readonly figures: readonly Figure[]
}

export const machine = (): string => {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} x ${cpu?.model ?? 'unknown'}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}`
}

/** A figure that should be at least `goal`. */
export const atLeast = (name: string, value: number, goal: number): Figure => ({
  name,
  value,
  goal: `at least ${goal}`,
  met: value >= goal,
})

/** A figure that should be at most `goal`. */
export const atMost = (name: string, value: number, goal: number): Figure => ({
  name,
  value,
  goal: `at most ${goal}`,
  met: value <= goal,
})

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** The value below which `share` of the values lie. */
export const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN

const text = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3))

/** As a table for people. */
export function toTable({ machine, figures }: BenchResult): string {
  const width = Math.max(...figures.map(({ name }) => name.length))
  const rows = figures.map(({ name, value, goal, met }) => {
    const verdict = goal === undefined ? '' : `   ${goal}: ${met ? 'met' : 'NOT MET'}`
    return `${name.padEnd(width)}  ${text(value).padStart(8)}${verdict}`
  })
  return [machine, ...rows, ''].join('\n')
}

/** Keeps a result in bench/results. */
export function writeResult(name: string, result: BenchResult): void {
  const folder = new URL('../results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(result, null, 2)}\n`)
}
