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

describe('the position of an error in JSON [RFC 8259]', () => {
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

  it.each(['', '{', '{"a"', '{"a":', '{"a":1', '[', '[1,', '  '])('"%s" ends too early', (text) => {
    expect(jsonErrorAt(text)).toBe(text.length)
  })

  it('is undefined for text that JSON.parse accepts, and a position for all other text', () => {
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

  it('is found in an unterminated string of a megabyte', () => {
    expect(jsonErrorAt(`["${'\\\\x'.repeat(350_000)}`)).toBe(1)
  })
})
