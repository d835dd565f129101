// The classes of a large router: a start, an audit and a repair end, and leave the kernel in the wanted state. Their
// durations are printed and have no limit.

import { seconds } from '@rightofway/camara'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWith } from '../../../../../test/parts.js'
import { guarantee, reservation } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import { NO_DRIFT } from './kernel/kernel.js'
import { asItShouldBe, becomes, openRouter, type Router } from './router.fixture.js'

/** Sessions, each with a class on either interface. Next to other tests, a few are enough for the same code paths. */
const SESSIONS = Number(process.env['MANY_CLASSES'] ?? 2_000)
const AT_ONCE = 256
/** Creating a class among 40 000 takes the kernel some milliseconds. */
const TIMEOUT_MS = 120_000 + 30 * SESSIONS

let router: Router

const flowOf = (n: number) => ({
  device: { ipv4: `10.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}/32` as Prefix },
  server: ['198.51.100.7/32' as Prefix] as const,
})

async function grantAll(): Promise<void> {
  let next = 1
  const worker = async () => {
    while (next <= SESSIONS) {
      const n = next++
      const wish = reservation(n, { flow: flowOf(n), qos: guarantee(1_000_000), duration: seconds(80_000) })
      expect(await router.network.reserve(wish)).toMatchObject({ result: 'granted' })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const [began, used] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(used)
  const [took, ours] = [performance.now() - began, (user + system) / 1000].map((ms) => (ms / 1000).toFixed(2))
  console.info(`${SESSIONS} classes on each interface: ${what} took ${took} s, of the gateway's processor ${ours} s`)
}

const expectAsItShouldBe = async (): Promise<void> =>
  expect(await router.network.status()).toMatchObject({ troubles: [], drift: NO_DRIFT })

const classesOn = async (dev: string): Promise<number> =>
  (await router.run('tc', 'class', 'show', 'dev', dev)).split('\n').filter((line) => line !== '').length

vi.setConfig({ testTimeout: TIMEOUT_MS, hookTimeout: TIMEOUT_MS })

describeWith(['namespaces', 'nftables'], 'a network of many classes', () => {
  beforeAll(async () => {
    const capacityBps = SESSIONS * 2_000_000
    router = await openRouter({
      towardsDevices: [{ interface: 'lan0', capacityBps }],
      towardsServers: { interface: 'wan0', capacityBps },
      maxSessions: SESSIONS,
    })
    await timed('granting all', grantAll)
  }, TIMEOUT_MS)
  afterAll(() => router.close())

  it('is restarted with all of them', async () => {
    await timed('a start', () => router.reopen())
    await expectAsItShouldBe()
    expect(await classesOn('lan0')).toBeGreaterThan(SESSIONS)
  })

  it('is read as a whole', () => timed('a look', expectAsItShouldBe))

  it('gets back a table that was flushed, with every element', async () => {
    await router.run('nft', 'flush', 'ruleset')
    await timed('the repair of the table', () => becomes(() => asItShouldBe(router)))
    expect((await router.run('nft', 'list', 'ruleset')).match(/timeout/g)?.length).toBeGreaterThanOrEqual(SESSIONS)
  })

  it('gets back a tree that was deleted, with every class', async () => {
    await router.run('tc', 'qdisc', 'del', 'dev', 'lan0', 'root')
    await timed('the repair of a tree', () => becomes(() => asItShouldBe(router)))
    expect(await classesOn('lan0')).toBeGreaterThanOrEqual(SESSIONS)
  })
})
