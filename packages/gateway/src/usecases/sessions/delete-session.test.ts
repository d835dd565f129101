import { describe, expect, it } from 'vitest'
import { createGranted, happen } from '../../../test/support/sessions.js'
import { openSqliteStore } from '../../adapters/store-sqlite/store.js'
import { SystemClock } from '../../adapters/system-clock.js'
import { at, TERMS } from '../../domain/session.fixture.js'
import type { Deps } from '../deps.js'
import { hearNetwork } from '../resources/hear-network.js'
import { deleteSession } from './delete-session.js'

describe('deleting a session that has ended', () => {
  it('keeps a network task for the release, even if the network confirms one at the same time', async () => {
    const store = openSqliteStore({ file: ':memory:' })
    const deps = { store, clock: new SystemClock(() => at(700)) } as Pick<Deps, 'store' | 'clock'> as Deps
    const lost = await happen(store.sessions, await createGranted(store.sessions), { type: 'lost' }, at(600))
    const { id, owner } = lost.session
    // The delete reads the task that the answer of the network is about to settle.
    await Promise.all([
      hearNetwork(deps, id, { type: 'released' }, lost.version),
      deleteSession(deps, id, { application: owner, compatibility: 'camara' }),
    ])
    const left = await store.sessions.find(id)
    // Forgotten, or with a task that leads there: otherwise it would be kept for ever.
    expect(left === undefined || (await store.sessions.hasTask(id))).toBe(true)
    expect((await store.work.claimTasks(TERMS.network, 10, 1_000)).map((task) => task.do)).toEqual(['release'])
    await store.close()
  })
})
