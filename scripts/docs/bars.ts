// Bars beside each other, with their values: the one kind of chart that figures of a bench need.

import { axisUpTo, escaped, svg } from '@rightofway/lab'
import { digits } from './results.js'

export interface Group {
  readonly label: string
  /** One for each name of the chart, in their order. */
  readonly values: readonly number[]
}

export interface BarChart {
  readonly title: string
  readonly unit: string
  /** What is compared, at most four; a single one needs no legend. */
  readonly names: readonly string[]
  readonly groups: readonly Group[]
  /** A value to compare with, and what it is. */
  readonly level?: { readonly value: number; readonly text: string }
  /** Longer bars end here. Default: the longest fits. */
  readonly most?: number
}

const WIDTH = 760
/** Of the bars; what they are stands to the left, and their value to the right. */
const BEGIN = 330
const END = 690
const TOP = 74
const BAR = 12
const GAP = 14
const TEXT_DROP = 4
/** Of the lines and bars of a chart, by their place. */
const KINDS = ['line down', 'line up', 'line trip', 'mark'] as const

export function barChart({ title, unit, names, groups, level, most }: BarChart): string {
  const longest = most ?? axisUpTo(Math.max(level?.value ?? 0, ...groups.flatMap(({ values }) => values)))
  const x = (value: number) => Math.round(BEGIN + (Math.min(value, longest) / longest) * (END - BEGIN))
  const heightOf = ({ values }: Group) => values.length * BAR + GAP
  let top = TOP
  const drawn = groups.map((group) => {
    const middle = top + (heightOf(group) - GAP) / 2 + TEXT_DROP
    const bars = group.values.map((value, index) => {
      const y = top + index * BAR + BAR / 2
      const bar = `<path class="${KINDS[index]}" style="${BAR_STYLE}" d="M${BEGIN} ${y}H${Math.max(x(value), BEGIN + 1)}"/>`
      return `${bar}<text class="halo" x="${x(value) + 6}" y="${y + TEXT_DROP}" style="font-size: 11px">${digits(value)}</text>`
    })
    top += heightOf(group)
    return `<text class="end" x="${BEGIN - 10}" y="${middle}">${escaped(group.label)}</text>${bars.join('')}`
  })
  const bottom = top - GAP / 2
  const parts = [
    `<text class="title" x="16" y="24">${escaped(title)}</text>`,
    names.length > 1
      ? `${legend(names)}<text class="faint end" x="${WIDTH - 16}" y="46">${escaped(unit)}</text>`
      : `<text class="faint" x="16" y="46">${escaped(unit)}</text>`,
    `<path class="grid" d="M${BEGIN} ${TOP - 4}V${bottom}"/>`,
  ]
  if (level !== undefined) {
    parts.push(
      `<path class="sure" d="M${x(level.value)} ${TOP - 6}V${bottom}"/>`,
      `<text class="faint middle" x="${x(level.value)}" y="${TOP - 10}">${escaped(level.text)}</text>`,
    )
  }
  return svg({ width: WIDTH, height: bottom + GAP, title, content: [...parts, ...drawn].join('\n') })
}

const BAR_STYLE = `stroke-width: ${BAR - 2}; stroke-dasharray: none`
const LEGEND_STEP = 180

/** Left of the unit. */
const legend = (names: readonly string[]): string =>
  names
    .map((name, index) => {
      const at = 16 + index * LEGEND_STEP
      const key = `<path class="${KINDS[index]}" style="${BAR_STYLE}" d="M${at} 42h14"/>`
      return `${key}<text x="${at + 20}" y="46">${escaped(name)}</text>`
    })
    .join('')
