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
  // Counted: the iterators of such lists take longer than all else that is done with them.
  for (let index = 0; index < ports.length; index++) {
    const port = ports[index] as number
    named[index] = packed(port, port)
  }
  for (let index = 0; index < ranges.length; index++) {
    const { from, to } = ranges[index] as PortsRange
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
  for (const each of named.length > FEW ? sortedByPort(named) : named.sort()) {
    const from = each >>> 16
    const to = each & LAST_PORT
    if (last !== undefined && from <= last[1] + 1) {
      last[1] = Math.max(last[1], to)
    } else {
      last = [from, to]
      merged.push(last)
    }
  }
  return merged
}

type PortsRange = NonNullable<PortsSpec['ranges']>[number]

const LAST_PORT = 0xffff

/** Beyond it, looking at every port there is takes less time than sorting. */
const FEW = 1_000

/** Of the ranges that begin at one port the longest, sorted. */
function sortedByPort(named: Uint32Array): Uint32Array {
  const lastOf = new Uint16Array(LAST_PORT + 1)
  for (const each of named) {
    const from = each >>> 16
    const to = each & LAST_PORT
    if (to > (lastOf[from] as number)) lastOf[from] = to
  }
  let count = 0
  for (let from = 1; from <= LAST_PORT; from++) {
    const to = lastOf[from] as number
    if (to > 0) named[count++] = packed(from, to)
  }
  return named.subarray(0, count)
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
