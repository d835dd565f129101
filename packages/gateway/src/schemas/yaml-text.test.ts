import { describe, expect, it, vi } from 'vitest'
import { NotYaml, parseYaml } from './yaml-text.js'

const SECRET = '+36721601234567'

describe('a text that is not YAML', () => {
  it.each([
    ['a list without an end', `- { phoneNumber: "${SECRET}"`],
    ['a tab', `a:\n\t- ${SECRET}`],
    ['an alias without an anchor', `- *${SECRET.slice(1)}`],
    ['a tag that nobody knows and a quote without an end', `- !${SECRET.slice(1)} "a`],
    ['a key twice', `"${SECRET}": 1\n"${SECRET}": 2`],
    [
      'a key twice, far from one another',
      `${Array.from({ length: 20_000 }, (_, n) => `k${n}: 1\n`).join('')}k0: ${SECRET}`,
    ],
  ])('is refused with a message that does not quote it: %s', (_what, text) => {
    const refusal = (): unknown => {
      try {
        return parseYaml(text)
      } catch (error) {
        return error
      }
    }
    expect(refusal()).toBeInstanceOf(NotYaml)
    expect(String(refusal())).not.toContain(SECRET.slice(1))
  })

  it.each([
    ['of brackets', '['.repeat(1_000_000)],
    ['of braces', '{a: '.repeat(1_000)],
    ['of dashes', `${'- '.repeat(1_000)}a`],
  ])('is refused before it is parsed if it is nested too deep: %s', (_what, text) => {
    expect(() => parseYaml(text)).toThrow('more than 32 levels of lists')
  })
})

describe('a text that is YAML', () => {
  it('may have the same key in different maps, and keys that only look alike', () => {
    expect(parseYaml('- a: 1\n- a: { a: 2 }\n  "1": 3\n  1: 4\n').value).toHaveLength(2)
  })

  it('is read without a warning that quotes it', () => {
    const warned = vi.spyOn(process, 'emitWarning')
    try {
      expect(parseYaml(`? [${SECRET}]\n: 1\n`).value).toBeTypeOf('object')
      expect(parseYaml(`- !unknown ${SECRET}\n`).value).toHaveLength(1)
      expect(warned).not.toHaveBeenCalled()
    } finally {
      warned.mockRestore()
    }
  })

  it('may have brackets in each of many items', () => {
    expect(parseYaml('- { device: "a[" }\n'.repeat(100)).value).toHaveLength(100)
  })
})
