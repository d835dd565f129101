// The contract suite of networks, on a real kernel. Its time is the kernel's: the suite really waits.

import { type Instant, instant, type ReservationId } from '@rightofway/camara'
import { describeNetwork, type NetworkWorld } from '../../../test/contracts/network.js'
import { reservation, reservationId } from '../../../test/support/reservations.js'
import { makeUntenable, openRouter, sleep } from './router.fixture.js'

const CAPACITY_BPS = 100_000_000
/** A shared machine may stall for as long; an emulated one for longer. */
const SLACK_MS = process.env['KERNEL_TESTS'] === undefined ? 900 : 25_000
/** Longer waits are skipped: the wall clock is stepped, and the kernel has to follow. */
const LONGEST_WAIT_MS = 10_000

async function openWorld(): Promise<NetworkWorld> {
  const side = { capacityBps: CAPACITY_BPS }
  const router = await openRouter({
    towardsDevices: [{ ...side, interface: 'lan0' }],
    towardsServers: { ...side, interface: 'wan0' },
    reservedShare: 0,
  })
  return {
    network: router.network,
    capacityBps: CAPACITY_BPS,
    slackMs: SLACK_MS,
    now: () => instant(router.now()) as Instant,
    pass: async (ms) => (ms > LONGEST_WAIT_MS ? router.stepClock(ms) : sleep(ms)),
    reopen: router.reopen,
    answerLate() {
      throw new Error('a kernel answers at once')
    },
    lose: (id: ReservationId) => makeUntenable(router, id, addressOf(id)),
    cutOff(isCutOff) {
      router.tools.isCutOff = isCutOff
    },
    close: router.close,
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

const AT_ONCE = 'a kernel answers at once'

describeNetwork('linux', openWorld, {
  'tells later what came of what it answered "pending", and counts from its own grant': AT_ONCE,
  'tells later that it refuses what it has no room for by then': AT_ONCE,
  'lets go of what it is still working on, and says no more about it': AT_ONCE,
  'goes on working on what is pending when its driver is killed': AT_ONCE,
})
