import { expect, it } from 'vitest'
import { parsePrioritySetters } from './priority-setters.js'

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
