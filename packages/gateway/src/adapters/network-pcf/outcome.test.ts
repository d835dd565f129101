// The outcome of a context after the answer, or without one: with a core that gets requests and calls back over HTTP/2.

import { seconds } from '@rightofway/camara'
import { afterEach, describe, expect, it } from 'vitest'
import { reservation, reservationId } from '../../../test/support/reservations.js'
import { quiet, until } from '../../../test/support/waiting.js'
import type { Prefix } from '../../domain/address.js'
import { NetworkUnreachable } from '../../ports/network.js'
import { type CoreNetwork, openCoreNetwork, post } from '../network-api/core-network.fixture.js'
import type { PcfCoreName } from './cores.js'
import { openPcfDoor, type PcfDoorWith } from './pcf.fixture.js'

let world: CoreNetwork
const open = async (core: PcfCoreName, options: PcfDoorWith = {}) => {
  world = await openCoreNetwork({
    settings: { core },
    openDoor: openPcfDoor({ core, nrf: core === 'open5gs', bsf: core === 'free5gc', ...options }),
  })
}
afterEach(() => world.close())

const ID = reservationId(1)
const WISH = reservation(1, { profile: 'qod_l', duration: seconds(3_600) })
const BOTH = reservation(1, {
  profile: 'qod_l',
  flow: {
    device: { ipv4: '10.45.0.2/32' as Prefix, ipv6: '2001:db8:cafe::1/128' as Prefix },
    server: ['198.51.100.7/32', '2001:db8:5::1/128'] as Prefix[],
  },
})
const fault = (body: object) => world.admin('POST', '/faults', body)
const happen = async (event: string, index = 0) => {
  const held = (await world.held('pcf'))[index]
  await world.admin('POST', `/held/pcf/${held?.id}/events`, { event })
}
const state = async () => (await world.record(ID))?.state
const requestOf = (document: Readonly<Record<string, unknown>> | undefined) =>
  document?.['ascReqData'] as { readonly notifUri: string; readonly supi?: string } | undefined
const read = async () =>
  until(async () => (await world.store.remoteReservations.callbacks(world.network.id, 9)).length === 0)

describe('a termination', () => {
  it.each(['open5gs', 'free5gc', 'standard'] as const)(
    'by %s is a loss, reported once, and leaves nothing',
    async (core) => {
      await open(core)
      await world.network.reserve(WISH)
      await happen('terminated')
      await world.gone(ID)
      expect(world.events).toEqual([{ type: 'lost', id: ID, reason: 'PDU_SESSION_TERMINATION' }])
      await until(async () => (await world.held('pcf')).length === 0)
    },
  )

  it('that comes twice or late is reported once, and a forged one is refused', async () => {
    await open('standard')
    await world.network.reserve(WISH)
    const [held] = await world.held('pcf')
    const notifUri = requestOf(held?.document)?.notifUri ?? ''
    const body = { termCause: 'ALL_SDF_DEACTIVATION', resUri: `http://x/app-sessions/${held?.id}` }
    expect(await post(`${notifUri.slice(0, -1)}_/terminate`, body)).toBe(404)
    expect(await post(`${notifUri}/terminate`, body)).toBe(204)
    expect(await post(`${notifUri}/terminate`, body)).toBe(204)
    await world.gone(ID)
    await read()
    expect(world.events).toHaveLength(1)
    expect(await post(`${notifUri}/terminate`, body)).toBe(204)
    await read()
    expect(world.events).toHaveLength(1)
    expect(world.messages).toContain('forged')
  })

  it('that comes before the answer waits for it', async () => {
    await open('standard')
    await fault({ kind: 'callback-first', event: 'lost' })
    expect(await world.network.reserve(WISH)).toMatchObject({ result: 'granted' })
    await world.gone(ID)
    expect(world.events).toEqual([{ type: 'lost', id: ID, reason: 'FAILED_RESOURCES_ALLOCATION' }])
  })

  it('of one family ends the other', async () => {
    await open('open5gs')
    expect(await world.network.reserve(BOTH)).toMatchObject({ result: 'granted' })
    expect(await world.held('pcf')).toHaveLength(2)
    await happen('terminated', 1)
    await until(async () => (await world.held('pcf')).length === 0)
    expect(world.events).toMatchObject([{ type: 'lost' }])
  })
})

describe('onAllocated', () => {
  it('waits for the notification of the network, of both families', async () => {
    await open('standard', { grant: 'onAllocated' })
    await fault({ kind: 'outcome', outcome: 'none', times: 2 })
    expect(await world.network.reserve(BOTH)).toEqual({ result: 'pending' })
    await happen('allocated')
    await until(async () => (await world.record(ID))?.grantedParts !== undefined)
    expect(world.events).toEqual([])
    await happen('allocated', 1)
    await until(() => world.events.length > 0)
    expect(world.events).toEqual([{ type: 'granted', id: ID, at: world.clock.now() }])
  })

  it('is refused when the network fails, and nothing remains', async () => {
    await open('standard', { grant: 'onAllocated' })
    await fault({ kind: 'outcome', outcome: 'failed' })
    expect(await world.network.reserve(WISH)).toEqual({ result: 'pending' })
    await until(() => world.events.length > 0)
    expect(world.events).toMatchObject([{ type: 'refused', reason: 'FAILED_RESOURCES_ALLOCATION' }])
    await until(async () => (await world.held('pcf')).length === 0)
  })
})

describe('a PCF that has been restarted', () => {
  /** Its ids begin again from 1: another application gets the one that we had. */
  const restart = async () => {
    await world.admin('POST', '/restart', {})
    const { remoteId = '' } = (await world.record(ID)) ?? {}
    const [id] = JSON.parse(decodeURIComponent(remoteId)) as [string]
    const stranger = openPcfDoor({ core: 'open5gs' })({ url: world.core.url } as never)
    const made = await stranger.ask(reservation(9, { profile: 'qod_l' }), undefined, {
      ...{ number: 1, key: 'k', callbackUrl: 'http://127.0.0.1:1/x' },
    })
    await stranger.close()
    expect(stranger.parts.of(made.remoteId)).toEqual([id])
  }

  it('keeps contexts of others when we release ours', async () => {
    await open('open5gs')
    await world.network.reserve(WISH)
    await restart()
    expect(await world.network.release(ID, 2)).toBe('released')
    expect(await world.held('pcf')).toHaveLength(1)
  })

  it('is found by a look-up to have lost what it held', async () => {
    await open('open5gs')
    await world.network.reserve(WISH)
    await restart()
    await world.clock.moveBy(300_000)
    expect(world.events).toEqual([{ type: 'lost', id: ID, reason: 'the PCF of core has been restarted' }])
    expect(await world.held('pcf')).toHaveLength(1)
  })
})

describe('lost answers', () => {
  it('are counted, reported, and ended when a message reveals the orphan', async () => {
    await open('standard')
    await world.admin('PATCH', '/settings', { outcome: 'none' })
    await fault({ kind: 'drop', operation: 'create' })
    await expect(world.network.reserve(WISH)).rejects.toThrow(NetworkUnreachable)
    expect(await world.network.reserve(WISH)).toMatchObject({ result: 'granted' })
    expect(await world.network.figures()).toEqual({ held: 1, orphans: 1 })
    expect(world.network.troubles).toEqual([expect.stringContaining('for 1 request whose answer was lost')])
    const [orphan] = await world.held('pcf')
    await world.admin('POST', `/held/pcf/${orphan?.id}/events`, { event: 'failed' })
    await until(async () => (await world.held('pcf')).length === 1)
    await until(() => world.network.troubles.length === 0)
    expect(await state()).toBe('held')
    expect(world.events).toEqual([])
  })

  it('are not counted if no connection could be made', async () => {
    await open('standard')
    world.proxy.close()
    await expect(world.network.reserve(WISH)).rejects.toThrow(NetworkUnreachable)
    world.proxy.mend()
    expect(await world.network.reserve(WISH)).toMatchObject({ result: 'granted' })
    expect(await world.network.figures()).toEqual({ held: 1, orphans: 0 })
  })

  it('lead to one request at a time at the core, which does not support two', async () => {
    await open('open5gs')
    await world.network.reserve(WISH)
    await fault({ kind: 'late', operation: 'delete', afterMs: 50 })
    await Promise.all([world.network.release(ID, 2), world.network.release(ID, 3), world.network.release(ID, 4)])
    await quiet()
    const { overlaps } = await world.admin<{ overlaps: number }>('GET', '')
    expect(overlaps).toBe(0)
  })
})

it("keeps the SUPI in free5GC's ids out of the log", async () => {
  await open('free5gc')
  await world.network.reserve(WISH)
  const [held] = await world.held('pcf')
  expect(requestOf(held?.document)?.supi).toMatch(/^imsi-/)
  await fault({ kind: 'fail', operation: 'delete', times: 3 })
  for (let n = 0; n < 2; n++) await expect(world.network.release(ID, 2)).rejects.toThrow(NetworkUnreachable)
  await world.network.release(ID, 2)
  expect(world.logs.join('')).toContain('does not let go')
  expect(world.logs.join('')).not.toContain('imsi-')
  expect(world.network.troubles.join('')).not.toContain('imsi-')
})
