import { describe, expect, it } from 'vitest'
import { beyond, digestOf, statementsOf } from './listing.js'

const TEXT = `table inet rightofway {
	flags dormant

	map addresses4 {
		typeof ip saddr . ip saddr : meta priority
		size 1048576	# count 2
		flags timeout
	}

	chain classify {
		type filter hook postrouting priority mangle; policy accept;
		accept
	}

	chain down4 {
	}
}
`

describe('the listing of a table', () => {
  it('has each line with its chain or map, and no number of elements', () => {
    expect(statementsOf(TEXT)).toEqual([
      'flags dormant',
      'map addresses4 {',
      'map addresses4: typeof ip saddr . ip saddr : meta priority',
      'map addresses4: size 1048576',
      'map addresses4: flags timeout',
      'chain classify {',
      'chain classify: type filter hook postrouting priority mangle; policy accept;',
      'chain classify: accept',
      'chain down4 {',
    ])
  })

  it('does not depend on elements, and changes with a rule, its order or a flag', () => {
    const table = { table: { name: 'rightofway', handle: 1 } }
    const rule = (handle: number, target: string) => ({ rule: { chain: 'up', handle, expr: [{ goto: { target } }] } })
    const map = (...elem: readonly string[]) => ({ map: { name: 'ports4', handle: 2, elem } })
    const digest = digestOf([table, map(), rule(3, 'up4'), rule(4, 'up6')])
    expect(digestOf([table, map('7277:10'), rule(7, 'up4'), rule(8, 'up6')])).toBe(digest)
    for (const other of [
      [table, map(), rule(4, 'up6'), rule(3, 'up4')],
      [table, map(), rule(3, 'up4'), rule(4, 'down6')],
      [{ table: { ...table.table, flags: ['dormant'] } }, map(), rule(3, 'up4'), rule(4, 'up6')],
    ]) {
      expect(digestOf(other)).not.toBe(digest)
    }
  })
})

describe('additions to a listing', () => {
  it('are each line as often as it is surplus', () => {
    expect(beyond(['a', 'b', 'a', 'c'], ['a', 'b'])).toEqual(['a', 'c'])
    expect(beyond(['a'], ['a', 'b'])).toEqual([])
  })

  it('contain no addresses, and are limited in length', () => {
    expect(
      beyond(
        ['chain up: ip daddr 10.0.0.66 accept', 'chain up: ip6 daddr { 2001:db8::1, fe80::/10 } th dport 443 drop'],
        [],
      ),
    ).toEqual([
      'chain up: ip daddr <address> accept',
      'chain up: ip6 daddr { <address>, <address>/10 } th dport 443 drop',
    ])
    expect(
      beyond(
        Array.from({ length: 50 }, (_, n) => `chain c: ${'x'.repeat(300)} ${n}`),
        [],
      ),
    ).toHaveLength(10)
  })
})
