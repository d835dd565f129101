import { describeNetwork, type NetworkWorld } from '../../../test/contracts/network.js'
import type { Skips } from '../../../test/support/contract.js'
import { CAPACITY_BPS, openCoreNetwork, withReferences } from '../network-api/core-network.fixture.js'
import { PCF_CORES, type PcfCoreName } from './cores.js'
import { openPcfDoor } from './pcf.fixture.js'

const reason = 'the answer to the create is the grant: see outcome.test.ts'
const SKIPS: Skips = {
  'tells later what came of what it answered "pending", and counts from its own grant': reason,
  'tells later that it refuses what it has no room for by then': reason,
  'lets go of what it is still working on, and says no more about it': reason,
  'goes on working on what is pending when its driver is killed': reason,
}

const open = (core: PcfCoreName) => async (): Promise<NetworkWorld> => {
  const world = await openCoreNetwork({
    settings: { core, capacity: { downlinkBps: CAPACITY_BPS, uplinkBps: CAPACITY_BPS } },
    // free5GC requires the device's SUPI, which the BSF knows.
    openDoor: openPcfDoor({ core, bsf: core === 'free5gc', nrf: core === 'open5gs' }),
  })
  const { clock, proxy, admin } = world
  return {
    network: withReferences(world, world.network, 'names'),
    capacityBps: CAPACITY_BPS,
    slackMs: 0,
    now: () => clock.now(),
    pass: async (ms) => void (await clock.moveBy(ms)),
    reopen: async (meanwhile) => withReferences(world, await world.reopen(meanwhile), 'names'),
    answerLate: () => undefined,
    async lose(id) {
      const { remoteId = '' } = (await world.record(id)) ?? {}
      const [there] = JSON.parse(decodeURIComponent(remoteId)) as [string]
      await admin('POST', `/held/pcf/${there}/events`, { event: 'lost' })
      await world.gone(id)
    },
    cutOff: (isCutOff) => (isCutOff ? proxy.close() : proxy.mend()),
    close: () => world.close(),
  }
}

for (const core of PCF_CORES) describeNetwork(`a PCF, ${core}`, open(core), SKIPS)
