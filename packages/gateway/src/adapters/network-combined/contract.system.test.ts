// The contract suite of networks, on a router with a real kernel combined with another network. The suite really waits.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Instant, instant, type NetworkId, type ReservationId } from '@rightofway/camara'
import { pino } from 'pino'
import { describeNetwork, type NetworkWorld } from '../../../test/contracts/network.js'
import type { Skips } from '../../../test/support/contract.js'
import { reservation, reservationId } from '../../../test/support/reservations.js'
import { until } from '../../../test/support/waiting.js'
import type { Network } from '../../ports/network.js'
import { SandboxClock } from '../../sandbox/clock.js'
import { openCoreNetwork, withReferences } from '../network-api/core-network.fixture.js'
import { openUpstream, withProfiles } from '../network-camara/upstream.fixture.js'
import { makeUntenable, openRouter, type Router, sleep } from '../network-linux/router.fixture.js'
import { openPcfDoor } from '../network-pcf/pcf.fixture.js'
import { Simulator } from '../network-simulator/simulator.js'
import { openSqliteStore, type SqliteStore } from '../store-sqlite/store.js'
import { SystemClock } from '../system-clock.js'
import { CombinedNetwork } from './network.js'

const CAPACITY_BPS = 100_000_000
const CAPACITY = { downlinkBps: CAPACITY_BPS, uplinkBps: CAPACITY_BPS }
/** A shared machine may stall for as long. */
const SLACK_MS = 1_500
/** Longer waits are skipped: the clocks are stepped, and the kernel has to follow. */
const LONGEST_WAIT_MS = 10_000

/** The network before the router. */
interface FirstPart {
  readonly network: Network
  reopen(): Promise<Network>
  /** Its clock is stepped with the router's. */
  step?(ms: number): Promise<unknown>
  answerLate?(afterMs: number): void
  close(): Promise<void>
}

type OpenFirst = (router: Router) => Promise<FirstPart>

const clockOf = (router: Router): Promise<SandboxClock> =>
  SandboxClock.start(new SystemClock(router.now), { load: async () => 0, save: async () => undefined })

const simulator: OpenFirst = async (router) => {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-first-'))
  const open = () =>
    new Simulator({
      ...{ id: 'first' as NetworkId, file: join(dir, 'first.db'), capacity: CAPACITY },
      clock: new SystemClock(router.now),
    })
  let now = open()
  return {
    network: now,
    async reopen() {
      await now.close()
      now = open()
      return now
    },
    answerLate: (afterMs) => now.script({ kind: 'late', afterMs }),
    async close() {
      await now.close()
      rmSync(dir, { recursive: true })
    },
  }
}

const pcf: OpenFirst = async (router) => {
  const world = await openCoreNetwork({
    settings: { core: 'open5gs', capacity: CAPACITY },
    openDoor: openPcfDoor({ core: 'open5gs', nrf: true }),
    clock: await clockOf(router),
  })
  return {
    network: withReferences(world, world.network, 'names'),
    reopen: async () => withReferences(world, await world.reopen(), 'names'),
    close: () => world.close(),
  }
}

const camara: OpenFirst = async () => {
  const upstream = await openUpstream()
  let scripted: Promise<unknown> = Promise.resolve()
  return {
    network: withProfiles(upstream, upstream.network, () => scripted),
    reopen: async () => withProfiles(upstream, await upstream.reopen(), () => scripted),
    step: (ms) => upstream.clock.moveBy(ms),
    answerLate(afterMs) {
      const script = { behaviour: 'late', afterMs }
      scripted = upstream.gateway.admin('POST', '/networks/simulator/simulator/script', script)
    },
    close: () => upstream.close(),
  }
}

const open = (openFirst: OpenFirst) => async (): Promise<NetworkWorld> => {
  const side = { capacityBps: CAPACITY_BPS }
  const router = await openRouter({
    towardsDevices: [{ ...side, interface: 'lan0' }],
    towardsServers: { ...side, interface: 'wan0' },
    reservedShare: 0,
  })
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-combined-'))
  const first = await openFirst(router)
  let store: SqliteStore
  let combined: CombinedNetwork
  let stop: () => Promise<void>
  const start = async (part: Network) => {
    store = openSqliteStore({ file: join(dir, 'store.db') })
    const parts = [part, router.network] as const
    combined = new CombinedNetwork({
      ...{ id: 'campus' as NetworkId, parts: [...parts], records: store.remoteReservations },
      required: new Set(parts.map(({ id }) => id)),
      ...{ clock: new SystemClock(router.now), log: pino({ level: 'silent' }) },
    })
    stop = await combined.drive(() => true)
    return combined
  }
  const end = async () => {
    await stop()
    await combined.close()
    await store.close()
  }
  return {
    network: await start(first.network),
    capacityBps: CAPACITY_BPS,
    slackMs: SLACK_MS,
    now: () => instant(router.now()) as Instant,
    async pass(ms) {
      if (ms <= LONGEST_WAIT_MS) return sleep(ms)
      router.stepClock(ms)
      await first.step?.(ms)
    },
    async reopen(meanwhile) {
      await end()
      await router.reopen(meanwhile)
      return start(await first.reopen())
    },
    answerLate: (afterMs) => first.answerLate?.(afterMs),
    async lose(id) {
      await makeUntenable(router, id, addressOf(id))
      await until(async () => (await store.remoteReservations.find('campus' as NetworkId, id))?.record.state === 'lost')
    },
    cutOff(isCutOff) {
      router.tools.isCutOff = isCutOff
    },
    async close() {
      await end()
      await first.close()
      await router.close()
      rmSync(dir, { recursive: true })
    },
  }
}

/** The address that the suite gives a reservation's device. */
function addressOf(id: ReservationId): string {
  for (let n = 0; n < 100; n++) {
    const [address = ''] = (reservation(n).flow.device.ipv4 ?? '').split('/')
    if (reservationId(n) === id) return `${address} `
  }
  throw new Error(`${id} is none of the suite's`)
}

const AT_ONCE = 'the PCF and the kernel answer at once'
const NEVER_LATE: Skips = {
  'tells later what came of what it answered "pending", and counts from its own grant': AT_ONCE,
  'tells later that it refuses what it has no room for by then': AT_ONCE,
  'lets go of what it is still working on, and says no more about it': AT_ONCE,
  'goes on working on what is pending when its driver is killed': AT_ONCE,
}

describeNetwork('a simulator and Linux', open(simulator))
describeNetwork('a PCF and Linux', open(pcf), NEVER_LATE)
describeNetwork('a CAMARA endpoint and Linux', open(camara))
