// Sets of TCP and UDP ports, as sorted ranges that neither touch nor overlap. "All ports" is the absence of a set.

import { type PortsSpec, QodError } from '@rightofway/camara'

/** First and last port, both included. */
export type PortRange = readonly [from: number, to: number]

/** Sorted, disjoint, not adjacent, at least one. */
export type PortSet = readonly PortRange[]

/**
 * The ports that a request names.
 * @throws {QodError} `INVALID_ARGUMENT` a range whose `to` lies below its `from`
 */
export function parsePorts(spec: PortsSpec, field: string): PortSet {
  const ranges: [number, number][] = (spec.ports ?? []).map((port) => [port, port])
  for (const [index, { from, to }] of (spec.ranges ?? []).entries()) {
    if (to < from) {
      throw new QodError(
        'INVALID_ARGUMENT',
        `${field}.ranges[${index}]: \`to\` (${to}) must not be below \`from\` (${from})`,
      )
    }
    ranges.push([from, to])
  }
  ranges.sort(([a], [b]) => a - b)
  const merged: [number, number][] = []
  for (const [from, to] of ranges) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}

/** Whether some port is in both; an absent set holds every port. */
export function portsOverlap(a: PortSet | undefined, b: PortSet | undefined): boolean {
  if (a === undefined || b === undefined) return true
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const [aFrom, aTo] = a[i] as PortRange
    const [bFrom, bTo] = b[j] as PortRange
    if (aFrom <= bTo && bFrom <= aTo) return true
    if (aTo < bTo) i++
    else j++
  }
  return false
}
