// Quantities for people.

/** `1:02:03`, `2:03`; negative ones are over. */
export function clockText(ms: number): string {
  const total = Math.max(0, Math.ceil(ms / 1000))
  const [h, m, s] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60]
  const two = (n: number) => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** `1 h 30 min`, `45 s`. */
export function durationText(seconds: number): string {
  const parts: string[] = []
  for (const [unit, name] of [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const) {
    const count = Math.floor(seconds / unit)
    if (count > 0) parts.push(`${count} ${name}`)
    seconds -= count * unit
  }
  return parts.slice(0, 2).join(' ') || '0 s'
}

/** Of bits per second: `2.5 Mbit/s`. */
export function rateText(bps: number): string {
  if (bps === 0) return '0'
  const power = Math.min(4, Math.floor(Math.log10(Math.max(1, bps)) / 3))
  const value = bps / 1000 ** power
  return `${Number(value.toPrecision(3))} ${['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'][power] ?? ''}`
}

export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3))
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${['B', 'kB', 'MB', 'GB', 'TB'][power] ?? ''}`
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DAY = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' })
const YEAR = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric' })

/** In the viewer's zone: the time today, day and time this year, the day else. */
export function momentText(at: Date, now: Date): string {
  if (at.toDateString() === now.toDateString()) return TIME.format(at)
  if (at.getFullYear() === now.getFullYear()) return `${DAY.format(at)}, ${TIME.format(at)}`
  return YEAR.format(at)
}

/** How long ago, roughly. */
export function agoText(at: string, now: number): string {
  const s = (now - Date.parse(at)) / 1000
  if (s < 60) return 'just now'
  return `${durationText(Math.floor(s)).split(' ').slice(0, 2).join(' ')} ago`
}
