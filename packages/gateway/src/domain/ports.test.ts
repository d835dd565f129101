import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PortSet, parsePorts, portsOverlap } from './ports.js'

const port = fc.integer({ min: 1, max: 40 })
const spec = fc
  .record({
    ports: fc.array(port, { minLength: 1, maxLength: 5 }),
    ranges: fc.array(
      fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .chain(({ ports, ranges }) => fc.constantFrom({ ports, ranges }, { ports }, { ranges }))

const members = (set: PortSet): number[] =>
  set.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i))

describe('port sets', () => {
  it('hold just the ports that were named, as sorted ranges that do not touch', () => {
    fc.assert(
      fc.property(spec, (named) => {
        const set = parsePorts(named, 'devicePorts')
        const wanted = new Set([
          ...('ports' in named ? named.ports : []),
          ...('ranges' in named ? members(named.ranges.map(({ from, to }) => [from, to])) : []),
        ])
        expect(members(set)).toEqual([...wanted].sort((a, b) => a - b))
        for (let i = 1; i < set.length; i++) expect(set[i]?.[0]).toBeGreaterThan((set[i - 1]?.[1] as number) + 1)
      }),
    )
  })

  it('hold the same where thousands of ports and ranges are named', () => {
    const many = fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1_001, maxLength: 3_000 })
    const some = fc.array(fc.tuple(fc.integer({ min: 1, max: 65_000 }), fc.integer({ min: 0, max: 535 })), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(many, some, (ports, starts) => {
        const ranges = starts.map(([from, more]) => ({ from, to: from + more }))
        const set = parsePorts(ranges.length > 0 ? { ports, ranges } : { ports }, 'devicePorts')
        const wanted = new Set([...ports, ...members(ranges.map(({ from, to }) => [from, to]))])
        expect(members(set)).toEqual([...wanted].sort((a, b) => a - b))
        for (let i = 1; i < set.length; i++) expect(set[i]?.[0]).toBeGreaterThan((set[i - 1]?.[1] as number) + 1)
      }),
      { numRuns: 20 },
    )
  })

  it('overlap just when they have a port in common, whichever is asked', () => {
    fc.assert(
      fc.property(spec, spec, (a, b) => {
        const [x, y] = [parsePorts(a, 'a'), parsePorts(b, 'b')]
        const common = members(x).some((p) => members(y).includes(p))
        expect(portsOverlap(x, y)).toBe(common)
        expect(portsOverlap(y, x)).toBe(common)
      }),
    )
  })

  it('that are absent hold every port', () => {
    expect(portsOverlap(undefined, [[1, 1]])).toBe(true)
    expect(portsOverlap(undefined, undefined)).toBe(true)
  })

  it('refuse a reversed range, naming it [contract section 0]', () => {
    expect(() =>
      parsePorts(
        {
          ranges: [
            { from: 1, to: 2 },
            { from: 20, to: 10 },
          ],
        },
        'devicePorts',
      ),
    ).toThrow('devicePorts.ranges[1]: `to` (10) must not be below `from` (20)')
  })

  it('stay small where a request is large: 65 536 ports in a row are one range', () => {
    const ports = Array.from({ length: 65_535 }, (_, i) => 65_535 - i)
    expect(parsePorts({ ports }, 'x')).toEqual([[1, 65_535]])
  })
})
