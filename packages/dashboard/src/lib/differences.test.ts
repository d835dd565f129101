import { describe, expect, it } from 'vitest'
import { differences } from './differences.js'

describe('the differences of two values', () => {
  it('are the members that were added, changed and dropped, by their paths', () => {
    const before = { name: 'QOS_L', maxDuration: { value: 12, unit: 'Hours' }, jitter: { value: 1 } }
    const after = { name: 'QOS_L', maxDuration: { value: 24, unit: 'Hours' }, status: 'ACTIVE' }
    expect(differences(before, after)).toEqual([
      { path: 'maxDuration.value', was: '12', is: '24' },
      { path: 'jitter.value', was: '1' },
      { path: 'status', is: 'ACTIVE' },
    ])
  })

  it('are all members where there was nothing, and none where nothing changed', () => {
    expect(differences(undefined, { sessions: 5 })).toEqual([{ path: 'sessions', is: '5' }])
    expect(differences({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toEqual([])
  })

  it('show a list as a whole', () => {
    expect(differences({ countries: ['DE'] }, { countries: ['DE', 'HU'] })).toEqual([
      { path: 'countries', was: '["DE"]', is: '["DE","HU"]' },
    ])
  })
})
