import { describe, expect, it } from 'vitest'
import { claim, ownerOf } from './owner.js'
import { render } from './render.js'

describe('an owner', () => {
  it('differs for another reservation table, and for a copy in another folder', () => {
    const marks = [ownerOf('a', '/x/linux-edge.db'), ownerOf('b', '/x/linux-edge.db'), ownerOf('a', '/y/linux-edge.db')]
    expect(new Set(marks.map(({ mark }) => mark)).size).toBe(3)
    expect(ownerOf('a', '/x/linux-edge.db')).toEqual(marks[0])
  })

  it('renews its claim only if no other owner has one: the kernel refuses the first line then', () => {
    expect(claim({ mark: 0xabcd, file: '/x/linux-edge.db' }).map(render)).toEqual([
      'add element inet rightofway owner { 0x00000001 : 0x0000abcd }',
      'delete element inet rightofway owner { 0x00000001 }',
      'add element inet rightofway owner { 0x00000001 timeout 60s comment "/x/linux-edge.db" : 0x0000abcd }',
    ])
  })

  it.each([
    ['/x/"; flush ruleset; "\n', '/x/?; flush ruleset; ??'],
    [`/${'ä'.repeat(100)}/linux-edge.db`, `...${'?'.repeat(110)}/linux-edge.db`],
  ])('has its path in a comment that nft takes: %j', (file, comment) => {
    const text = claim({ mark: 1, file }).map(render).at(-1)
    expect(text).toContain(`comment "${comment}"`)
    expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(127)
  })
})
