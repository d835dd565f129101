import type { Overview as Figures } from '../api/types.js'
import { useGet } from '../api/use-get.js'
import { clockText, rateText } from '../lib/format.js'
import { Bar, Columns } from '../ui/bar.js'
import { Shown } from '../ui/feedback.js'
import { Link } from '../ui/link.js'
import { Status } from '../ui/status.js'

/** Where to go with something that needs attention. */
const PLACES: Readonly<Record<string, string>> = {
  refused: '/sessions?status=UNAVAILABLE',
  'dead-letters': '/audit',
  capacity: '/sessions?status=AVAILABLE',
}

export function Overview() {
  const got = useGet<Figures>('/overview', 3_000)
  return (
    <>
      <div className="head">
        <h1>Overview</h1>
      </div>
      <Shown got={got}>{(figures) => <Cards figures={figures} />}</Shown>
    </>
  )
}

function Cards({ figures }: { readonly figures: Figures }) {
  const { sessions, ends, grants, networks, deliveries, attention } = figures
  const ending = ends.reduce((sum, count) => sum + count, 0)
  return (
    <div className="grid">
      <section className="card wide" aria-label="What needs attention">
        <h2>Needs attention</h2>
        {attention.length === 0 ? (
          <p>
            <Status kind="good">No problems</Status>
          </p>
        ) : (
          <ul className="stack">
            {attention.map(({ kind, text }) => (
              <li key={`${kind} ${text}`}>
                {PLACES[kind] === undefined ? text : <Link to={PLACES[kind]}>{text}</Link>}
              </li>
            ))}
          </ul>
        )}
      </section>
      <section className="card">
        <h2>Sessions</h2>
        <dl className="facts">
          <dt>
            <Link to="/sessions?status=REQUESTED">Requested</Link>
          </dt>
          <dd className="figure">{sessions.requested}</dd>
          <dt>
            <Link to="/sessions?status=AVAILABLE">Available</Link>
          </dt>
          <dd className="figure">{sessions.available}</dd>
          <dt>
            <Link to="/sessions?status=UNAVAILABLE">Ended</Link>
          </dt>
          <dd className="figure">{sessions.unavailable}</dd>
        </dl>
        <p className="hint">
          {sessions.complete
            ? 'Includes sessions that ended within the last six minutes.'
            : 'Counts the newest sessions only: there are more.'}
        </p>
      </section>
      {networks.map(({ network, downlink, uplink, waitingTasks }) => (
        <section className="card" key={network}>
          <h2>Network {network}</h2>
          <DirectionFigures direction="Down" {...downlink} />
          <DirectionFigures direction="Up" {...uplink} />
          {downlink.usedBps === undefined && (
            <p className="hint">Traffic is measured on Linux networks only, by the gateway that leads them.</p>
          )}
          <p className="hint">{waitingTasks === 0 ? 'No pending changes.' : `${waitingTasks} pending changes.`}</p>
        </section>
      ))}
      <section className="card">
        <h2>Ends in the next hour</h2>
        <p className="figure">{ending}</p>
        <Columns counts={ends} label={`Ends in each five minutes from now: ${ends.join(', ')}`} />
        <p className="hint row between">
          <span>now</span>
          <span>in 1 h</span>
        </p>
      </section>
      <section className="card">
        <h2>Events to sinks</h2>
        <dl className="facts">
          <dt>Sessions with waiting events</dt>
          <dd className="num">{deliveries.waiting}</dd>
          <dt>Dead letters</dt>
          <dd>{deliveries.dead === 0 ? '0' : <Status kind="bad">{String(deliveries.dead)}</Status>}</dd>
          <dt>Slow sinks</dt>
          <dd>{deliveries.slowQueues === 0 ? '0' : <Status kind="wait">{String(deliveries.slowQueues)}</Status>}</dd>
        </dl>
      </section>
      <section className="card">
        <h2>Grants in the last hour</h2>
        <p className="figure">{grants.count}</p>
        {grants.p50Ms !== undefined && grants.p99Ms !== undefined ? (
          <p>
            Half within <span className="num">{latency(grants.p50Ms)}</span>, 99 % within{' '}
            <span className="num">{latency(grants.p99Ms)}</span>
          </p>
        ) : (
          <p className="hint">The time that networks take to grant is shown here.</p>
        )}
      </section>
    </div>
  )
}

const latency = (ms: number): string => (ms < 10_000 ? `${ms} ms` : clockText(ms))

interface DirectionProps {
  readonly direction: string
  readonly guaranteedBps: number
  readonly capacityBps?: number
  readonly usedBps?: number
}

/** What is promised in one direction, and what is used, each as a share of what there is. */
function DirectionFigures({ direction, guaranteedBps, capacityBps, usedBps }: DirectionProps) {
  const of = capacityBps === undefined ? '' : ` of ${rateText(capacityBps)}`
  const share = (bps: number, word: string) =>
    capacityBps !== undefined && (
      <Bar share={capacityBps === 0 ? 0 : bps / capacityBps} label={`${direction}: ${rateText(bps)}${of} ${word}`} />
    )
  return (
    <div className="stack">
      <p className="row between">
        <span>{direction}</span>
        <span className="num">
          {rateText(guaranteedBps)}
          <span className="soft">{of} promised</span>
        </span>
      </p>
      {share(guaranteedBps, 'promised')}
      {usedBps !== undefined && (
        <>
          <p className="row between">
            <span className="soft">of sessions, now</span>
            <span className="num">
              {rateText(usedBps)} <span className="soft">used</span>
            </span>
          </p>
          {share(usedBps, 'used')}
        </>
      )}
    </div>
  )
}
