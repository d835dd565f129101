import { Fragment, useEffect, useState } from 'react'
import { call, part } from '../api/client.js'
import { live } from '../api/live.js'
import type { AdminSession, AdminSessionDetail, EventDelivery } from '../api/types.js'
import { useGet } from '../api/use-get.js'
import { useLive, useNow } from '../api/use-live.js'
import { clockText, durationText, rateText } from '../lib/format.js'
import { useMay } from '../lib/me.js'
import { deviceText } from '../lib/session-text.js'
import { Dialog, useAction } from '../ui/dialog.js'
import { Empty, ErrorNote, Shown } from '../ui/feedback.js'
import { Field } from '../ui/field.js'
import { Link } from '../ui/link.js'
import { SessionStatus, Status } from '../ui/status.js'
import { Time } from '../ui/time.js'
import { useNames } from './sessions.js'
import { UsageCard } from './usage.js'

type Detail = AdminSessionDetail

export function SessionPage({ id }: { readonly id: string }) {
  const got = useGet<Detail>(`/sessions/${part(id)}`)
  useLive()
  // Asked anew when the stream says that something has changed.
  const fresh = live.find(id)
  const { reload } = got
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the session is what it waits for
  useEffect(() => reload(), [fresh, reload])
  return (
    <>
      <p className="row">
        <Link to="/sessions">Sessions</Link> <span aria-hidden="true">/</span> <span className="mono">{id}</span>
      </p>
      {got.error?.status === 404 && got.data === undefined ? (
        <Empty title="There is no such session">
          <p>Sessions are deleted six minutes after their end. The operations on them are in the audit log.</p>
        </Empty>
      ) : (
        <Shown got={got}>{(session) => <Cards session={session} reload={reload} />}</Shown>
      )}
    </>
  )
}

function Cards({ session, reload }: { readonly session: Detail; readonly reload: () => void }) {
  const names = useNames()
  const {
    sessionId,
    qosStatus,
    statusInfo,
    reason,
    downlink,
    uplink,
    priority,
    maxDuration,
    network,
    networkTold,
    sink,
  } = session
  return (
    <>
      <div className="head">
        <h1>{deviceText(session)}</h1>
        <SessionStatus status={qosStatus} info={statusInfo} />
        {statusInfo && (
          <span className="soft">
            {statusInfo}
            {reason && `: ${reason}`}
          </span>
        )}
        <Actions session={session} reload={reload} />
      </div>
      <div className="grid">
        <section className="card">
          <h2>Time left</h2>
          <Countdown session={session} />
          <dl className="facts">
            <dt>Duration</dt>
            <dd>{durationText(session.duration)}</dd>
            <dt>At most</dt>
            <dd>{durationText(maxDuration)}, including extensions</dd>
            {session.startedAt && (
              <>
                <dt>Started</dt>
                <dd>
                  <Time at={session.startedAt} />
                </dd>
              </>
            )}
            {session.expiresAt && (
              <>
                <dt>Ends</dt>
                <dd>
                  <Time at={session.expiresAt} />
                </dd>
              </>
            )}
          </dl>
        </section>
        <section className="card">
          <h2>Flow</h2>
          <dl className="facts">
            <dt>Device</dt>
            <dd>{session.device}</dd>
            <dt>Device addresses</dt>
            <dd className="mono">{Object.values(session.deviceAddresses).join(', ') || 'none'}</dd>
            <dt>Device ports</dt>
            <dd className="mono">{portsText(session.devicePorts)}</dd>
            <dt>Server</dt>
            <dd className="mono">{session.server.join(', ')}</dd>
            <dt>Server ports</dt>
            <dd className="mono">{portsText(session.applicationServerPorts)}</dd>
          </dl>
        </section>
        <section className="card">
          <h2>Grant</h2>
          <dl className="facts">
            <dt>Profile</dt>
            <dd>{session.qosProfile}</dd>
            <dt>Down</dt>
            <dd>{promiseText(downlink)}</dd>
            <dt>Up</dt>
            <dd>{promiseText(uplink)}</dd>
            <dt>Priority</dt>
            <dd>{priority} (1 is the highest)</dd>
            <dt>Application</dt>
            <dd>
              <Link to={`/applications/${session.application}`}>
                {names.get(session.application) ?? session.application}
              </Link>
            </dd>
            <dt>Network</dt>
            <dd>
              {network} {!networkTold && <Status kind="wait">pending</Status>}
            </dd>
            {session.without?.map((part) => (
              <Fragment key={part.network}>
                <dt>Without</dt>
                <dd>
                  <Status kind="bad">{part.network}</Status> {part.reason}
                </dd>
              </Fragment>
            ))}
          </dl>
        </section>
        <section className="card">
          <h2>Timeline</h2>
          <Timeline session={session} />
        </section>
        <UsageCard session={session} />
        <Deliveries sessionId={sessionId} sink={sink} changes={session.events.length} />
      </div>
    </>
  )
}

function Countdown({ session: { qosStatus, expiresAt, endedAt } }: { readonly session: AdminSession }) {
  const now = useNow()
  if (expiresAt !== undefined) {
    const left = clockText(Date.parse(expiresAt) - now)
    return (
      <p className="countdown" role="timer" aria-label="Time left">
        {left}
      </p>
    )
  }
  if (endedAt !== undefined) {
    return (
      <p>
        It ended <Time at={endedAt} />.
      </p>
    )
  }
  return <p className="soft">{qosStatus === 'REQUESTED' ? 'It starts when the network grants it.' : ''}</p>
}

const portsText = (spec: Detail['devicePorts']): string => {
  const texts = [...(spec?.ranges ?? []).map(({ from, to }) => `${from}–${to}`), ...(spec?.ports ?? []).map(String)]
  return texts.join(', ') || 'all'
}

function promiseText({ guaranteedBps, maximumBps }: AdminSession['downlink']): string {
  const parts = [guaranteedBps > 0 ? `${rateText(guaranteedBps)} guaranteed` : 'goes before others']
  if (maximumBps !== undefined) parts.push(`${rateText(maximumBps)} at most`)
  return parts.join(', ')
}

function Timeline({ session }: { readonly session: Detail }) {
  const { createdAt, expiresAt, setUpBy, events, qosStatus } = session
  return (
    <ol className="timeline">
      <li>
        <SessionStatus status="REQUESTED" /> <Time at={createdAt} />
        <p className="hint">The application requested it.</p>
      </li>
      {events.map(({ ordinal, at, qosStatus: status, statusInfo }) => (
        <li key={ordinal}>
          <SessionStatus status={status} info={statusInfo} /> <Time at={at} />
          <p className="hint">{happened(status, statusInfo)}</p>
        </li>
      ))}
      {qosStatus === 'REQUESTED' && (
        <li className="coming">
          <span className="soft">
            Granted by <Time at={setUpBy} />, or given up
          </span>
        </li>
      )}
      {expiresAt && (
        <li className="coming">
          <span className="soft">
            Ends <Time at={expiresAt} />, unless it is extended
          </span>
        </li>
      )}
    </ol>
  )
}

function happened(status: string, info: string | undefined): string {
  if (status === 'AVAILABLE') return 'The network granted it.'
  if (info === 'DURATION_EXPIRED') return 'Its duration ended.'
  if (info === 'DELETE_REQUESTED') return 'The application deleted it.'
  return 'The network or its operator refused or ended it.'
}

function Actions({ session, reload }: { readonly session: Detail; readonly reload: () => void }) {
  const may = useMay('operator')
  const [asking, setAsking] = useState<'extend' | 'end'>()
  const [minutes, setMinutes] = useState('15')
  if (!may || session.qosStatus === 'UNAVAILABLE') return null
  const path = `/sessions/${part(session.sessionId)}`
  const close = () => {
    setAsking(undefined)
    reload()
  }
  return (
    <span className="row">
      {session.qosStatus === 'AVAILABLE' && (
        <button type="button" onClick={() => setAsking('extend')}>
          Extend …
        </button>
      )}
      <button type="button" className="danger" onClick={() => setAsking('end')}>
        End …
      </button>
      {asking === 'extend' && (
        <Dialog
          title="Extend the session"
          action="Extend it"
          onAct={() =>
            call('POST', `${path}/extend`, { requestedAdditionalDuration: Math.round(Number(minutes) * 60) })
          }
          onClose={close}
        >
          <Field label="Minutes" hint={`Its total duration is capped at ${durationText(session.maxDuration)}.`}>
            <input
              type="number"
              min="1"
              max="1440"
              required
              value={minutes}
              onChange={(event) => setMinutes(event.target.value)}
            />
          </Field>
        </Dialog>
      )}
      {asking === 'end' && (
        <Dialog
          title="End the session?"
          action="End it"
          danger
          onAct={() => call('POST', `${path}/end`)}
          onClose={close}
        >
          <p>
            The network releases the flow of <strong>{deviceText(session)}</strong>, and the application gets
            NETWORK_TERMINATED. This cannot be undone.
          </p>
        </Dialog>
      )}
    </span>
  )
}

const DELIVERY_KINDS = { none: 'off', waiting: 'wait', delivered: 'good', dead: 'bad', stopped: 'off' } as const

interface DeliveriesProps {
  readonly sessionId: string
  readonly sink: string | undefined
  /** Events so far: with a new one there is something new to see. */
  readonly changes: number
}

function Deliveries({ sessionId, sink, changes }: DeliveriesProps) {
  const got = useGet<EventDelivery[]>(`/sessions/${part(sessionId)}/deliveries`, 3_000)
  const { reload } = got
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new event is what it waits for
  useEffect(() => reload(), [changes, reload])
  const may = useMay('operator')
  const { busy, error, run } = useAction()
  const redeliver = (eventId: string) => run(() => call('POST', `/events/${part(eventId)}/redeliver`), reload)
  return (
    <section className="card wide">
      <h2>Deliveries</h2>
      <p className="soft">{sink === undefined ? 'The session has no sink.' : <>To {sink}</>}</p>
      {error && <ErrorNote error={error} />}
      <Shown got={got}>
        {(deliveries) =>
          deliveries.length === 0 ? (
            <p className="soft">No events yet.</p>
          ) : (
            <div className="scroll-x">
              <table>
                <thead>
                  <tr>
                    <th>Event</th>
                    <th>When</th>
                    <th>State</th>
                    <th>Attempts</th>
                    <th>Next</th>
                    <th>
                      <span className="hidden-visually">Act</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {deliveries.map((delivery) => (
                    <tr key={delivery.eventId}>
                      <td>
                        {delivery.qosStatus} <span className="soft">{delivery.statusInfo}</span>
                      </td>
                      <td>
                        <Time at={delivery.time} />
                      </td>
                      <td>
                        <Status kind={DELIVERY_KINDS[delivery.state]}>{delivery.state}</Status>
                      </td>
                      <td className="wrap">
                        {delivery.attempts.map(({ at, ms, status, reason }) => (
                          <div key={at}>
                            <Time at={at} /> {status ?? reason} <span className="soft num">{ms.toFixed(0)} ms</span>
                          </div>
                        ))}
                      </td>
                      <td>{delivery.nextAttemptAt && <Time at={delivery.nextAttemptAt} />}</td>
                      <td>
                        {may && delivery.state !== 'none' && (
                          <button
                            type="button"
                            className="plain"
                            disabled={busy}
                            onClick={() => redeliver(delivery.eventId)}
                          >
                            Deliver again
                          </button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Shown>
    </section>
  )
}
