import { expect, it } from 'vitest'
import { parseEgressFilters, parsePrioritySetters } from './priority-setters.js'

const chain = (table: string, name: string, more: object = {}) => ({ chain: { family: 'inet', table, name, ...more } })
const rule = (table: string, name: string, ...expr: readonly object[]) => ({
  rule: { family: 'inet', table, chain: name, expr },
})
const SETS = { mangle: { key: { meta: { key: 'priority' } }, value: '1:1' } }
const after = (prio: number) => ({ type: 'filter', hook: 'postrouting', prio })

const said = (...nftables: readonly object[]) => parsePrioritySetters(JSON.stringify({ nftables }))

it.each([
  ['itself', [chain('qos', 'later', after(10)), rule('qos', 'later', SETS)]],
  ['at our priority', [chain('qos', 'later', after(-150)), rule('qos', 'later', SETS)]],
  ['in a chain that it jumps to', [chain('qos', 'later', after(0)), chain('qos', 'x'), rule('qos', 'x', SETS)]],
  ['on egress', [chain('qos', 'later', { hook: 'egress', prio: -500 }), rule('qos', 'later', SETS)]],
  ['by CLASSIFY', [chain('qos', 'later', after(-150)), rule('qos', 'later', { xt: { name: 'CLASSIFY' } })]],
] as const)('a later table that sets the priority is named: %s', (_, ruleset) => {
  expect(said(...ruleset)).toEqual([expect.stringMatching(/^table inet qos sets the priority of packets after ours/)])
})

it.each([
  ['an earlier one', [chain('qos', 'early', after(-200)), rule('qos', 'early', SETS)]],
  [
    'an earlier one beside a later one',
    [chain('qos', 'a', after(-200)), chain('qos', 'b', after(0)), rule('qos', 'a', SETS)],
  ],
  ['ours', [chain('rightofway', 'place', after(-149)), rule('rightofway', 'place', SETS)]],
  [
    'one that sets a mark',
    [chain('qos', 'b', after(0)), rule('qos', 'b', { mangle: { key: { meta: { key: 'mark' } } } })],
  ],
  ['one for input', [chain('qos', 'b', { hook: 'input', prio: 0 }), rule('qos', 'b', SETS)]],
] as const)('others are not: %s', (_, ruleset) => {
  expect(said(...ruleset)).toEqual([])
})

const filtered = (action: string) =>
  `filter protocol all pref 49152 matchall chain 0 \nfilter protocol all pref 49152 matchall chain 0 handle 0x1 \n  not_in_hw\n` +
  `\taction order 1: ${action}\n\t index 1 ref 1 bind 1\n`

it.each([
  ['skbedit  priority 1:5 pipe', /^filters on egress of lan0 set the priority of packets: /],
  ['skbedit  ptype host priority :6 pipe', /^filters on egress of lan0 set the priority of packets: /],
  ['skbedit  inheritdsfield pipe', /^filters on egress of lan0 set the priority of packets: /],
  ['mirred (Egress Redirect to device ifb0) stolen', /^filters on egress of lan0 send packets on to ifb0: /],
])('filters on egress that take packets out of their class are named: %s', (action, words) => {
  expect(parseEgressFilters('lan0', filtered(action))).toEqual([expect.stringMatching(words)])
})

it.each(['skbedit  mark 3 pipe', 'mirred (Egress Mirror to device mon0) pipe', 'gact action drop'])(
  'filters on egress that do not move packets are not: %s',
  (action) => {
    expect(parseEgressFilters('lan0', filtered(action))).toEqual([])
  },
)
