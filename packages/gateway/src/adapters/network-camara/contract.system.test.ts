import { afterAll, beforeAll, vi } from 'vitest'
import { describeNetwork, type NetworkWorld } from '../../../test/contracts/network.js'
import { NOON } from '../../domain/session.fixture.js'
import { CAPACITY_BPS, openUpstream, withProfiles } from './upstream.fixture.js'

// Both ends have one clock, which is moved by hand.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOON }))
afterAll(() => void vi.useRealTimers())

const open = (listens: boolean) => async (): Promise<NetworkWorld> => {
  const upstream = await openUpstream({ listens })
  const { clock, gateway, proxy } = upstream
  const settled = () => clock.moveBy(0)
  let scripted: Promise<unknown> = Promise.resolve()
  return {
    network: withProfiles(upstream, upstream.network, () => scripted),
    capacityBps: CAPACITY_BPS,
    slackMs: 0,
    now: () => clock.now(),
    pass: async (ms) => void (await clock.moveBy(ms)),
    reopen: async (meanwhile) => withProfiles(upstream, await upstream.reopen(meanwhile), () => scripted),
    answerLate(afterMs) {
      scripted = gateway.admin('POST', '/networks/simulator/simulator/script', { behaviour: 'late', afterMs })
    },
    async lose(id) {
      const sessionId = await upstream.remoteId(id)
      await gateway.admin('POST', '/networks/simulator/simulator/lose', { sessionId })
      await settled()
      // Without a listener it is found by a look-up.
      if (!listens) await clock.moveBy(300_000 - 1)
    },
    cutOff: (isCutOff) => (isCutOff ? proxy.close() : proxy.mend()),
    close: () => upstream.close(),
  }
}

describeNetwork('another gateway of ours', open(true))
