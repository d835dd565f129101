// What every store owes the gateway. An adapter's test is one line that calls this.

import { describe } from 'vitest'
import { type ContractTest, contract, type Skips } from '../support/contract.js'
import { describeApplications } from './store-applications.js'
import type { OpenStore, WithStore } from './store-context.js'
import { describeDevices } from './store-devices.js'
import { describeEvents } from './store-events.js'
import { describeGrants } from './store-grants.js'
import { describeKeeping } from './store-keeping.js'
import { describeRemoteReservations } from './store-remote-reservations.js'
import { describeSessions } from './store-sessions.js'
import { describeSinkCredentials } from './store-sink-credentials.js'
import { describeUsers } from './store-users.js'
import { describeWork } from './store-work.js'

function storeFor(open: OpenStore): WithStore {
  return (use) => async () => {
    let passedMs = 0
    const time = { realNow: () => 1_780_000_000_000 + passedMs, monotonicNow: () => 5_000 + passedMs }
    const { store, reopen, close } = await open(time)
    try {
      await use({
        store,
        passRealTime: (ms) => {
          passedMs += ms
        },
        realNow: time.realNow,
        reopen,
      })
    } finally {
      await close()
    }
  }
}

const PARTS: Readonly<Record<string, (test: ContractTest, withStore: WithStore) => void>> = {
  sessions: describeSessions,
  'timers and network tasks': describeWork,
  events: describeEvents,
  applications: describeApplications,
  grants: describeGrants,
  sinkCredentials: describeSinkCredentials,
  devices: describeDevices,
  people: describeUsers,
  'remote reservations': describeRemoteReservations,
  'keeping and forgetting': describeKeeping,
}

/** The suite that every Store passes, unchanged. */
export function describeStore(name: string, open: OpenStore, skips: Skips = {}): void {
  const withStore = storeFor(open)
  contract(`Store: ${name}`, skips, (test) => {
    for (const [part, define] of Object.entries(PARTS)) describe(part, () => define(test, withStore))
  })
}
