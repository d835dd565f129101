import { describe, expect, it } from 'vitest'
import { ALERTS } from '../scripts/watching/alerts.js'
import { dashboardText } from '../scripts/watching/dashboard.js'
import { METRICS, metricOf, namesIn } from '../scripts/watching/metrics.js'

interface Panel {
  readonly id: number
  readonly type: string
  readonly targets?: readonly { readonly expr: string }[]
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
}

describe('the alert rules', () => {
  it.each(ALERTS.map((alert) => [alert.name, alert] as const))('%s reads existing metrics', (_, alert) => {
    const names = namesIn(alert.expr)
    expect(names).not.toEqual([])
    expect(names.filter((name) => name !== 'up' && metricOf(name) === undefined)).toEqual([])
    const series = [...alert.test.fires, ...alert.test.quiet].flatMap(([name]) => namesIn(name))
    expect(series.filter((name) => !names.includes(name))).toEqual([])
  })

  it('group by labels of the metrics', () => {
    for (const { expr } of ALERTS) {
      const labels = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '))
      const known = namesIn(expr).flatMap((name) => metricOf(name)?.labels ?? [])
      expect(labels.filter((label) => label !== 'le' && !known.includes(label))).toEqual([])
    }
  })
})

describe('the dashboard', () => {
  const { panels } = JSON.parse(dashboardText()) as { panels: Panel[] }

  it('shows every metric once', () => {
    const shown = panels.flatMap(({ targets = [] }) => [...new Set(targets.flatMap(({ expr }) => namesIn(expr)))])
    expect(shown.map((name) => metricOf(name)?.name).toSorted()).toEqual(METRICS.map(({ name }) => name).toSorted())
  })

  it('has no overlapping panels', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  })
})
