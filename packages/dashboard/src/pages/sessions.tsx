import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import type { AdminSession, Application } from '../api/types.js'
import { useList } from '../api/use-get.js'
import { useLive, useNow } from '../api/use-live.js'
import { clockText } from '../lib/format.js'
import { go, useQuery } from '../lib/router.js'
import { deviceText, haystack } from '../lib/session-text.js'
import { Empty, Loading } from '../ui/feedback.js'
import { Link } from '../ui/link.js'
import { SessionStatus, Status } from '../ui/status.js'
import { Time } from '../ui/time.js'

const ROW_PX = 34
const FILTERS = ['text', 'status', 'application', 'device', 'profile'] as const
type Filters = Readonly<Record<(typeof FILTERS)[number], string>>

export function Sessions() {
  const { sessions, complete, loaded, connected } = useLive()
  const applications = useNames()
  const query = useQuery()
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ''])) as Filters
  const setFilter = (name: keyof Filters, value: string) => {
    const next = new URLSearchParams(query)
    if (value === '') next.delete(name)
    else next.set(name, value)
    go(`/sessions${next.size > 0 ? `?${next}` : ''}`, 'replace')
  }
  const wanted = useDeferredValue(JSON.stringify(filters))
  const shown = useMemo(() => filtered(sessions, JSON.parse(wanted) as Filters), [sessions, wanted])
  const devices = useChoices(sessions, 'device')
  const profiles = useChoices(sessions, 'qosProfile')

  return (
    <>
      <div className="head">
        <h1>Sessions</h1>
        <Status kind={connected ? 'good' : 'wait'}>{connected ? 'live' : loaded ? 'out of date' : 'connecting'}</Status>
        <span className="soft num" role="status">
          {shown.length} of {sessions.length}
          {!complete && ' (the newest)'}
        </span>
      </div>
      <search className="filters">
        <input
          type="search"
          aria-label="Search"
          aria-keyshortcuts="/"
          placeholder="Search  ( / )"
          value={filters.text}
          onChange={(event) => setFilter('text', event.target.value)}
        />
        <Choice
          label="Status"
          value={filters.status}
          choices={[['REQUESTED'], ['AVAILABLE'], ['UNAVAILABLE']]}
          onChoose={(value) => setFilter('status', value)}
        />
        <Choice
          label="Application"
          value={filters.application}
          choices={[...applications]}
          onChoose={(value) => setFilter('application', value)}
        />
        <Choice
          label="Device"
          value={filters.device}
          choices={devices}
          onChoose={(value) => setFilter('device', value)}
        />
        <Choice
          label="Profile"
          value={filters.profile}
          choices={profiles}
          onChoose={(value) => setFilter('profile', value)}
        />
      </search>
      {!loaded ? (
        <Loading />
      ) : sessions.length === 0 ? (
        <Empty title="No session yet">
          <p>
            An application creates a session with its key: <code>POST /quality-on-demand/v1/sessions</code>. The{' '}
            <Link to="/playground">playground</Link> shows how, and can create one.
          </p>
        </Empty>
      ) : shown.length === 0 ? (
        <Empty title="No sessions match">
          <button type="button" onClick={() => go('/sessions', 'replace')}>
            Show all
          </button>
        </Empty>
      ) : (
        <Table sessions={shown} names={applications} />
      )}
    </>
  )
}

function filtered(sessions: readonly AdminSession[], { text, status, application, device, profile }: Filters) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return sessions.filter(
    (session) =>
      (status === '' || session.qosStatus === status) &&
      (application === '' || session.application === application) &&
      (device === '' || session.device === device) &&
      (profile === '' || session.qosProfile === profile) &&
      words.every((word) => haystack(session).includes(word)),
  )
}

/** Names of applications by id. */
export function useNames(): ReadonlyMap<string, string> {
  const { data } = useList<Application>('/applications', ({ id }) => id)
  return useMemo(() => new Map(data?.map(({ id, name }) => [id, name])), [data])
}

/** More than these are searched for, not chosen. */
const MAX_CHOICES = 200

const useChoices = (sessions: readonly AdminSession[], member: 'device' | 'qosProfile') =>
  useMemo(() => {
    const values = new Set<string>()
    for (const session of sessions) {
      values.add(session[member])
      if (values.size >= MAX_CHOICES) break
    }
    return [...values].sort().map((value) => [value] as const)
  }, [sessions, member])

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly choices: readonly (readonly [value: string, name?: string])[]
  readonly onChoose: (value: string) => void
}

function Choice({ label, value, choices, onChoose }: ChoiceProps) {
  const known = choices.some(([choice]) => choice === value)
  return (
    <select aria-label={label} value={value} onChange={(event) => onChoose(event.target.value)}>
      <option value="">{label}: any</option>
      {!known && value !== '' && <option value={value}>{value}</option>}
      {choices.map(([choice, name = choice]) => (
        <option key={choice} value={choice}>
          {name}
        </option>
      ))}
    </select>
  )
}

interface TableProps {
  readonly sessions: readonly AdminSession[]
  readonly names: ReadonlyMap<string, string>
}

const COLUMNS = [
  ['Status'],
  ['Device'],
  ['Server', 'extra'],
  ['Application', 'extra'],
  ['Profile', 'extra'],
  ['Left'],
  ['Asked', 'extra'],
] as const

/** Only the rows in view are there: thousands are as quick as ten. */
function Table({ sessions, names }: TableProps) {
  const box = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(0)
  const now = useNow()
  const rows = useVirtualizer({
    count: sessions.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  })
  const last = sessions.length - 1
  useEffect(() => {
    if (active > last) setActive(Math.max(0, last))
  }, [active, last])

  const move = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW_PX) - 2)
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: last,
    }
    const next = steps[event.key]
    const session = sessions[active]
    if (event.key === 'Enter' && session !== undefined) return go(`/sessions/${session.sessionId}`)
    if (next === undefined) return
    event.preventDefault()
    const bounded = Math.min(last, Math.max(0, next))
    setActive(bounded)
    rows.scrollToIndex(bounded)
  }

  const activeId = sessions[active]?.sessionId
  return (
    <div
      ref={box}
      className="sessions"
      role="grid"
      aria-label="Sessions"
      aria-rowcount={sessions.length + 1}
      aria-activedescendant={activeId && `row-${activeId}`}
      tabIndex={0}
      onKeyDown={move}
    >
      <div role="row" className="header" aria-rowindex={1}>
        {COLUMNS.map(([name, className]) => (
          <span key={name} role="columnheader" className={className}>
            {name}
          </span>
        ))}
      </div>
      <div className="rows" role="rowgroup" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const session = sessions[index]
          if (session === undefined) return null
          return (
            <Row
              key={session.sessionId}
              session={session}
              index={index}
              start={start}
              now={now}
              active={index === active}
              application={names.get(session.application) ?? session.application}
            />
          )
        })}
      </div>
    </div>
  )
}

interface RowProps {
  readonly session: AdminSession
  readonly index: number
  readonly start: number
  readonly now: number
  readonly active: boolean
  readonly application: string
}

function Row({ session, index, start, now, active, application }: RowProps) {
  const { sessionId, qosStatus, statusInfo, server, qosProfile, createdAt, expiresAt } = session
  const to = `/sessions/${sessionId}`
  return (
    <div
      role="row"
      id={`row-${sessionId}`}
      aria-rowindex={index + 2}
      data-active={active}
      style={{ transform: `translateY(${start}px)` }}
      onClick={() => go(to)}
    >
      <span role="gridcell">
        <SessionStatus status={qosStatus} info={statusInfo} />
      </span>
      <span role="gridcell" title={session.device}>
        <Link to={to} tabIndex={-1} onClick={(event) => event.stopPropagation()}>
          {deviceText(session)}
        </Link>
      </span>
      <span role="gridcell" className="extra">
        {server.map((address) => address.replace(/\/(32|128)$/, '')).join(', ')}
      </span>
      <span role="gridcell" className="extra">
        {application}
      </span>
      <span role="gridcell" className="extra">
        {qosProfile}
      </span>
      <span role="gridcell" className="num">
        {expiresAt === undefined ? '–' : clockText(Date.parse(expiresAt) - now)}
      </span>
      <span role="gridcell" className="extra">
        <Time at={createdAt} />
      </span>
    </div>
  )
}
