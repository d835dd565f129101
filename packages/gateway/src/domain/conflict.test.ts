import type { ApplicationId, DeviceId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import type { Prefix } from './address.js'
import { blocks, type Newcomer } from './conflict.js'
import { available, expired, gone, requested, TERMS, terminated } from './session.fixture.js'

const NEWCOMER: Newcomer = { owner: TERMS.owner, device: TERMS.device, flow: TERMS.flow }
const STRANGER: Newcomer = { ...NEWCOMER, owner: 'app-b' as ApplicationId }
const ELSEWHERE: Newcomer = { ...NEWCOMER, flow: { server: ['203.0.113.9/32' as Prefix] } }

describe('a session stands in the way of a new one on an overlapping flow [contract 2.6]', () => {
  it('while it is REQUESTED or AVAILABLE, across applications too', () => {
    for (const session of [requested(), available()]) {
      expect(blocks(session, NEWCOMER)).toBe(true)
      expect(blocks(session, STRANGER)).toBe(true)
    }
  })

  it('while it is retained after the network ended it, but only of its own application', () => {
    expect(blocks(terminated(), NEWCOMER)).toBe(true)
    expect(blocks(terminated(), STRANGER)).toBe(false)
  })

  it('and not once it has expired or was deleted', () => {
    expect(blocks(expired(), NEWCOMER)).toBe(false)
    expect(blocks(gone(), NEWCOMER)).toBe(false)
  })

  it('and not for another device, nor for another flow', () => {
    expect(blocks(available(), { ...NEWCOMER, device: 'device-2' as DeviceId })).toBe(false)
    expect(blocks(available(), ELSEWHERE)).toBe(false)
  })

  it('depends on the conflict rule that the operator has configured', () => {
    expect(blocks(available(), STRANGER, 'own-overlap')).toBe(false)
    expect(blocks(available(), NEWCOMER, 'own-overlap')).toBe(true)
    expect(blocks(available(), ELSEWHERE, 'device')).toBe(true)
  })
})
