// The pictures of docs/reference/performance.md, out of the same results as its tables.

import type { Figure } from '../../bench/lib/result.js'
import { type BarChart, barChart } from './bars.js'
import type { GeneratedPage } from './index.js'
import { BENCHES, type BenchName, resultOf } from './results.js'

const OPERATIONS = ['create', 'get', 'extend', 'retrieve', 'delete']
const STORES = ['SQLite', 'PostgreSQL']
const TIMERS = ['gateway on SQLite', 'gateway on PostgreSQL', 'graphile-worker', 'pg-boss']
/** A goal that was met so many times over is met. */
const MOST_TIMES = 4

/** The charts of a section, by their name. */
export const CHARTS: Readonly<Record<string, { readonly of: BenchName | 'goals'; readonly draw: () => BarChart }>> = {
  goals: {
    of: 'goals',
    draw: () => ({
      title: 'What we are after, and what was measured',
      unit: `times as good as the goal, ${MOST_TIMES} at most`,
      names: [''],
      groups: BENCHES.flatMap((bench) =>
        resultOf(bench).figures.flatMap((figure) => {
          const times = timesAsGood(figure)
          return times === undefined ? [] : [{ label: `${bench}: ${short(figure.name)}`, values: [times] }]
        }),
      ),
      level: { value: 1, text: 'the goal' },
      most: MOST_TIMES,
    }),
  },
  operations: {
    of: 'postgres',
    draw: () => ({
      title: 'Operations, on both stores',
      unit: 'of what a bare echo answers',
      names: STORES,
      groups: OPERATIONS.map((operation) => ({
        label: operation,
        values: STORES.map((store) => figureOf('postgres', `${operation}, ${store}, ratio to echo`)),
      })),
    }),
  },
  gateways: {
    of: 'postgres',
    draw: () => ({
      title: 'Several gateways on one PostgreSQL, all on one machine',
      unit: 'of what one gateway answers',
      names: ['create', 'get'],
      groups: [2, 3].map((size) => ({
        label: `${size} gateways`,
        values: ['create', 'get'].map((operation) =>
          figureOf('postgres', `${operation}, ${size} gateways, ratio to one`),
        ),
      })),
      level: { value: 1, text: 'one gateway' },
    }),
  },
  lateness: {
    of: 'timers',
    draw: () => ({
      title: '10 000 due within one second: how late they were',
      unit: 'milliseconds',
      names: TIMERS,
      groups: ['half of them', '95 %', '99 %'].map((share) => ({
        label: share,
        values: TIMERS.map((name) => figureOf('timers', `lateness of ${share}, ${name}, ms`)),
      })),
    }),
  },
  backlog: {
    of: 'timers',
    draw: () => ({
      title: 'A backlog of 10 000',
      unit: 'done per second',
      names: [''],
      groups: TIMERS.map((name) => ({
        label: name,
        values: [figureOf('timers', `of a backlog, ${name}, per second`)],
      })),
    }),
  },
}

export const CHART_PAGES: readonly GeneratedPage[] = Object.entries(CHARTS).map(([name, { draw }]) => ({
  file: `docs/images/performance/${name}.svg`,
  generate: () => barChart(draw()),
}))

/** More is better, whichever direction the goal has; undefined for a figure without one. */
export function timesAsGood({ value, goal }: Figure): number | undefined {
  const [, direction, bound] = /^at (least|most) ([\d.]+)$/.exec(goal ?? '') ?? []
  if (bound === undefined) return undefined
  return direction === 'least' ? value / Number(bound) : Number(bound) / value
}

function figureOf(bench: BenchName, name: string): number {
  const found = resultOf(bench).figures.find((figure) => figure.name === name)
  if (found === undefined) throw new Error(`bench/results/${bench}.json has no figure "${name}"`)
  return found.value
}

const LONGEST = 42
const short = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).trimEnd()}…`)
