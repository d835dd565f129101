// The outcome of a subscription after the answer, or without one: with a core that gets requests and calls back.

import { seconds } from '@rightofway/camara'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { reservation, reservationId } from '../../../test/support/reservations.js'
import { quiet, until } from '../../../test/support/waiting.js'
import type { Prefix } from '../../domain/address.js'
import { NOON } from '../../domain/session.fixture.js'
import { NetworkUnreachable } from '../../ports/network.js'
import { type CoreNetwork, openCoreNetwork, post } from '../network-api/core-network.fixture.js'
import type { NefDialectName } from './dialects.js'
import type { NefDoorOptions } from './door.js'
import { openNefDoor } from './nef.fixture.js'

let world: CoreNetwork
const open = async (dialect: NefDialectName = 'release17', options: Partial<NefDoorOptions> = {}) => {
  world = await openCoreNetwork({ settings: { dialect }, openDoor: openNefDoor({ dialect, ...options }) })
}
// Subscriptions requested by our clock expire by the core's.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOON }))
afterEach(async () => {
  await world.close()
  vi.useRealTimers()
})

const ID = reservationId(1)
const WISH = reservation(1, { profile: 'qod_l', duration: seconds(3_600) })
const BOTH = reservation(1, {
  profile: 'qod_l',
  flow: {
    device: { ipv4: '10.45.0.2/32' as Prefix, ipv6: '2001:db8:cafe::/64' as Prefix },
    server: ['198.51.100.7/32', '2001:db8:5::1/128'] as Prefix[],
  },
})
const fault = (body: object) => world.admin('POST', '/faults', body)
const happen = async (event: string) => {
  const [held] = await world.held('nef')
  await world.admin('POST', `/held/nef/${held?.id}/events`, { event })
}
const state = async () => (await world.record(ID))?.state
const callbackUrl = async () => String((await world.held('nef'))[0]?.document['notificationDestination'])

describe('onAllocated', () => {
  it('is granted when the network notifies of it, and counts from then', async () => {
    await open('release17', { grant: 'onAllocated' })
    await fault({ kind: 'outcome', outcome: 'none' })
    expect(await world.network.reserve(WISH)).toEqual({ result: 'pending' })
    await world.clock.moveBy(5_000)
    await happen('allocated')
    await until(() => world.events.length > 0)
    expect(world.events).toEqual([{ type: 'granted', id: ID, at: world.clock.now() }])
    expect(await world.network.reserve(WISH)).toEqual({ result: 'granted', at: world.clock.now() })
  })

  it('is refused when the network notifies of it, and nothing remains', async () => {
    await open('release17', { grant: 'onAllocated' })
    await fault({ kind: 'outcome', outcome: 'failed' })
    expect(await world.network.reserve(WISH)).toEqual({ result: 'pending' })
    await until(() => world.events.length > 0)
    expect(world.events).toEqual([{ type: 'refused', id: ID, reason: 'FAILED_RESOURCES_ALLOCATION' }])
    expect(await world.held('nef')).toEqual([])
  })

  it('keeps the second belt of what is granted later', async () => {
    await open('release18', { grant: 'onAllocated' })
    await fault({ kind: 'outcome', outcome: 'none' })
    await world.network.reserve(WISH)
    const { remoteUntil } = (await world.record(ID)) ?? {}
    await happen('allocated')
    await until(async () => (await state()) === 'held')
    expect(remoteUntil).toBeDefined()
    expect(await world.record(ID)).toMatchObject({ remoteUntil })
  })

  it('waits for both families', async () => {
    await open('release17', { grant: 'onAllocated' })
    await fault({ kind: 'outcome', outcome: 'none', times: 2 })
    expect(await world.network.reserve(BOTH)).toEqual({ result: 'pending' })
    const [four, six] = await world.held('nef')
    await world.admin('POST', `/held/nef/${four?.id}/events`, { event: 'allocated' })
    await until(async () => (await world.record(ID))?.grantedParts !== undefined)
    await world.admin('POST', `/held/nef/${four?.id}/events`, { event: 'allocated' })
    await world.clock.moveBy(20_000)
    expect(world.events).toEqual([])
    await world.admin('POST', `/held/nef/${six?.id}/events`, { event: 'allocated' })
    await until(() => world.events.length > 0)
    expect(world.events).toMatchObject([{ type: 'granted' }])
  })

  it('is refused as a whole if one family fails', async () => {
    await open('release17', { grant: 'onAllocated' })
    await fault({ kind: 'outcome', outcome: 'failed' })
    expect(await world.network.reserve(BOTH)).toEqual({ result: 'pending' })
    await until(() => world.events.length > 0)
    expect(world.events).toMatchObject([{ type: 'refused' }])
    expect(await world.held('nef')).toEqual([])
  })
})

describe('messages', () => {
  const lost = { type: 'lost', id: ID, reason: 'LOSS_OF_BEARER' }

  it('that come before the answer wait for it', async () => {
    await open()
    await fault({ kind: 'callback-first', event: 'lost' })
    expect(await world.network.reserve(WISH)).toMatchObject({ result: 'granted' })
    await until(() => world.events.length > 0)
    expect(world.events).toEqual([lost])
    await until(async () => (await world.held('nef')).length === 0)
  })

  it('of a grant that come before the answer are the grant', async () => {
    await open('release17', { grant: 'onAllocated' })
    await fault({ kind: 'callback-first', event: 'allocated' })
    await world.network.reserve(WISH)
    await until(async () => (await state()) === 'held')
    expect(world.events).toMatchObject([{ type: 'granted' }])
  })

  it('that come twice are reported once', async () => {
    await open()
    await world.network.reserve(WISH)
    const url = await callbackUrl()
    const message = { transaction: 'x', eventReports: [{ event: 'LOSS_OF_BEARER' }] }
    const [held] = await world.held('nef')
    const body = { ...message, transaction: `http://elsewhere/${held?.id}` }
    expect(await Promise.all([post(url, body), post(url, body)])).toEqual([204, 204])
    await world.gone(ID)
    await quiet()
    expect(world.events).toEqual([lost])
  })

  it('that come after the release change nothing', async () => {
    await open()
    await world.network.reserve(WISH)
    const url = await callbackUrl()
    const [held] = await world.held('nef')
    await world.network.release(ID, 2)
    const body = { transaction: held?.document['self'], eventReports: [{ event: 'LOSS_OF_BEARER' }] }
    expect(await post(url, body)).toBe(204)
    await until(async () => (await world.store.remoteReservations.callbacks(world.network.id, 9)).length === 0)
    expect(world.events).toEqual([])
    expect(await state()).toBe('released')
  })

  it('that are forged are refused: the transaction proves nothing', async () => {
    await open()
    await world.network.reserve(WISH)
    const url = await callbackUrl()
    const [held] = await world.held('nef')
    const body = { transaction: held?.document['self'], eventReports: [{ event: 'SESSION_TERMINATION' }] }
    const other = url.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    expect(await post(other, body)).toBe(404)
    expect(await post(url.replace('/1/', '/2/'), body)).toBe(404)
    await quiet()
    expect(world.messages).toEqual(['kept', 'kept', 'forged', 'forged'])
    expect(world.events).toEqual([])
    expect(await state()).toBe('held')
  })

  it('about another subscription, at our URL, end nothing of ours', async () => {
    await open()
    await world.network.reserve(WISH)
    const url = await callbackUrl()
    const stranger = { transaction: 'http://nef/none', eventReports: [{ event: 'SESSION_TERMINATION' }] }
    expect(await post(url, stranger)).toBe(204)
    await until(async () => (await world.store.remoteReservations.callbacks(world.network.id, 9)).length === 0)
    expect(await state()).toBe('held')
  })
})

describe('lost answers', () => {
  it('are found by the list, and nothing is held twice', async () => {
    await open()
    await fault({ kind: 'drop', operation: 'create' })
    await expect(world.network.reserve(WISH)).rejects.toThrow(NetworkUnreachable)
    expect(await world.network.reserve(WISH)).toMatchObject({ result: 'granted' })
    expect(await world.held('nef')).toHaveLength(1)
    expect(await world.network.figures()).toMatchObject({ held: 1, orphans: 0 })
  })

  it('of the second family leave no half behind', async () => {
    await open()
    await world.network.reserve(reservation(2, { profile: 'qod_l' }))
    await fault({ kind: 'late', operation: 'create', afterMs: 0 })
    await fault({ kind: 'drop', operation: 'create' })
    await expect(world.network.reserve(BOTH)).rejects.toThrow(NetworkUnreachable)
    expect(await world.network.reserve(BOTH)).toMatchObject({ result: 'granted' })
    expect(await world.held('nef')).toHaveLength(3)
    expect(await world.network.release(ID, 2)).toBe('released')
    expect(await world.held('nef')).toHaveLength(1)
  })

  it('are counted if there is no list, until a message reveals the orphan', async () => {
    await open('ericsson')
    await world.admin('PATCH', '/settings', { outcome: 'none' })
    await fault({ kind: 'drop', operation: 'create' })
    await expect(world.network.reserve(WISH)).rejects.toThrow(NetworkUnreachable)
    expect(await world.network.reserve(WISH)).toMatchObject({ result: 'granted' })
    expect(await world.network.figures()).toEqual({ held: 1, orphans: 1 })
    const [orphan, ours] = await world.held('nef')
    await world.admin('POST', `/held/nef/${orphan?.id}/events`, { event: 'allocated' })
    await until(async () => (await world.held('nef')).length === 1)
    expect((await world.held('nef'))[0]?.id).toBe(ours?.id)
    await until(() => world.network.troubles.length === 0)
    expect(world.events).toEqual([])
  })

  it('are counted if no request is supported, and reported', async () => {
    await open('oracle')
    await fault({ kind: 'drop', operation: 'create' })
    await expect(world.network.reserve(WISH)).rejects.toThrow(NetworkUnreachable)
    expect(await world.network.reserve(WISH)).toMatchObject({ result: 'granted' })
    expect(await world.network.figures()).toEqual({ held: 1, orphans: 1 })
    expect(world.network.troubles).toEqual([expect.stringContaining('for 1 request whose answer was lost')])
  })
})

describe('one subscription for each device', () => {
  it('is refused to a second session, with the words of the emulator', async () => {
    await open('iavcoelho')
    await world.network.reserve(WISH)
    const second = reservation(2, { profile: 'qod_e', flow: WISH.flow })
    expect(await world.network.reserve(second)).toMatchObject({ result: 'refused', reason: /409/ })
    expect(await world.held('nef')).toHaveLength(1)
  })

  it('is found to be ours when an answer was lost', async () => {
    await open('iavcoelho')
    await fault({ kind: 'drop', operation: 'create' })
    await expect(world.network.reserve(WISH)).rejects.toThrow(NetworkUnreachable)
    expect(await world.network.reserve(WISH)).toMatchObject({ result: 'granted' })
    expect(await world.held('nef')).toHaveLength(1)
  })
})
