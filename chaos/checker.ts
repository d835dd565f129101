// Checks a history against the promises, without knowledge of the implementation.

import type { Acknowledged, Arrival, History, Uptime } from './history.js'

export interface Violation {
  readonly promise: string
  readonly sessionId: string
  readonly what: string
}

export interface Verdict {
  readonly violations: readonly Violation[]
  /** Gateway uptime, in milliseconds, between the planned end of a session and the arrival of its event; sorted. */
  readonly latenessMs: readonly number[]
}

/** @param maxLatenessMs maximum lateness of the end of a session, in gateway uptime */
export function check(history: History, maxLatenessMs: number): Verdict {
  const violations: Violation[] = []
  const latenessMs: number[] = []
  const report = (promise: string, sessionId: string, what: string) => violations.push({ promise, sessionId, what })
  const arrivals = group(history.arrivals)
  const deleted = new Set(history.deleted)

  for (const id of new Set(history.acknowledged.map(({ info }) => info.sessionId))) {
    checkExistence(history, id, deleted, report)
    const own = arrivals.get(id) ?? []
    if (own.length > 0 || !neverStarted(history, id, deleted)) checkEvents(own, id, report)
    const lateness = checkLateness(own, history, id, maxLatenessMs, report)
    if (lateness !== undefined) latenessMs.push(lateness)
  }
  checkKeys(history.acknowledged, report)
  checkExtensions(history, deleted, report)
  checkOverlaps(history, arrivals, report)
  for (const id of history.held) report('the network holds only live sessions', id, 'still held at the end')
  return { violations, latenessMs: latenessMs.sort((a, b) => a - b) }
}

type Report = (promise: string, sessionId: string, what: string) => void

function group(arrivals: readonly Arrival[]): Map<string, Arrival[]> {
  const groups = new Map<string, Arrival[]>()
  for (const arrival of arrivals) {
    const { sessionId } = arrival.event.data
    groups.set(sessionId, [...(groups.get(sessionId) ?? []), arrival])
  }
  return groups
}

function checkExistence({ final }: History, id: string, deleted: ReadonlySet<string>, report: Report): void {
  const seen = final.get(id)
  if (deleted.has(id)) {
    if (seen !== null) report('what was deleted is gone', id, `read as ${seen?.qosStatus}`)
  } else if (seen === null || seen === undefined) {
    report('no acknowledged session is lost', id, 'not found')
  } else if (seen.qosStatus !== 'UNAVAILABLE') {
    report('every session ends', id, `still ${seen.qosStatus}`)
  } else if (seen.statusInfo !== 'DURATION_EXPIRED') {
    report('a session ends for its own reason', id, `ended by ${seen.statusInfo}, and nobody asked for that`)
  }
}

/** A session that was deleted while it was REQUESTED has no events. */
const neverStarted = ({ acknowledged }: History, id: string, deleted: ReadonlySet<string>): boolean =>
  deleted.has(id) && acknowledged.every(({ info }) => info.sessionId !== id || info.qosStatus === 'REQUESTED')

function checkEvents(arrivals: readonly Arrival[], id: string, report: Report): void {
  const first = new Map<string, Arrival>()
  for (const arrival of arrivals) {
    const known = first.get(arrival.event.id)
    if (known === undefined) first.set(arrival.event.id, arrival)
    else if (JSON.stringify(known.event) !== JSON.stringify(arrival.event)) {
      report('a repeat is the same event', id, `two events have the id ${arrival.event.id}`)
    }
  }
  const told = [...first.values()].map(({ event }) => event.data.qosStatus)
  const ends = told.filter((status) => status === 'UNAVAILABLE').length
  const starts = told.filter((status) => status === 'AVAILABLE').length
  if (ends === 0) report('no event is lost', id, 'its end was never told')
  if (ends > 1) report('each session ends once', id, `its end was told under ${ends} ids`)
  if (starts === 0) report('no event is lost', id, 'its start was never told')
  if (starts > 1) report('each session starts once', id, `its start was told under ${starts} ids`)
  if (ends > 0 && told.at(-1) !== 'UNAVAILABLE') report('events come in order', id, 'something was told after the end')
}

function checkLateness(
  arrivals: readonly Arrival[],
  { uptimes }: History,
  id: string,
  maxLatenessMs: number,
  report: Report,
): number | undefined {
  const end = arrivals.find(({ event }) => event.data.statusInfo === 'DURATION_EXPIRED')
  if (end === undefined) return undefined
  const lateness = uptimeBetween(uptimes, Date.parse(end.event.time), end.at)
  if (lateness > maxLatenessMs) {
    report('no session outlives its end', id, `its end was told ${Math.round(lateness)} ms of uptime late`)
  }
  return lateness
}

const uptimeBetween = (uptimes: readonly Uptime[], from: number, to: number): number =>
  uptimes.reduce((sum, up) => sum + Math.max(0, Math.min(up.to, to) - Math.max(up.from, from)), 0)

function checkKeys(acknowledged: readonly Acknowledged[], report: Report): void {
  const byKey = new Map<string, string>()
  for (const { idempotencyKey, info } of acknowledged) {
    const known = byKey.get(idempotencyKey)
    if (known !== undefined && known !== info.sessionId) {
      report('one Idempotency-Key is one session', info.sessionId, `and ${known} have the key ${idempotencyKey}`)
    }
    byKey.set(idempotencyKey, info.sessionId)
  }
}

function checkExtensions({ extended, final }: History, deleted: ReadonlySet<string>, report: Report): void {
  for (const { sessionId, duration } of extended) {
    const seen = final.get(sessionId)
    if (deleted.has(sessionId) || seen === null || seen === undefined) continue
    if (seen.duration < duration) {
      report('no acknowledged extension is lost', sessionId, `${duration} s were granted, it had ${seen.duration} s`)
    }
  }
}

/** Two sessions on one flow, by the times of their own events. */
function checkOverlaps({ acknowledged }: History, arrivals: ReadonlyMap<string, Arrival[]>, report: Report): void {
  const spans = new Map<string, { id: string; from: number; to: number }[]>()
  for (const { info, flow } of new Map(acknowledged.map((one) => [one.info.sessionId, one])).values()) {
    const own = arrivals.get(info.sessionId) ?? []
    const time = (status: string) => own.find(({ event }) => event.data.qosStatus === status)?.event.time
    const [from, to] = [time('AVAILABLE'), time('UNAVAILABLE')]
    if (from === undefined || to === undefined) continue
    spans.set(flow, [...(spans.get(flow) ?? []), { id: info.sessionId, from: Date.parse(from), to: Date.parse(to) }])
  }
  for (const [flow, onFlow] of spans) {
    onFlow.sort((a, b) => a.from - b.from)
    for (const [index, span] of onFlow.entries()) {
      const before = onFlow[index - 1]
      if (before !== undefined && span.from < before.to) {
        report('no two sessions are live on one flow', span.id, `began before ${before.id} ended, both on ${flow}`)
      }
    }
  }
}
