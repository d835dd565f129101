// The common parts of all charts: self-contained SVG, readable in light and in dark mode.

const STYLE = `
  svg { --paper: #fff; --ink: #1b1f24; --faint: #6b7480; --grid: #e3e7ec; --shade: #2f9e4422; --down: #1f6feb;
        --up: #d9730d; --mark: #b3261e }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0f1419; --ink: #e6eaee; --faint: #98a3ae; --grid: #2a323b; --shade: #56d36433; --down: #6cb1ff;
          --up: #ffab5e; --mark: #ff8a80 } }
  text { font: 12px system-ui, sans-serif; fill: var(--ink) }
  .faint { fill: var(--faint) } .title { font-size: 15px; font-weight: 600 } .end { text-anchor: end }
  .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 3px }
  .middle { text-anchor: middle } .grid { stroke: var(--grid) } .shade { fill: var(--shade) }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round } .down { stroke: var(--down) } .up { stroke: var(--up) }
  .trip { stroke: var(--ink) } .second { stroke-dasharray: 6 3 }
  .sure { stroke: var(--faint); stroke-dasharray: 2 4 } .mark { stroke: var(--mark); stroke-dasharray: 4 3 }
  .marked { fill: var(--mark) }`

export interface Drawing {
  readonly width: number
  readonly height: number
  /** Text alternative, for people who cannot see it. */
  readonly title: string
  /** Elements with the classes of the style above. */
  readonly content: string
}

/** One SVG document. */
export const svg = ({ width, height, title, content }: Drawing): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" `,
    `role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>\n<rect width="100%" height="100%" style="fill: var(--paper)"/>\n`,
    `${content}\n</svg>\n`,
  ].join('')

/** Escapes text for an element or an attribute. */
export const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
