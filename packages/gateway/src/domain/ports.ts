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
export function parsePorts({ ports = [], ranges = [] }: PortsSpec, field: string): PortSet {
  // Both ends in one number: lists of tens of thousands are sorted at a tenth of the cost of pairs.
  const named = new Uint32Array(ports.length + ranges.length)
  for (const [index, port] of ports.entries()) named[index] = packed(port, port)
  for (const [index, { from, to }] of ranges.entries()) {
    if (to < from) {
      throw new QodError(
        'INVALID_ARGUMENT',
        `${field}.ranges[${index}]: \`to\` (${to}) must not be below \`from\` (${from})`,
      )
    }
    named[ports.length + index] = packed(from, to)
  }
  const merged: [number, number][] = []
  let last: [number, number] | undefined
  for (const each of named.sort()) {
    const [from, to] = [each >>> 16, each & 0xffff]
    if (last !== undefined && from <= last[1] + 1) {
      last[1] = Math.max(last[1], to)
    } else {
      last = [from, to]
      merged.push(last)
    }
  }
  return merged
}

/** A range of ports (16 bits each) as a number that sorts by its first port. */
const packed = (from: number, to: number): number => from * 0x1_0000 + to

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
