import { expect, it } from 'vitest'
import { barChart } from '../scripts/docs/bars.js'
import { timesAsGood } from '../scripts/docs/charts.js'

const CHART = {
  title: 'Two < three',
  unit: 'per second',
  names: ['first', 'second'],
  groups: [{ label: 'both', values: [50, 100] }],
}
const endsOf = (svg: string) => [...svg.matchAll(/d="M330 \d+H(\d+)"/g)].map(([, end]) => Number(end))

it('draws bars in proportion to their values, with labels', () => {
  const drawn = barChart(CHART)
  // 360 units of width for the longest.
  expect(endsOf(drawn)).toEqual([510, 690])
  for (const text of ['Two &lt; three', 'per second', 'first', 'second', 'both', '>50<', '>100<']) {
    expect(drawn).toContain(text)
  }
  expect(drawn).toContain('prefers-color-scheme: dark')
})

it('cuts bars at the edge, and still shows their values', () => {
  const drawn = barChart({ ...CHART, most: 80 })
  expect(endsOf(drawn)).toEqual([555, 690])
  expect(drawn).toContain('>100<')
})

it('shows the value for comparison', () => {
  const drawn = barChart({ ...CHART, level: { value: 50, text: 'the goal' } })
  expect(drawn).toMatch(/class="sure" d="M510 /)
  expect(drawn).toContain('the goal')
})

it.each([
  ['at least 0.3', 0.6, 2],
  ['at most 50', 100, 0.5],
  ['at most 50', 25, 2],
])('takes %s for a goal: %d is %d times as good', (goal, value, times) => {
  expect(timesAsGood({ name: 'a figure', value, goal })).toBeCloseTo(times)
})

it('finds no target where there is none', () => {
  expect(timesAsGood({ name: 'a figure', value: 1 })).toBeUndefined()
})
