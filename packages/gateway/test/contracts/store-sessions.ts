import type { ApplicationId, DeviceId, Instant, NetworkId, ResourceId, SessionId } from '@rightofway/camara'
import { expect } from 'vitest'
import type { Prefix } from '../../src/domain/address.js'
import { CONFLICT_RULES, type ConflictRule } from '../../src/domain/conflict.js'
import type { Flow } from '../../src/domain/flow.js'
import { at, NOON, TERMS } from '../../src/domain/session.fixture.js'
import type { Session, Terms } from '../../src/domain/session.js'
import {
  AddressMoved,
  AlreadyCreated,
  FlowTaken,
  QuotaExhausted,
  type SessionQuery,
  StaleVersion,
} from '../../src/ports/store/sessions.js'
import type { Store } from '../../src/ports/store/store.js'
import type { ContractTest } from '../support/contract.js'
import { SINK } from '../support/deliveries.js'
import {
  changeBy,
  commit,
  create,
  createAssignment,
  createGranted,
  creation,
  happen,
  happenTo,
  nextId,
} from '../support/sessions.js'
import { until } from '../support/waiting.js'
import type { WithStore } from './store-context.js'

const OTHER_APP = 'app-b' as ApplicationId
const OTHER_DEVICE = 'device-2' as DeviceId
const OTHER_NETWORK = 'other' as NetworkId

const FLOW: Flow = { ...TERMS.flow, server: ['198.51.100.0/24' as Prefix], serverPorts: [[80, 80]] }
const OVERLAPPING: Flow = { ...TERMS.flow, server: ['198.51.100.7/32' as Prefix], serverPorts: [[1, 1024]] }
const OTHER_PORT: Flow = { ...FLOW, serverPorts: [[443, 443]] }
const ELSEWHERE: Flow = { ...FLOW, server: ['192.0.2.0/24' as Prefix] }

/** All that a commit could have left behind about a session. */
async function tracesOf(store: Store, id: ResourceId) {
  return {
    session: await store.sessions.find(id),
    task: await store.sessions.hasTask(id),
    events: await store.events.ofSession(id, 0),
    listed: (await store.sessions.list({ limit: 100 })).some(({ session }) => session.id === id),
    timer: await store.work.nextTimer(0 as Instant),
    deliveries: await store.events.countDeliveries(),
  }
}

const NO_TRACE = {
  session: undefined,
  task: false,
  events: [],
  listed: false,
  timer: undefined,
  deliveries: { waiting: 0, dead: 0 },
}

export function describeSessions(test: ContractTest, withStore: WithStore): void {
  // --- quotas, and addresses that have changed hands ---

  test(
    'counts the live sessions of an application in the commit that adds one, and of a device those of all',
    withStore(async ({ store, reopen }) => {
      const quota = { application: 2, device: 3 }
      const other = { owner: OTHER_APP, device: OTHER_DEVICE }
      const first = await create(store.sessions, {}, { quota })
      const attempts = Array.from({ length: 4 }, () => create(store.sessions, {}, { quota }))
      const outcomes = await Promise.allSettled(attempts)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      await expect(create(store.sessions, { device: OTHER_DEVICE }, { quota })).rejects.toMatchObject({
        name: 'QuotaExhausted',
        of: 'application',
      })
      await create(store.sessions, { ...other, device: TERMS.device }, { quota })
      await expect(create(store.sessions, { owner: 'app-c' as ApplicationId }, { quota })).rejects.toBeInstanceOf(
        QuotaExhausted,
      )
      const { sessions } = await reopen()
      await expect(create(sessions, { device: OTHER_DEVICE }, { quota })).rejects.toMatchObject({ of: 'application' })
      await happen(sessions, first, { type: 'delete', released: false }, NOON)
      await create(sessions, { device: OTHER_DEVICE }, { quota })
      expect((await sessions.liveOfDevices([TERMS.device])).map(({ session }) => session.id)).not.toContain(
        first.session.id,
      )
    }),
  )

  test(
    'refuses for the device if both quotas are used up, and names its live sessions: one may be overdue, and end',
    withStore(async ({ store: { sessions } }) => {
      const quota = { application: 2, device: 2 }
      const first = await createGranted(sessions, {}, { quota })
      const second = await createGranted(sessions, {}, { quota })
      const refused = await create(sessions, {}, { quota }).catch((error: unknown) => error)
      expect(refused).toMatchObject({ name: 'QuotaExhausted', of: 'device' })
      const live = (refused as QuotaExhausted).live.map(({ session }) => session.id)
      expect(live.sort()).toEqual([first.session.id, second.session.id].sort())
      await happen(sessions, first, { type: 'timer', released: false }, at(3600))
      await create(sessions, {}, { quota })
    }),
  )

  test(
    'refuses a session about an address that another device has, where addresses are bound',
    withStore(async ({ store }) => {
      const address = TERMS.flow.device.ipv4 as Prefix
      await store.devices.put({ id: OTHER_DEVICE, addresses: [{ address, source: 'test' }] })
      await expect(create(store.sessions, {}, { bound: true })).rejects.toBeInstanceOf(AddressMoved)
      await create(store.sessions)
      await store.devices.put({ id: TERMS.device, addresses: [{ address, source: 'test' }] })
      await create(store.sessions, {}, { bound: true })
    }),
  )

  // --- assignments ---

  test(
    'keeps an assignment as it keeps a session: its steps, its task, its events and its timer',
    withStore(async ({ store, reopen }) => {
      const stored = await createAssignment(store.sessions, {}, { sink: SINK })
      const { id } = stored.session
      expect(await store.sessions.find(id)).toEqual(stored)
      expect(await store.work.nextTimer(0 as Instant)).toBe(TERMS.setUpBy)
      expect(await store.work.claimTasks(TERMS.network, 10, 1_000)).toMatchObject([
        { session: stored.session, version: 1, do: 'reserve' },
      ])
      const granted = await happenTo(store.sessions, stored, { type: 'granted', at: NOON }, NOON, stored.version)
      expect(granted).toMatchObject({ session: { status: 'AVAILABLE', startedAt: NOON }, version: 2 })
      expect(await store.work.nextTimer(0 as Instant)).toBeUndefined()
      expect(await store.sessions.hasTask(id)).toBe(false)
      expect(await store.events.ofSession(id, 0)).toMatchObject([{ session: id, ordinal: 1 }])
      expect(await store.events.countDeliveries()).toEqual({ waiting: 1, dead: 0 })
      const { sessions } = await reopen()
      expect(await sessions.find(id)).toEqual(granted)
      expect(await sessions.liveIds(TERMS.network, 10)).toEqual([id])
      expect(await sessions.liveOfDevices([TERMS.device])).toEqual([granted])
    }),
  )

  test(
    'keeps one assignment for a device, retained ones included, and lets sessions be [FlowTaken, contract 2.9]',
    withStore(async ({ store: { sessions } }) => {
      await create(sessions)
      const first = await createAssignment(sessions)
      await create(sessions)
      const other = { owner: OTHER_APP }
      for (const terms of [{}, other]) {
        await expect(createAssignment(sessions, terms)).rejects.toMatchObject({ name: 'FlowTaken', by: [first] })
      }
      await createAssignment(sessions, { device: OTHER_DEVICE })
      const failed = await happenTo(sessions, first, { type: 'refused' }, at(1), first.version)
      await expect(createAssignment(sessions, other)).rejects.toBeInstanceOf(FlowTaken)
      expect(await sessions.assignmentsOf(TERMS.device)).toEqual([failed])
      const leaving = await happenTo(sessions, failed, { type: 'delete', released: false }, at(2))
      const second = await createAssignment(sessions, other)
      expect(await sessions.assignmentsOf(TERMS.device)).toEqual([second, leaving])
      expect(await sessions.assignmentsOf('device-3' as DeviceId)).toEqual([])
    }),
  )

  test(
    'makes one assignment of several that are asked for at the same time',
    withStore(async ({ store: { sessions } }) => {
      const attempts = Array.from({ length: 5 }, () => createAssignment(sessions))
      const outcomes = await Promise.allSettled(attempts)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await sessions.assignmentsOf(TERMS.device)).toHaveLength(1)
    }),
  )

  test(
    'counts assignments among the sessions of a quota, and lists each kind by itself',
    withStore(async ({ store: { sessions } }) => {
      const quota = { application: 2, device: 2 }
      const session = await create(sessions, {}, { quota })
      const assignment = await createAssignment(sessions, {}, { quota })
      await expect(create(sessions, { device: OTHER_DEVICE }, { quota })).rejects.toMatchObject({ of: 'application' })
      await expect(create(sessions, { owner: OTHER_APP }, { quota })).rejects.toMatchObject({ of: 'device' })
      for (const newestFirst of [false, true]) {
        for (const scope of [{}, { owner: TERMS.owner, network: TERMS.network, live: true }]) {
          expect(await sessions.list({ ...scope, newestFirst, limit: 10 })).toEqual([session])
          expect(await sessions.listAssignments({ ...scope, newestFirst, limit: 10 })).toEqual([assignment])
        }
      }
      expect(await sessions.listAssignments({ owner: OTHER_APP, limit: 10 })).toEqual([])
      expect(await sessions.ofDevice(TERMS.device, TERMS.owner, 10)).toEqual([session])
      expect(await sessions.liveIds(TERMS.network, 10)).toEqual([session.session.id, assignment.session.id].sort())
    }),
  )

  // --- commit ---

  test(
    'gives back a session as it was committed, and counts its commits from 1',
    withStore(async ({ store: { sessions } }) => {
      const change = creation()
      expect(await sessions.find(change.id)).toBeUndefined()
      expect(await sessions.commit(change)).toBe(1)
      expect(await sessions.find(change.id)).toEqual({ session: change.step.session, version: 1 })

      const granted = changeBy({ session: change.step.session as Session, version: 1 as never }, GRANTED, NOON)
      expect(await sessions.commit(granted)).toBe(2)
      expect(await sessions.find(change.id)).toEqual({ session: granted.step.session, version: 2 })
    }),
  )

  test(
    'refuses a step decided on an older version, and keeps nothing of it [StaleVersion]',
    withStore(async ({ store }) => {
      const first = await create(store.sessions)
      const granted = await happen(store.sessions, first, GRANTED, NOON, first.version)
      const before = await tracesOf(store, first.session.id)
      const late = changeBy(first, { type: 'refused' }, at(1))
      await expect(store.sessions.commit(late)).rejects.toThrow(StaleVersion)
      expect(await tracesOf(store, first.session.id)).toEqual(before)
      expect(before).toMatchObject({ session: granted, task: false })
      expect(before.events).toHaveLength(1)
    }),
  )

  test(
    'refuses a step for a session that was never created, or is forgotten [StaleVersion]',
    withStore(async ({ store }) => {
      const never = { session: creation().step.session as Session, version: 1 as never }
      await expect(store.sessions.commit(changeBy(never, GRANTED, NOON))).rejects.toThrow(StaleVersion)

      const stored = await create(store.sessions)
      const gone = await happen(store.sessions, stored, { type: 'delete', released: false }, at(1))
      await store.sessions.commit(changeBy(gone, { type: 'released' }, at(2), gone.version))
      const late = changeBy(stored, GRANTED, at(3))
      await expect(store.sessions.commit(late)).rejects.toThrow(StaleVersion)
      expect(await tracesOf(store, stored.session.id)).toEqual(NO_TRACE)
    }),
  )

  test(
    'keeps an extension or an end decided at the same time, never both ["extension refused near the end"]',
    withStore(async ({ store }) => {
      const stored = await createGranted(store.sessions)
      const settled = await Promise.allSettled([
        store.sessions.commit(changeBy(stored, { type: 'extend', by: 60 as never }, at(3599))),
        store.sessions.commit(changeBy(stored, { type: 'timer', released: false }, at(3600))),
      ])
      expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      const kept = await store.sessions.find(stored.session.id)
      expect(kept?.version).toBe(stored.version + 1)
      const extended = settled[0]?.status === 'fulfilled'
      expect(kept?.session.status).toBe(extended ? 'AVAILABLE' : 'UNAVAILABLE')
      expect(await store.events.ofSession(stored.session.id, 0)).toHaveLength(extended ? 1 : 2)
    }),
  )

  test(
    'keeps the session that was first of two with one id',
    withStore(async ({ store }) => {
      const { session } = await create(store.sessions, { flow: FLOW })
      const second = creation({ id: session.id, flow: ELSEWHERE, owner: OTHER_APP })
      await expect(store.sessions.commit(second)).rejects.toThrow()
      expect(await store.sessions.find(session.id)).toEqual({ session, version: 1 })
    }),
  )

  // --- conflicts ---

  test(
    'refuses a session whose flow another covers, names it, and keeps nothing [FlowTaken, contract 2.6]',
    withStore(async ({ store }) => {
      const idempotency = { key: 'key-hash', body: 'body-hash' }
      const existing = await create(store.sessions, { flow: FLOW, network: OTHER_NETWORK })
      const before = await tracesOf(store, existing.session.id)
      const newcomer = creation({ flow: OVERLAPPING }, { idempotency, sink: SINK })
      const refused = await store.sessions.commit(newcomer).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(FlowTaken)
      expect((refused as FlowTaken).by).toEqual([existing])
      expect(await tracesOf(store, newcomer.id)).toEqual({ ...NO_TRACE, timer: before.timer })
      expect(await store.sessions.findCreated(idempotency.key)).toBeUndefined()
      expect(await store.work.countTasks(TERMS.network)).toBe(0)
      expect(await store.rewriteSecrets('none', (old) => old)).toBe(0)
    }),
  )

  const conflicts: readonly [what: string, newcomer: Partial<Terms>, blockedBy: readonly ConflictRule[]][] = [
    ['an overlapping flow of the same application', { flow: OVERLAPPING }, ['overlap', 'own-overlap', 'device']],
    ['an overlapping flow of another application', { flow: OVERLAPPING, owner: OTHER_APP }, ['overlap', 'device']],
    ['another flow of the same device', { flow: ELSEWHERE }, ['device']],
    ['another port of the same servers', { flow: OTHER_PORT }, ['device']],
    ['the same flow of another device', { flow: OVERLAPPING, device: OTHER_DEVICE }, []],
  ]
  for (const [what, newcomer, blockedBy] of conflicts) {
    test(
      `lets ${blockedBy.length === 0 ? 'no rule' : `the rules ${blockedBy.join(', ')}`} refuse ${what} [contract 2.6]`,
      withStore(async ({ store }) => {
        await create(store.sessions, { flow: FLOW })
        for (const conflictRule of CONFLICT_RULES) {
          if (blockedBy.includes(conflictRule)) {
            const refused = store.sessions.commit(creation(newcomer, { conflictRule }))
            await expect(refused, conflictRule).rejects.toThrow(FlowTaken)
          } else {
            const created = await create(store.sessions, newcomer, { conflictRule })
            // Out of the way of the next rule.
            await happen(store.sessions, created, { type: 'delete', released: false }, at(1))
          }
        }
      }),
    )
  }

  test(
    'lets what the network ended stand in the way of its own application, and of nobody else [contract 2.6]',
    withStore(async ({ store: { sessions } }) => {
      const lost = await happen(sessions, await createGranted(sessions, { flow: FLOW }), { type: 'lost' }, at(60))
      const refused = await sessions.commit(creation({ flow: FLOW })).catch((error: unknown) => error)
      expect((refused as FlowTaken).by).toEqual([lost])
      await expect(sessions.commit(creation({ flow: FLOW, owner: OTHER_APP }))).resolves.toBe(1)
    }),
  )

  test(
    "lets what expired, or was deleted, stand in nobody's way",
    withStore(async ({ store: { sessions } }) => {
      const first = await createGranted(sessions, { flow: FLOW })
      await happen(sessions, first, { type: 'timer', released: false }, at(3600))
      const second = await createGranted(sessions, { flow: FLOW })
      await happen(sessions, second, { type: 'delete', released: false }, at(3601))
      await expect(sessions.commit(creation({ flow: FLOW }))).resolves.toBe(1)
    }),
  )

  test(
    'settles 64 creations of one flow at the same time inside the commit: one session, 63 refusals',
    withStore(async ({ store: { sessions } }) => {
      const changes = Array.from({ length: 64 }, (_, index) =>
        creation({ flow: FLOW, owner: `app-${index % 4}` as ApplicationId }),
      )
      const settled = await Promise.allSettled(changes.map((change) => sessions.commit(change)))
      const kept = changes.filter((_, index) => settled[index]?.status === 'fulfilled')
      expect(kept).toHaveLength(1)
      const winner = await sessions.find((kept[0] as (typeof changes)[0]).id)
      const refusals = settled
        .filter((outcome) => outcome.status === 'rejected')
        .map(({ reason }) => reason as FlowTaken)
      expect(refusals).toHaveLength(63)
      for (const refusal of refusals) {
        expect(refusal).toBeInstanceOf(FlowTaken)
        expect(refusal.by).toEqual([winner])
      }
      expect(await sessions.list({ limit: 100 })).toEqual([winner])
    }),
  )

  // --- idempotency ---

  test(
    'knows what was created under an Idempotency-Key, and creates nothing else under it [AlreadyCreated]',
    withStore(async ({ store }) => {
      const idempotency = { key: 'key-hash', body: 'body-hash' }
      const { session } = await create(store.sessions, { flow: FLOW }, { idempotency })
      expect(await store.sessions.findCreated('key-hash')).toEqual({ session: session.id, body: 'body-hash' })

      // The repeat has the same flow: that it is a repeat counts for more than that it stands in its own way.
      const repeat = creation({ flow: FLOW }, { idempotency: { key: 'key-hash', body: 'other-body' } })
      const refused = await store.sessions.commit(repeat).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(AlreadyCreated)
      expect(refused).toMatchObject({ session: session.id, body: 'body-hash' })
      expect(await store.sessions.find(repeat.id)).toBeUndefined()
      expect(await store.work.countTasks(TERMS.network)).toBe(1)
    }),
  )

  test(
    'creates one session of many under one Idempotency-Key at the same time',
    withStore(async ({ store: { sessions } }) => {
      const idempotency = { key: 'key-hash', body: 'body-hash' }
      const changes = Array.from({ length: 8 }, () => creation({}, { idempotency }))
      const settled = await Promise.allSettled(changes.map((change) => sessions.commit(change)))
      const errors = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
      expect(errors).toHaveLength(7)
      const [only] = await sessions.list({ limit: 100 })
      for (const error of errors) expect(error).toMatchObject({ name: 'AlreadyCreated', session: only?.session.id })
    }),
  )

  // --- forgetting ---

  test(
    "forgets a session: not found, not listed, no timer, no task, in nobody's way; its events stay",
    withStore(async ({ store }) => {
      const granted = await createGranted(store.sessions, { flow: FLOW }, { idempotency: { key: 'k', body: 'b' } })
      const gone = await happen(store.sessions, granted, { type: 'delete', released: false }, at(60))
      const { id } = granted.session
      expect(await store.sessions.find(id)).toEqual(gone)
      expect(await store.sessions.commit(changeBy(gone, { type: 'released' }, at(61), gone.version))).toBe(
        gone.version + 1,
      )
      const { events, ...traces } = await tracesOf(store, id)
      expect({ ...traces, events: [] }).toEqual(NO_TRACE)
      expect(events.map(({ report }) => report.status)).toEqual(['AVAILABLE', 'UNAVAILABLE'])
      expect(await store.sessions.ofDevice(TERMS.device, TERMS.owner, 100)).toEqual([])
      expect(await store.sessions.findCreated('k')).toEqual({ session: id, body: 'b' })
      await expect(store.sessions.commit(creation({ flow: FLOW }))).resolves.toBe(1)
    }),
  )

  // --- lists ---

  test(
    'lists the sessions that an application has for a device: live first, then newest first, at most so many',
    withStore(async ({ store: { sessions } }) => {
      const ended = await createGranted(sessions)
      const oldest = await create(sessions)
      const terminated = await createGranted(sessions)
      const newest = await createGranted(sessions)
      await create(sessions, { owner: OTHER_APP })
      await create(sessions, { device: OTHER_DEVICE })
      const expired = await happen(sessions, ended, { type: 'timer', released: false }, at(3600))
      const lost = await happen(sessions, terminated, { type: 'lost' }, at(10))

      const all = await sessions.ofDevice(TERMS.device, TERMS.owner, 100)
      expect(all).toEqual([newest, oldest, lost, expired])
      expect(await sessions.ofDevice(TERMS.device, TERMS.owner, 3)).toEqual([newest, oldest, lost])
      expect(await sessions.ofDevice(OTHER_DEVICE, OTHER_APP, 100)).toEqual([])
    }),
  )

  test(
    'does not count a deleted session, whose network has still to let go, among those an application can see',
    withStore(async ({ store: { sessions } }) => {
      const kept = await createGranted(sessions)
      const ended = await happen(sessions, kept, { type: 'timer', released: false }, at(3600))
      for (let i = 0; i < 3; i++) {
        await happen(sessions, await createGranted(sessions), { type: 'delete', released: false }, at(60))
      }
      // Newer than `kept`, they would take its place within the limit.
      expect(await sessions.ofDevice(TERMS.device, TERMS.owner, 1)).toEqual([ended])
    }),
  )

  test(
    'lists sessions in the order of their ids, page by page, in both directions',
    withStore(async ({ store: { sessions } }) => {
      const made = []
      for (let i = 0; i < 7; i++) made.push(await create(sessions))
      const pagesOf = async (newestFirst: boolean) => {
        const pages: SessionId[][] = []
        for (;;) {
          const after = pages.at(-1)?.at(-1)
          const query: SessionQuery = { limit: 3, newestFirst, ...(after !== undefined && { after }) }
          const page = (await sessions.list(query)).map(({ session }) => session.id)
          if (page.length === 0) return pages
          pages.push(page)
        }
      }
      const ids = made.map(({ session }) => session.id)
      expect(await pagesOf(false)).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)])
      const down = ids.toReversed()
      expect(await pagesOf(true)).toEqual([down.slice(0, 3), down.slice(3, 6), down.slice(6)])
      expect(await sessions.list({ limit: 7 })).toEqual(made)
    }),
  )

  test(
    'lists the ids of what a network should hold, page by page',
    withStore(async ({ store: { sessions } }) => {
      const requested = await create(sessions)
      const granted = await createGranted(sessions)
      await createGranted(sessions, { network: OTHER_NETWORK })
      await happen(sessions, await createGranted(sessions), { type: 'lost' }, at(1))
      const last = await createGranted(sessions)
      const [first, second, third] = [requested, granted, last].map(({ session }) => session.id)
      expect(await sessions.liveIds(TERMS.network, 10)).toEqual([first, second, third])
      expect(await sessions.liveIds(TERMS.network, 2)).toEqual([first, second])
      expect(await sessions.liveIds(TERMS.network, 2, second)).toEqual([third])
      expect(await sessions.liveIds(TERMS.network, 2, third)).toEqual([])
    }),
  )

  test(
    'lists sessions by application, by network, and by whether a network should hold them',
    withStore(async ({ store: { sessions } }) => {
      const requested = await create(sessions)
      const granted = await createGranted(sessions, { owner: OTHER_APP })
      const elsewhere = await create(sessions, { network: OTHER_NETWORK })
      const lost = await happen(sessions, await createGranted(sessions), { type: 'lost' }, at(10))
      const gone = await happen(sessions, await create(sessions), { type: 'delete', released: false }, at(10))
      const listed = (query: Partial<SessionQuery>) => sessions.list({ limit: 100, ...query })
      expect(await listed({})).toEqual([requested, granted, elsewhere, lost, gone])
      expect(await listed({ live: true })).toEqual([requested, granted, elsewhere])
      expect(await listed({ live: false })).toEqual([lost, gone])
      expect(await listed({ network: TERMS.network, live: true })).toEqual([requested, granted])
      expect(await listed({ owner: OTHER_APP })).toEqual([granted])
      expect(await listed({ owner: TERMS.owner, newestFirst: true })).toEqual([gone, lost, elsewhere, requested])
      expect(await listed({ owner: OTHER_APP, network: OTHER_NETWORK })).toEqual([])
    }),
  )

  // --- watching ---

  test(
    'tells a watcher of every commit to its session, once it can be read, until it stops watching',
    withStore(async ({ store: { sessions } }) => {
      const change = creation()
      const seen: unknown[] = []
      const readable: Promise<unknown>[] = []
      sessions.watch(change.id, (stored) => {
        seen.push(stored)
        readable.push(sessions.find(change.id))
      })
      const seenAtFirst: unknown[] = []
      const stop = sessions.watch(change.id, (stored) => void seenAtFirst.push(stored))
      const first = await commit(sessions, change)
      await until(() => seen.length >= 1)
      stop()
      const granted = await happen(sessions, first, GRANTED, NOON)
      await create(sessions)
      await expect(sessions.commit(changeBy(first, { type: 'refused' }, NOON))).rejects.toThrow(StaleVersion)
      const gone = await happen(sessions, granted, { type: 'delete', released: false }, at(1))
      await sessions.commit(changeBy(gone, { type: 'released' }, at(2)))
      await until(() => seen.length >= 4)
      expect(seen).toEqual([first, granted, gone, undefined])
      expect((await Promise.all(readable)).at(-1)).toBeUndefined()
      expect(seenAtFirst).toEqual([first])
    }),
  )

  test(
    'gives ids that no session has to nobody: an unknown one is not found, has no task and no events',
    withStore(async ({ store }) => {
      await create(store.sessions)
      const id = nextId()
      expect(await store.sessions.find(id)).toBeUndefined()
      expect(await store.sessions.hasTask(id)).toBe(false)
      expect(await store.events.ofSession(id, 0)).toEqual([])
    }),
  )
}

const GRANTED = { type: 'granted', at: NOON } as const
