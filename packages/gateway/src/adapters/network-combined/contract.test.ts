import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkId } from '@rightofway/camara'
import { pino } from 'pino'
import { describeNetwork, type NetworkWorld } from '../../../test/contracts/network.js'
import { NOON } from '../../domain/session.fixture.js'
import { SandboxClock } from '../../sandbox/clock.js'
import { Simulator } from '../network-simulator/simulator.js'
import { openSqliteStore, type SqliteStore } from '../store-sqlite/store.js'
import { SystemClock } from '../system-clock.js'
import { CombinedNetwork } from './network.js'

const CAPACITY_BPS = 100_000_000

/** Two simulators, one of which gets the scripted events. */
const open = (which: 'first' | 'second') => async (): Promise<NetworkWorld> => {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-combined-'))
  const offset = { load: async () => 0, save: async () => undefined }
  const clock = await SandboxClock.start(new SystemClock(() => NOON), offset)
  const capacity = { downlinkBps: CAPACITY_BPS, uplinkBps: CAPACITY_BPS }
  const file = join(dir, 'store.db')
  let store: SqliteStore
  let parts: [Simulator, Simulator]
  let network: CombinedNetwork
  let stop: () => Promise<void>
  const start = async () => {
    store = openSqliteStore({ file })
    const part = (id: string) => new Simulator({ id: id as NetworkId, file: join(dir, `${id}.db`), clock, capacity })
    parts = [part('first'), part('second')]
    network = new CombinedNetwork({
      ...{ id: 'both' as NetworkId, parts, clock, records: store.remoteReservations },
      required: new Set(parts.map(({ id }) => id)),
      log: pino({ level: 'silent' }),
    })
    stop = await network.drive(() => true)
    return network
  }
  const end = async () => {
    await stop()
    await network.close()
    for (const part of parts) await part.close()
    await store.close()
  }
  const touched = () => parts[which === 'first' ? 0 : 1]
  return {
    network: await start(),
    capacityBps: CAPACITY_BPS,
    slackMs: 0,
    now: () => clock.now(),
    pass: async (ms) => void (await clock.moveBy(ms)),
    async reopen(meanwhile = async () => undefined) {
      await end()
      await meanwhile()
      return start()
    },
    answerLate: (afterMs) => touched().script({ kind: 'late', afterMs }),
    async lose(id) {
      await touched().lose(id)
      await clock.moveBy(0)
    },
    cutOff: (isCutOff) => touched().setReachable(!isCutOff),
    async close() {
      await end()
      rmSync(dir, { recursive: true })
    },
  }
}

describeNetwork('two networks combined, the first of which is told what happens', open('first'))
describeNetwork('two networks combined, the second of which is told what happens', open('second'), {
  'tells later that it refuses what it has no room for by then': 'the first part has granted it, and its room is taken',
})
