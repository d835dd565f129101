import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkId } from '@rightofway/camara'
import { describeNetwork } from '../../../test/contracts/network.js'
import { NOON } from '../../domain/session.fixture.js'
import { SandboxClock } from '../../sandbox/clock.js'
import { SystemClock } from '../system-clock.js'
import { networkFace } from './face.js'
import { RemoteSimulator } from './remote.js'
import { Simulator } from './simulator.js'

const CAPACITY_BPS = 100_000_000
const ID = 'simulator' as NetworkId

describeNetwork('simulator in another process', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-simulator-'))
  const offset = { load: async () => 0, save: async () => undefined }
  const clock = await SandboxClock.start(new SystemClock(() => NOON), offset)
  const capacity = { downlinkBps: CAPACITY_BPS, uplinkBps: CAPACITY_BPS }
  let simulator: Simulator
  let server: Server
  let remote: RemoteSimulator

  async function open() {
    simulator = new Simulator({ id: ID, file: join(dir, 'simulator.db'), clock, capacity })
    let isWatched: () => void = () => undefined
    const watched = new Promise<void>((resolve) => {
      isWatched = resolve
    })
    const answer = networkFace(simulator)
    server = createServer((request, response) => {
      answer(request, response)
      if (request.url === '/events') isWatched()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    remote = new RemoteSimulator(ID, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      maxFlowRules: simulator.capabilities.maxFlowRules,
    })
    // Events are received only after they have been requested.
    remote.watch(() => undefined)
    await watched
    return remote
  }
  async function close() {
    await remote.close()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    await simulator.close()
  }

  return {
    network: await open(),
    capacityBps: CAPACITY_BPS,
    slackMs: 0,
    now: () => clock.now(),
    async pass(ms) {
      await clock.moveBy(ms)
      // Its events are on their way.
      await remote.list(undefined, 1).catch(() => undefined)
    },
    async reopen(meanwhile = async () => undefined) {
      await close()
      await meanwhile()
      return open()
    },
    answerLate: (afterMs) => simulator.script({ kind: 'late', afterMs }),
    async lose(id) {
      await simulator.lose(id)
      await remote.list(undefined, 1).catch(() => undefined)
    },
    cutOff: (isCutOff) => simulator.setReachable(!isCutOff),
    async close() {
      await close()
      rmSync(dir, { recursive: true })
    },
  }
})
