import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonErrorAt } from './json-error.js'

const parses = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('where JSON goes wrong [RFC 8259]', () => {
  it.each([
    ['{"a":}', 5],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ["{'a':1}", 1],
    ['[1,]', 3],
    ['[1 2]', 3],
    ['[1}', 2],
    ['{"a":01}', 6],
    ['{"a":+1}', 5],
    ['{"a":1.}', 6],
    ['{"a":nul}', 5],
    ['{"a":"x\ny"}', 5],
    ['{"a":"\\x"}', 5],
    ['{} {}', 3],
    ['nope', 0],
    ['{"a":NaN}', 5],
  ])('%s at %i', (text, index) => {
    expect(jsonErrorAt(text)).toBe(index)
  })

  it.each(['', '{', '{"a"', '{"a":', '{"a":1', '[', '[1,', '  '])('"%s" is not over yet', (text) => {
    expect(jsonErrorAt(text)).toBe(text.length)
  })

  it('is nowhere in what JSON.parse takes, and somewhere in all that it does not', () => {
    const mangled = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.nat(3),
        fc.constantFrom('', '{', '}', '[', ']', ',', ':', '"', '0', '-', '.', '\\', 'e'),
      )
      .map(([text, at, cut, put]) => {
        const start = at % (text.length + 1)
        return text.slice(0, start) + put + text.slice(start + cut)
      })
    const anyCharacter = fc.array(fc.nat(0xffff)).map((units) => `"${String.fromCharCode(...units)}"`)
    const control = fc.array(fc.nat(0xff)).map((units) => `"${String.fromCharCode(...units)}"`)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          mangled,
          anyCharacter,
          control,
          fc.string({ unit: fc.constantFrom(...'{}[],:"0-1.e \\u') }),
        ),
        (text) => {
          expect(jsonErrorAt(text) === undefined).toBe(parses(text))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('is found in a string of a megabyte that never ends', () => {
    expect(jsonErrorAt(`["${'\\\\x'.repeat(350_000)}`)).toBe(1)
  })
})
