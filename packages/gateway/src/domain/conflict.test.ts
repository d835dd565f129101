import type { ApplicationId, DeviceId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import type { Prefix } from './address.js'
import { type Assignment, stepAssignment } from './assignment.js'
import { blocks, CONFLICT_RULES, type Newcomer } from './conflict.js'
import {
  ASSIGNMENT_TERMS,
  assigned,
  at,
  available,
  expired,
  gone,
  requested,
  revoking,
  TERMS,
  terminated,
} from './session.fixture.js'

const NEWCOMER: Newcomer = { id: TERMS.id, owner: TERMS.owner, device: TERMS.device, flow: TERMS.flow }
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

describe('a device has one assignment [contract 2.9]', () => {
  const { id, owner, device } = ASSIGNMENT_TERMS
  const ended = stepAssignment(revoking(), { type: 'released' }, at(601)).session as Assignment

  it('and a retained one stands in the way too, whoever made it', () => {
    for (const existing of [assigned(), revoking(), ended]) {
      expect(blocks(existing, { id, owner, device })).toBe(true)
      expect(blocks(existing, { id, owner: STRANGER.owner, device }, 'own-overlap')).toBe(true)
      expect(blocks(existing, { id, owner, device: 'device-2' as DeviceId })).toBe(false)
    }
    const leaving = stepAssignment(ended, { type: 'delete', released: false }, at(602)).session as Assignment
    expect(blocks(leaving, { id, owner, device })).toBe(false)
  })

  it('and no session is in its way, nor it in that of a session, whatever the rule', () => {
    for (const rule of CONFLICT_RULES) {
      expect(blocks(assigned(), NEWCOMER, rule)).toBe(false)
      expect(blocks(available(), { id, owner, device }, rule)).toBe(false)
    }
  })
})
