// What the last runs of the benches gave.

import { readFileSync } from 'node:fs'
import type { BenchResult } from '../../bench/lib/result.js'

/** In the order of the page. */
export const BENCHES = [
  'create',
  'cores',
  'hostile',
  'postgres',
  'million',
  'expiry',
  'timers',
  'events',
  'network',
  'dashboard',
] as const
export type BenchName = (typeof BENCHES)[number]

export const resultOf = (name: BenchName): BenchResult =>
  JSON.parse(readFileSync(new URL(`../../bench/results/${name}.json`, import.meta.url), 'utf8')) as BenchResult

/** Three digits that count. */
export const digits = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
