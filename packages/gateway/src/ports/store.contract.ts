// What every store owes the gateway. An adapter's test is one line that calls this.

import { describe } from 'vitest'
import { type ContractTest, contract, type Skips } from '../testing/contract.js'
import { describeApplications } from './store-applications.contract.js'
import type { OpenStore, WithStore } from './store-context.contract.js'
import { describeDevices } from './store-devices.contract.js'
import { describeEvents } from './store-events.contract.js'
import { describeGrants } from './store-grants.contract.js'
import { describeKeeping } from './store-keeping.contract.js'
import { describePeople } from './store-people.contract.js'
import { describeProofs } from './store-proofs.contract.js'
import { describeSessions } from './store-sessions.contract.js'
import { describeWork } from './store-work.contract.js'

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
  proofs: describeProofs,
  devices: describeDevices,
  people: describePeople,
  'keeping and forgetting': describeKeeping,
}

/** The suite that every Store passes, unchanged. */
export function describeStore(name: string, open: OpenStore, skips: Skips = {}): void {
  const withStore = storeFor(open)
  contract(`Store: ${name}`, skips, (test) => {
    for (const [part, define] of Object.entries(PARTS)) describe(part, () => define(test, withStore))
  })
}
