import type { Span } from '../measurement/recording.js'

/** Milliseconds, and their coordinates in the picture. */
export interface Axis {
  readonly from: number
  readonly to: number
  readonly begin: number
  readonly end: number
}

export interface PanelOptions {
  readonly x: Axis
  readonly top: number
  readonly height: number
  readonly title: string
  readonly unit: string
  /** The value at its top. */
  readonly most: number
}

/** The next round value that is not below it: 1, 2, 5, 10 ... */
export function axisUpTo(value: number): number {
  const size = 10 ** Math.floor(Math.log10(Math.max(value, 0.1)))
  return [1, 1.5, 2, 3, 5, 7.5, 10].map((step) => step * size).find((step) => step >= value) ?? 10 * size
}

const SECOND = 1_000

/** One quantity over time. */
export class Panel {
  readonly #options: PanelOptions
  readonly #back: string[] = []
  readonly #front: string[] = []

  constructor(options: PanelOptions) {
    this.#options = options
    const { x, top, height, title, unit, most } = options
    for (const share of [0, 0.5, 1]) {
      const y = round(top + height * (1 - share))
      this.#back.push(`<path class="grid" d="M${x.begin} ${y}H${x.end}"/>`)
      this.#back.push(`<text class="faint end" x="${x.begin - 6}" y="${y + 4}">${round(most * share)}</text>`)
    }
    this.#back.push(`<text x="16" y="${top + height / 2 - 2}">${title}</text>`)
    this.#back.push(`<text class="faint" x="16" y="${top + height / 2 + 14}">${unit}</text>`)
  }

  /** A line through points, interrupted where one is missing. */
  line(kind: string, points: readonly (readonly [at: number, value: number | null])[]): void {
    let pen = 'M'
    const path = points.map(([at, value]) => {
      if (value === null) {
        pen = 'M'
        return ''
      }
      const step = `${pen}${round(this.#x(at))} ${round(this.#y(value))}`
      pen = 'L'
      return step
    })
    this.#front.push(`<path class="${kind}" d="${path.join('')}"/>`)
  }

  /** A value to compare with. */
  level(value: number, text: string): void {
    const { x } = this.#options
    const y = round(this.#y(value))
    this.#front.push(`<path class="sure" d="M${x.begin} ${y}H${x.end}"/>`)
    this.#front.push(`<text class="faint halo end" x="${x.end}" y="${y - 4}">${text}</text>`)
  }

  shade(span: Span): void {
    const { top, height } = this.#options
    const begin = this.#x(span.from)
    const size = `width="${round(this.#x(span.to) - begin)}" height="${height}"`
    this.#back.push(`<rect class="shade" x="${round(begin)}" y="${top}" ${size}/>`)
  }

  mark(at: number): void {
    const { top, height } = this.#options
    this.#front.push(`<path class="mark" d="M${round(this.#x(at))} ${top}v${height}"/>`)
  }

  /** Label above a span. */
  caption(span: Span, text: string): string {
    const x = round(this.#x(span.from)) + 2
    return `<text class="faint" x="${x}" y="${this.#options.top - 4}">${text}</text>`
  }

  /** Label beside a mark. */
  note(at: number, text: string): string {
    return `<text class="marked" x="${round(this.#x(at)) + 5}" y="${this.#options.top + 14}">${text}</text>`
  }

  /** Axis with seconds. */
  times(from: number): string {
    const { x, top, height } = this.#options
    const y = top + height + 18
    const seconds = Array.from({ length: Math.floor((x.to - from) / SECOND) + 1 }, (_, second) => {
      return `<text class="faint middle" x="${round(this.#x(from + second * SECOND))}" y="${y}">${second}</text>`
    })
    return `${seconds.join('')}<text class="faint middle" x="${(x.begin + x.end) / 2}" y="${y + 16}">seconds</text>`
  }

  toString(): string {
    return [...this.#back, ...this.#front].join('\n')
  }

  #x(at: number): number {
    const { from, to, begin, end } = this.#options.x
    const within = Math.min(Math.max(at, from), to)
    return begin + ((within - from) / (to - from)) * (end - begin)
  }

  #y(value: number): number {
    const { top, height, most } = this.#options
    return top + height * (1 - Math.min(value, most) / most)
  }
}

const round = (value: number): number => Math.round(value * 100) / 100
