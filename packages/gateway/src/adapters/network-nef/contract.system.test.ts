import type { SettingsPatch } from '@rightofway/core-simulator'
import { afterAll, beforeAll, vi } from 'vitest'
import { describeNetwork, type NetworkWorld } from '../../../test/contracts/network.js'
import type { Skips } from '../../../test/support/contract.js'
import { NOON } from '../../domain/session.fixture.js'
import { type Network, NetworkUnreachable } from '../../ports/network.js'
import { CAPACITY_BPS, later, openCoreNetwork, withReferences } from '../network-api/core-network.fixture.js'
import { NEF_DIALECTS, type NefDialectName } from './dialects.js'
import { openNefDoor } from './nef.fixture.js'

// Both ends have one clock, which is moved by hand.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOON }))
afterAll(() => void vi.useRealTimers())

const LATER = [
  'tells later what came of what it answered "pending", and counts from its own grant',
  'tells later that it refuses what it has no room for by then',
  'lets go of what it is still working on, and says no more about it',
  'goes on working on what is pending when its driver is killed',
] as const

const skip = (titles: readonly string[], reason: string): Skips =>
  Object.fromEntries(titles.map((title) => [title, reason]))

/** The cases that a dialect does not support. */
const SKIPS: Readonly<Record<NefDialectName, Skips>> = {
  release17: skip(LATER, 'a document says nothing of the outcome: see outcome.test.ts'),
  release18: skip(LATER, 'a document says nothing of the outcome: see outcome.test.ts'),
  ericsson: skip([LATER[1]], 'it tells of no failure: that is found when it is looked at'),
  oracle: skip(LATER, 'it never tells what came of a subscription'),
  eurecom: skip(LATER, 'it never tells what came of a subscription'),
  medianetlab: skip(LATER, 'it never tells what came of a subscription'),
  iavcoelho: skip(LATER, 'a document says nothing of the outcome: see outcome.test.ts'),
}

/** The early end of a subscription, with a notification. Without one, a look-up finds it. */
const LOSS: Readonly<Record<NefDialectName, string | undefined>> = {
  release17: 'lost',
  release18: 'lost',
  ericsson: 'lost',
  oracle: 'terminated',
  eurecom: 'terminated',
  medianetlab: undefined,
  iavcoelho: 'failed',
}

/** A 500 may or may not be a refusal: the driver repeats the request until it counts as one. */
const askedAgain = (network: Network): Network => ({
  ...network,
  async reserve(reservation) {
    for (;;) {
      try {
        return await network.reserve(reservation)
      } catch (error) {
        if (!(error instanceof NetworkUnreachable && error.message.endsWith('answered 500'))) throw error
      }
    }
  },
})

const open = (dialect: NefDialectName) => async (): Promise<NetworkWorld> => {
  const settings: SettingsPatch = {
    dialect,
    capacity: { downlinkBps: CAPACITY_BPS, uplinkBps: CAPACITY_BPS },
  }
  const world = await openCoreNetwork({
    settings,
    openDoor: openNefDoor({ dialect, grant: dialect === 'ericsson' ? 'onAllocated' : 'onCreated' }),
  })
  const { clock, proxy, admin } = world
  const naming = dialect === 'medianetlab' ? '5QIs' : 'names'
  let scripted: Promise<unknown> = Promise.resolve()
  const handed = (network: Network) => {
    const named = withReferences(world, network, naming, () => scripted)
    return dialect === 'eurecom' ? askedAgain(named) : named
  }
  return {
    network: handed(world.network),
    capacityBps: CAPACITY_BPS,
    slackMs: 0,
    now: () => clock.now(),
    pass: async (ms) => void (await clock.moveBy(ms)),
    reopen: async (meanwhile) => handed(await world.reopen(meanwhile)),
    answerLate(afterMs) {
      scripted = admin('POST', '/faults', { kind: 'outcome', outcome: 'none' })
      clock.alarm(later(clock, afterMs), () => {
        const told = async () => {
          for (const { id } of await world.held('nef')) {
            const came = world.exchange(({ kind, status }) => kind === 'notification' && status === 204)
            await admin('POST', `/held/nef/${id}/events`, { event: 'allocated' })
            await came
          }
        }
        void clock.track(told())
      })
    },
    async lose(id) {
      const { remoteId = '', asked } = (await world.record(id)) ?? {}
      const event = LOSS[dialect]
      if (event === undefined) {
        await admin('DELETE', `/pdu-sessions/${asked?.flow.device.ipv4?.split('/')[0]}`)
        await clock.moveBy(20_000)
      } else await admin('POST', `/held/nef/${remoteId}/events`, { event })
      await world.gone(id)
    },
    cutOff: (isCutOff) => (isCutOff ? proxy.close() : proxy.mend()),
    close: () => world.close(),
  }
}

for (const dialect of NEF_DIALECTS) describeNetwork(`a NEF, ${dialect}`, open(dialect), SKIPS[dialect])
