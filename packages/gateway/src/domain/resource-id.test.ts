import { randomBytes } from 'node:crypto'
import { instant } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { assignmentIdFrom, isAssignmentId, kindOf, sessionIdFrom } from './resource-id.js'

describe('session ids', () => {
  it('are UUIDs of version 7 with the time and all the random bytes given [RFC 9562 section 5.7]', () => {
    const id = sessionIdFrom(instant(0x0123456789ab), Buffer.from('0fffffffffffffffffff', 'hex'))
    expect(id).toBe('01234567-89ab-7fff-bfff-ffffffffffff')
    expect(sessionIdFrom(instant(0x0123456789ab), Buffer.alloc(10))).toBe('01234567-89ab-7000-8000-000000000000')
    for (let i = 0; i < 1000; i++) {
      expect(sessionIdFrom(instant(Date.now()), randomBytes(10))).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      )
    }
  })

  it('sort in the order of creation', () => {
    const earlier = sessionIdFrom(instant(1_000_000_000_000), Buffer.alloc(10, 0xff))
    expect(earlier < sessionIdFrom(instant(1_000_000_000_001), Buffer.alloc(10))).toBe(true)
  })
})

describe('ids of assignments', () => {
  it('are UUIDs of version 8, lie among those of sessions, and are told from them', () => {
    const id = assignmentIdFrom(instant(0x0123456789ab), Buffer.from('0fffffffffffffffffff', 'hex'))
    expect(id).toBe('01234567-89ab-8fff-bfff-ffffffffffff')
    const session = sessionIdFrom(instant(0x0123456789ac), Buffer.alloc(10))
    expect([session, id].sort()).toEqual([id, session])
    expect([isAssignmentId(id), isAssignmentId(session)]).toEqual([true, false])
    expect([kindOf(id), kindOf(session)]).toEqual(['assignment', 'session'])
  })
})
